// The dispatcher on pg-boss: jobs lie in the same Postgres as the journal and wake nodes by LISTEN/NOTIFY.
import { PgBoss } from 'pg-boss';
import type { Job } from '../core/journal/journal.ts';
import { answerOf, callFor } from './calls.ts';
import {
  type Dispatcher,
  type JobHandler,
  type QueueName,
  type Sql,
  queues,
} from './dispatcher.ts';
import type { Log } from './log.ts';
import { sentenceOf } from './trouble.ts';

/** The schema that pg-boss keeps its tables in, beside ours. */
const SCHEMA = 'backout_jobs';

/** A job that a frozen node holds is given up after so long without a sign of life, in seconds (pg-boss: at least 10). */
const HEARTBEAT_SECONDS = 10;

/** The longest that a job may be in hand, in seconds; a step's own timebox ends it long before. */
const EXPIRE_SECONDS = 23 * 3600;

/** How long it may take to connect, to begin, and to stop beyond what its jobs are given. Milliseconds. */
const CONNECT_MS = 5_000;
const START_MS = 20_000;
const STOP_MS = 3_000;

/** Connects the dispatcher; makes its tables and queues when they are not there. */
export async function openPgBoss(url: string, log: Log): Promise<Dispatcher> {
  const boss = new PgBoss({
    connectionString: url,
    schema: SCHEMA,
    max: 8,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'backout dispatcher',
    useListenNotify: true,
    schedule: false,
    superviseIntervalSeconds: 1,
    maintenanceIntervalSeconds: 60,
    monitorIntervalSeconds: 1,
    reindex: false,
    monitorVacuum: false,
  });
  boss.on('error', (error) => log('warn', `[dispatcher] ${error.message}`));
  const stop = (waitMs: number): Promise<void> =>
    answerOf(
      callFor(waitMs + STOP_MS),
      boss.stop({ graceful: waitMs > 0, timeout: Math.max(1, waitMs), close: true }),
    );
  try {
    await answerOf(callFor(START_MS), begin(boss));
  } catch (error) {
    await stop(0).catch(() => undefined);
    throw error;
  }
  return {
    enqueue: (sql, jobs) => enqueue(boss, sql, jobs),
    work: (queue, slots, handler) => work(boss, queue, slots, handler, log),
    // A server that went away in the middle may leave it waiting for ever; what it holds then ends with the process.
    stop: (waitMs) =>
      stop(waitMs).catch((error: unknown) => log('warn', `[dispatcher] ${sentenceOf(error)}`)),
  };
}

async function begin(boss: PgBoss): Promise<void> {
  await boss.start();
  await ensureQueues(boss);
}

async function ensureQueues(boss: PgBoss): Promise<void> {
  for (const [name, { tries, backoff }] of Object.entries(queues)) {
    const found = await boss.getQueue(name);
    if (found !== null) continue;
    await boss.createQueue(name, {
      notify: true,
      retryLimit: tries - 1,
      retryBackoff: backoff,
      retryDelay: 1,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      expireInSeconds: EXPIRE_SECONDS,
      deleteAfterSeconds: 24 * 3600,
    });
  }
}

async function enqueue(boss: PgBoss, sql: Sql, jobs: readonly Job[]): Promise<void> {
  const db = {
    executeSql: async (text: string, values?: unknown[]) => sql.executeSql(text, values),
  };
  for (const job of jobs) {
    await boss.insert(job.queue, [{ data: { payload: job.data }, singletonKey: job.key }], { db });
  }
}

/**
 * One `work()` for each slot instead of one with concurrency, and a nudge after each job: with pg-boss' defaults a
 * slot that has just finished sleeps for its whole polling interval although jobs are waiting.
 */
async function work(
  boss: PgBoss,
  queue: QueueName,
  slots: number,
  handler: JobHandler,
  log: Log,
): Promise<void> {
  const options = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5, batchSize: 1 };
  for (let slot = 0; slot < slots; slot += 1) {
    let worker = '';
    worker = await boss.work<{ payload: never }>(queue, options, async (batch) => {
      try {
        for (const job of batch) await handler(job.data.payload);
      } catch (error) {
        log(
          'warn',
          `[dispatcher] A ${queue} job failed: ${error instanceof Error ? error.message : String(error)}`,
        );
        throw error;
      } finally {
        if (worker !== '') boss.notifyWorker(worker);
      }
    });
  }
}
