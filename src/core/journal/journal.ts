// The journal as the engine sees it: a port that Postgres keeps for real and memory keeps in tests.
import type { EventBody, JournalEvent, Json, NewEvent } from './event.ts';

/** A unit of work that the dispatcher shall hand to some node once the append is committed. */
export interface Job {
  /** Which queue: `step`, `verification`, `notice`. */
  readonly queue: string;
  /** Jobs with the same key in one queue are one job. */
  readonly key: string;
  readonly data: Json;
}

/** What goes into one stream, with everything that must not be lost beside it. */
export interface Append {
  readonly stream: string;
  /** How many events the writer believes the stream has. */
  readonly expected: number;
  readonly events: readonly NewEvent[];
  /**
   * When this was decided, by the store's clock: what the events bear, so that the state that was decided on and the
   * state that the events fold to are the same. Never later than the store's clock says, nor before the event before.
   * Left out: the moment of the append.
   */
  readonly at?: number;
  /** The stream's state in short, for lists and searches: a projection that can be rebuilt from the events. */
  readonly summary?: Json;
  /** When somebody must look at this stream again though nothing happens: epoch milliseconds; null for never. */
  readonly deadline?: number | null;
  readonly jobs?: readonly Job[];
  /**
   * What this stream takes for itself until it is let go: no two streams hold the same claim.
   * `run-7` claims `target/ledger-cutover`, so that one target never has two runs.
   */
  readonly claim?: string;
  /** Lets go of every claim of this stream. */
  readonly release?: boolean;
}

/** What became of an append. Unless it is `appended`, nothing at all was written to any stream. */
export type Appended =
  /** In the order given. */
  | { readonly type: 'appended'; readonly events: readonly JournalEvent[] }
  /** Somebody else appended to this stream first: read on, decide again. */
  | { readonly type: 'conflict'; readonly stream: string; readonly actual: number }
  /** Another stream holds the claim. */
  | { readonly type: 'claimed'; readonly claim: string; readonly by: string };

/** One line of the list of streams. */
export interface StreamSummary {
  readonly stream: string;
  readonly seq: number;
  readonly at: number;
  readonly summary: Json;
}

/** Append-only, hash-chained streams of events. Every method may throw StoreUnreachable. */
export interface Journal {
  /** All or nothing, in one transaction: a decision and the run that it orders are one fact. */
  readonly append: (appends: readonly Append[]) => Promise<Appended>;
  /** Events of one stream from `from` (default 1) on, in order. */
  readonly read: (stream: string, from?: number) => Promise<readonly JournalEvent<EventBody>[]>;
  /** Summaries of the streams whose name begins so, newest first. */
  readonly list: (prefix: string, limit?: number) => Promise<readonly StreamSummary[]>;
  /**
   * Calls back soon after a stream got new events (at once by notification, within a second by polling).
   * Says only *that*; the caller reads. Returns a function that stops it.
   */
  readonly onAppended: (listener: (stream: string) => void) => () => void;
  /** Streams whose deadline has come, by the store's clock, and when the next one comes. */
  readonly due: () => Promise<{
    readonly streams: readonly string[];
    readonly next: number | null;
  }>;
  /** The next number of a series (`run`): never given twice, may leave gaps. */
  readonly nextNumber: (series: string) => Promise<number>;
  /** The store's clock: epoch milliseconds. */
  readonly now: () => Promise<number>;
}
