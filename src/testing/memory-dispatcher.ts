// The dispatcher in memory: the same promises as the real one except durability, for tests without a database.
import type { Job } from '../core/journal/journal.ts';
import { type Dispatcher, type JobHandler, type QueueName, queues } from '../engine/dispatcher.ts';

/** Jobs that several dispatchers share, as nodes share a database. */
export interface MemoryJobs {
  /** Lays jobs ready, as an append does when it is committed. */
  readonly lay: (jobs: readonly Job[]) => void;
  /** One node's dispatcher. */
  readonly dispatcher: () => Dispatcher;
}

/** One node's worker on one queue. */
interface Worker {
  readonly queue: string;
  readonly slots: number;
  readonly handler: JobHandler;
  readonly busy: Set<Promise<void>>;
}

interface Laid extends Job {
  readonly tries: number;
}

/** An empty set of jobs. */
export function memoryJobs(): MemoryJobs {
  const waiting: Laid[] = [];
  const workers = new Set<Worker>();

  const deal = (): void => {
    for (const worker of [...workers].toSorted((a, b) => a.busy.size - b.busy.size)) {
      const index =
        worker.busy.size < worker.slots
          ? waiting.findIndex(({ queue }) => queue === worker.queue)
          : -1;
      const [job] = index < 0 ? [] : waiting.splice(index, 1);
      if (job === undefined) continue;
      const work = carry(worker, job).finally(() => {
        worker.busy.delete(work);
        deal();
      });
      worker.busy.add(work);
      return deal();
    }
  };

  const carry = async (worker: Worker, job: Laid): Promise<void> => {
    try {
      await worker.handler(job.data);
    } catch {
      again(job);
    }
  };

  const again = (job: Laid): void => {
    const tries = job.tries + 1;
    // The cast holds because a worker only takes jobs of its own queue.
    if (tries < queues[job.queue as QueueName].tries) waiting.push({ ...job, tries });
  };

  const lay = (jobs: readonly Job[]): void => {
    waiting.push(...jobs.map((job) => ({ ...job, tries: 0 })));
    queueMicrotask(deal);
  };

  return {
    lay,
    dispatcher: () => {
      const own = new Set<Worker>();
      return {
        enqueue: async (_sql, jobs) => lay(jobs),
        work: async (queue, slots, handler) => {
          const worker = { queue, slots, handler, busy: new Set<Promise<void>>() };
          own.add(worker);
          workers.add(worker);
          deal();
        },
        stop: async (waitMs) => {
          for (const worker of own) workers.delete(worker);
          const inHand = Promise.all([...own].flatMap(({ busy }) => [...busy]));
          let timer: NodeJS.Timeout | undefined;
          const late = new Promise((resolve) => (timer = setTimeout(resolve, waitMs)));
          await Promise.race([inHand, late]);
          clearTimeout(timer);
        },
      };
    },
  };
}
