// `store check`: is every stream what was written, and do the projections say what the events say?
import { canonicalJson, firstLink, verifyChain, type Link } from '../core/journal/chain.ts';
import type { JournalEvent, Json } from '../core/journal/event.ts';
import type { Database } from './database.ts';
import { toEvent } from './journal.ts';
import type { EventRow } from './tables.ts';

/** What is looked at beside the chains. */
export interface CheckOptions {
  /**
   * What the projections must hold, as the events have it; null for a kind of stream that has none. Without it the
   * projections are not looked at.
   */
  readonly project?: (stream: string, events: readonly JournalEvent[]) => Projection | null;
  /** Writes the projections that are wrong anew. */
  readonly rebuild?: boolean;
}

/** What stands beside the events of one stream and can be made of them. */
export interface Projection {
  readonly summary: Json;
  /** Epoch milliseconds; null for none. */
  readonly deadline: number | null;
}

/** What the check found. */
export interface CheckReport {
  readonly streams: number;
  readonly events: number;
  /** In the order of the streams' names; the first bad event of a stream only, for what follows it proves nothing. */
  readonly problems: readonly Problem[];
}

/** One thing that is not as it was written. */
export type Problem =
  | {
      readonly type: 'broken-chain';
      readonly stream: string;
      readonly seq: number;
      readonly why: string;
    }
  | {
      readonly type: 'wrong-projection';
      readonly stream: string;
      readonly seq: number;
      readonly why: string;
      readonly rebuilt: boolean;
    };

interface Ends {
  readonly last: number;
  readonly seq: number | null;
  readonly hash: string | null;
}

const pageSize = 1000;
const problemsMax = 1000;

/** Reads everything once, page by page; with `project` the longest stream must fit into memory. */
export async function check(database: Database, options: CheckOptions = {}): Promise<CheckReport> {
  const problems: Problem[] = [];
  let streams = 0;
  let events = 0;
  for await (const stream of streamsOf(database)) {
    const found = await checkStream(database, stream, options);
    streams++;
    events += found.events;
    if (found.problem !== null && problems.length < problemsMax) problems.push(found.problem);
  }
  return { streams, events, problems };
}

/** The names in events, in heads, and in both: a head without events and events without a head are both wrong. */
async function* streamsOf(database: Database): AsyncGenerator<string> {
  const text = `select least(
    (select min(stream) from backout.event where stream > $1),
    (select min(stream) from backout.head where stream > $1)) as stream`;
  for (let last = ''; ;) {
    const [row] = await database.query<{ stream: string | null }>(text, [last], 'check-next');
    if (row === undefined || row.stream === null) return;
    yield row.stream;
    last = row.stream;
  }
}

async function checkStream(
  database: Database,
  stream: string,
  { project, rebuild = false }: CheckOptions,
): Promise<{ readonly events: number; readonly problem: Problem | null }> {
  // The head is read first: what is appended meanwhile lies behind it and is left for the next check.
  const head = await headOf(database, stream);
  const kept: JournalEvent[] = [];
  let link: Link = { seq: 0, at: 0, hash: firstLink };
  for (;;) {
    const rows = await pageOf(database, stream, link.seq, head.last);
    const bad = rows.find((row) => !isReadable(row));
    const page = rows.slice(0, bad === undefined ? rows.length : rows.indexOf(bad)).map(toEvent);
    const verdict = verifyChain(page, link);
    if (verdict.type === 'broken')
      return { events: link.seq, problem: broken(stream, verdict.seq, verdict.why) };
    if (bad !== undefined) {
      return {
        events: link.seq,
        problem: broken(stream, bad.seq, 'its text is not what was written'),
      };
    }
    if (project !== undefined) kept.push(...page);
    link = page.at(-1) ?? link;
    if (page.length < pageSize) break;
  }
  const end = whatIsWrongAtTheEnd(head, link);
  if (end !== null) return { events: link.seq, problem: broken(stream, end.seq, end.why) };
  const wanted = link.seq === 0 ? null : (project?.(stream, kept) ?? null);
  if (wanted === null) return { events: link.seq, problem: null };
  return {
    events: link.seq,
    problem: await checkProjection(database, stream, link, wanted, rebuild),
  };
}

