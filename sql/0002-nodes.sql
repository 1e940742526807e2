-- What the nodes keep beside the journal: themselves, what their signals are like, and which events came in already.

-- A node holds the session advisory lock (1112231275, lock_key) as long as it lives.
create sequence backout.node_lock as int cycle;
create table backout.node (
  id text collate "C" primary key,
  lock_key int not null unique,
  version text not null,
  started bigint not null,
  -- Its last sign of life.
  seen bigint not null
);

-- The state of each signal and trigger that a watch follows: the latest only, overwritten.
create table backout.watch_state (
  plan text collate "C" not null,
  key text collate "C" not null,
  at bigint not null,
  state text not null,
  primary key (plan, key)
);

-- Events that systems sent to us, so that one sent twice counts once.
create table backout.inbound (
  system text collate "C" not null,
  event_id text collate "C" not null,
  at bigint not null,
  primary key (system, event_id)
);
create index inbound_at on backout.inbound (at);
