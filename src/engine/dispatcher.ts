// The dispatcher port: hands jobs to nodes, at least once, soon. Correctness never rests on it; the journal fences.
import type { Json } from '../core/journal/event.ts';
import type { Job } from '../core/journal/journal.ts';

/** Something that runs SQL inside the transaction of an append. */
export interface Sql {
  readonly executeSql: (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;
}

/** What a node does with a job. A thrown error makes the dispatcher try again only in queues that may. */
export type JobHandler = (data: Json) => Promise<void>;

/** Hands jobs to nodes. */
export interface Dispatcher {
  /** Part of the append's own transaction: event and job are one fact. */
  readonly enqueue: (sql: Sql, jobs: readonly Job[]) => Promise<void>;
  /** Takes at most `slots` jobs of a queue at once on this node. */
  readonly work: (queue: QueueName, slots: number, handler: JobHandler) => Promise<void>;
  /** Takes no more jobs; waits for those in hand, at most so long. */
  readonly stop: (waitMs: number) => Promise<void>;
}

/**
 * The queues. Whether an effect on a system is tried again is decided by the core: a step's job throws only while its
 * attempt has not begun, and a job that comes again after that finds its attempt taken.
 */
export const queues = {
  step: { tries: 5, backoff: false },
  notice: { tries: 6, backoff: true },
} as const;

/** A queue's name. */
export type QueueName = keyof typeof queues;
