-- The journal: append-only, hash-chained streams of events, and what is written with them in one transaction.

-- One row: which Postgres cluster wrote last. Transaction ids mean nothing in another cluster (after dump and restore),
-- so each cluster begins a new generation and the order for readers is (generation, transaction, position).
create table backout.cluster (
  singleton boolean primary key default true check (singleton),
  generation int not null,
  system_identifier text not null
);

-- The last event of each stream: what an append locks, and what the next event is chained to.
create table backout.head (
  stream text collate "C" primary key check (stream <> '' and stream !~ '[[:cntrl:]]'),
  seq bigint not null,
  at bigint not null,
  hash text not null
);
create index head_at on backout.head (at);

-- `actor` and `body` are the exact texts that were hashed.
create table backout.event (
  generation int not null,
  transaction xid8 not null default pg_current_xact_id(),
  position bigint generated always as identity,
  stream text collate "C" not null,
  seq bigint not null,
  at bigint not null,
  actor text not null,
  body text not null,
  hash text not null,
  primary key (stream, seq)
);
create unique index event_order on backout.event (generation, transaction, position);

create table backout.summary (
  stream text collate "C" primary key,
  seq bigint not null,
  at bigint not null,
  summary text not null
);

create table backout.deadline (
  stream text collate "C" primary key,
  due bigint not null
);
create index deadline_due on backout.deadline (due);

create table backout.claim (
  claim text collate "C" primary key,
  stream text collate "C" not null
);
create index claim_stream on backout.claim (stream);

create table backout.series (
  series text collate "C" primary key,
  last bigint not null
);

-- Events are never changed or removed, not even by the owner of the table.
create function backout.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only: % on backout.event is refused', tg_op
    using errcode = 'BO003';
end $$;
create trigger append_only before update or delete or truncate on backout.event
  for each statement execute function backout.refuse_change();
alter table backout.event enable always trigger append_only;

create function backout.clock() returns bigint language sql volatile as
  $$ select floor(extract(epoch from clock_timestamp()) * 1000)::bigint $$;

-- Everything that one append writes, as one statement. Per append i: streams[i], expected[i], summaries[i] (null: leave),
-- deadlines[i] (null: leave, -1: none), claims[i] (null: none), releases[i], times[i] (when it was decided; null: now).
-- Per event: owners[e] is its append's i.
-- Raises BO001 (detail {"stream","actual"}) when a stream is not where the writer believes it is, and BO002 (detail
-- {"claim","by"}) when another stream holds the claim; then nothing is written. Heads are locked in the order of their
-- names, claims after them, so that no two appends wait for each other.
create function backout.append(
  streams text[], expected bigint[], summaries text[], deadlines bigint[], claims text[], releases boolean[],
  owners int[], actors text[], bodies text[], times bigint[]
) returns table (seq bigint, at bigint, hash text) language plpgsql as $$
declare
  head backout.head;
  this_generation int;
  i int;
  e int := 1;
  holder text;
  one text;
begin
  select c.generation into strict this_generation from backout.cluster c;
  if cardinality(streams) = 1 then
    if expected[1] = 0 then
      insert into backout.head values (streams[1], 0, 0, repeat('0', 64)) on conflict do nothing;
    end if;
    perform 1 from backout.head h where h.stream = streams[1] for no key update;
  else
    for one in select distinct s collate "C" from unnest(streams, expected) as wanted (s, x)
      group by s having min(x) = 0 order by 1 loop
      insert into backout.head values (one, 0, 0, repeat('0', 64)) on conflict do nothing;
    end loop;
    perform 1 from backout.head h where h.stream = any (streams) order by h.stream for no key update;
  end if;

  if true = any (releases) then
    delete from backout.claim c using unnest(streams, releases) as r (stream, release)
      where r.release and c.stream = r.stream;
  end if;
  for one, i in select c, n from unnest(claims) with ordinality as wanted (c, n)
    where c is not null order by c collate "C" loop
    insert into backout.claim values (one, streams[i]) on conflict do nothing;
    select c.stream into holder from backout.claim c where c.claim = one;
    if holder is distinct from streams[i] then
      raise exception 'claim % is held by %', one, holder
        using errcode = 'BO002', detail = json_build_object('claim', one, 'by', coalesce(holder, ''));
    end if;
  end loop;

  for i in 1 .. cardinality(streams) loop
    select h.* into head from backout.head h where h.stream = streams[i];
    if coalesce(head.seq, 0) <> expected[i] then
      raise exception 'stream % has % events, not %', streams[i], coalesce(head.seq, 0), expected[i]
        using errcode = 'BO001', detail = json_build_object('stream', streams[i], 'actual', coalesce(head.seq, 0));
    end if;
    head.at := greatest(head.at, least(backout.clock(), times[i]));
    while owners[e] = i loop
      head.seq := head.seq + 1;
      head.hash := encode(sha256(convert_to(
        head.hash || E'\n' || streams[i] || E'\n' || head.seq || E'\n' || head.at || E'\n' || actors[e] || E'\n' || bodies[e],
        'UTF8')), 'hex');
      insert into backout.event (generation, stream, seq, at, actor, body, hash)
        values (this_generation, streams[i], head.seq, head.at, actors[e], bodies[e], head.hash);
      seq := head.seq;
      at := head.at;
      hash := head.hash;
      return next;
      e := e + 1;
    end loop;
    update backout.head h set seq = head.seq, at = head.at, hash = head.hash where h.stream = streams[i];
    if summaries[i] is not null then
      insert into backout.summary as s values (streams[i], head.seq, head.at, summaries[i])
        on conflict (stream) do update set seq = excluded.seq, at = excluded.at, summary = excluded.summary;
    end if;
    if deadlines[i] = -1 then
      delete from backout.deadline d where d.stream = streams[i];
    elsif deadlines[i] is not null then
      insert into backout.deadline as d values (streams[i], deadlines[i])
        on conflict (stream) do update set due = excluded.due;
    end if;
  end loop;
end $$;

create function backout.next_number(wanted text) returns bigint language sql as $$
  insert into backout.series as s values (wanted, 1)
    on conflict (series) do update set last = s.last + 1 returning last
$$;
