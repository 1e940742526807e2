// The tables of sql/ as kysely sees them: only those and only the columns that are read or written by built queries.

/** Everything in schema `backout` that the builder touches. */
export interface Tables {
  readonly 'backout.head': HeadRow;
  readonly 'backout.event': EventRow;
  readonly 'backout.summary': SummaryRow;
  readonly 'backout.deadline': DeadlineRow;
  readonly 'backout.node': NodeRow;
  readonly 'backout.watch_state': WatchStateRow;
  readonly 'backout.inbound': InboundRow;
}

interface HeadRow {
  stream: string;
  seq: number;
  at: number;
  hash: string;
}

/** An event as its row holds it: actor and body are the texts that were hashed. */
export interface EventRow {
  stream: string;
  seq: number;
  at: number;
  actor: string;
  body: string;
  hash: string;
}

interface SummaryRow {
  stream: string;
  seq: number;
  at: number;
  /** JSON. */
  summary: string;
}

interface DeadlineRow {
  stream: string;
  due: number;
}

interface NodeRow {
  id: string;
  lock_key: number;
  version: string;
  started: number;
}

interface WatchStateRow {
  plan: string;
  key: string;
  at: number;
  /** JSON. */
  state: string;
}

interface InboundRow {
  system: string;
  event_id: string;
  at: number;
}