/** The head and the number of the last event, of one instant. */
async function headOf(database: Database, stream: string): Promise<Ends> {
  const text = `select last, h.seq, h.hash from (select coalesce(max(seq), 0) as last from backout.event where stream = $1) e
    left join backout.head h on h.stream = $1`;
  const [row] = await database.query<Ends>(text, [stream], 'check-head');
  return row ?? { last: 0, seq: null, hash: null };
}

async function pageOf(
  database: Database,
  stream: string,
  after: number,
  upTo: number,
): Promise<readonly EventRow[]> {
  return database.query<EventRow>(
    `select stream, seq, at, actor, body, hash from backout.event
     where stream = $1 and seq > $2 and seq <= $3 order by seq limit ${pageSize}`,
    [stream, after, upTo],
    'check-page',
  );
}

/** Whether the texts are JSON as we write it: the hash is over the text, and nobody but us writes it. */
function isReadable(row: EventRow): boolean {
  try {
    const { actor, body } = toEvent(row);
    return canonicalJson(actor) === row.actor && canonicalJson(body) === row.body;
  } catch {
    return false;
  }
}

function broken(stream: string, seq: number, why: string): Problem {
  return { type: 'broken-chain', stream, seq, why };
}

function whatIsWrongAtTheEnd(
  head: Ends,
  link: Link,
): { readonly seq: number; readonly why: string } | null {
  if (head.seq === null) {
    return { seq: link.seq, why: 'the stream has events but no head: its head was removed' };
  }
  if (head.seq > link.seq) {
    return { seq: link.seq + 1, why: `it is missing, with everything after it up to ${head.seq}` };
  }
  if (head.seq < link.seq) {
    return { seq: head.seq + 1, why: `the head of the stream ends before it, at ${head.seq}` };
  }
  if (head.seq > 0 && head.hash !== link.hash) {
    return { seq: link.seq, why: 'its hash is not the one that the head of the stream has' };
  }
  return null;
}

async function checkProjection(
  database: Database,
  stream: string,
  link: Link,
  wanted: Projection,
  rebuild: boolean,
): Promise<Problem | null> {
  const text = `select s.summary, d.due, h.seq from backout.head h left join backout.summary s using (stream)
    left join backout.deadline d using (stream) where stream = $1`;
  const [row] = await database.query<{ summary: string | null; due: number | null; seq: number }>(
    text,
    [stream],
  );
  if (row === undefined || row.seq !== link.seq) return null; // appended to meanwhile
  const summary = canonicalJson(wanted.summary);
  if (row.summary === summary && row.due === wanted.deadline) return null;
  const why =
    row.summary === summary
      ? `its deadline is ${row.due ?? 'none'}, and its events say ${wanted.deadline ?? 'none'}`
      : 'its summary is not what its events say';
  const rebuilt =
    rebuild && (await writeProjection(database, stream, link, summary, wanted.deadline));
  return { type: 'wrong-projection', stream, seq: link.seq, why, rebuilt };
}

/** Under the lock of the head, and only if nothing was appended meanwhile: then the append has written it anew. */
async function writeProjection(
  database: Database,
  stream: string,
  link: Link,
  summary: string,
  deadline: number | null,
): Promise<boolean> {
  return database.transaction(async (query) => {
    const [head] = await query<{ seq: number }>(
      'select seq from backout.head where stream = $1 for no key update',
      [stream],
    );
    if (head?.seq !== link.seq) return false;
    await query(
      `insert into backout.summary values ($1, $2, $3, $4)
       on conflict (stream) do update set seq = excluded.seq, at = excluded.at, summary = excluded.summary`,
      [stream, link.seq, link.at, summary],
    );
    await query('delete from backout.deadline where stream = $1', [stream]);
    if (deadline !== null)
      await query('insert into backout.deadline values ($1, $2)', [stream, deadline]);
    return true;
  });
}
