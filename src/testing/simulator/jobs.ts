// The jobs of a simulated store: handed to nodes at least once, sometimes twice, and again when nobody finishes them.
import type { Job } from '../../core/journal/journal.ts';
import {
  type Dispatcher,
  type JobHandler,
  type QueueName,
  queues,
} from '../../engine/dispatcher.ts';
import type { Chance } from './chance.ts';
import type { Machine } from './machine.ts';
import type { VirtualTime } from './time.ts';

/** Workers look for jobs so often by themselves. Milliseconds. */
const POLL_MS = 500;

/** A job whose worker gives no sign of life is handed on after so long. Milliseconds. */
const HEARTBEAT_MS = 10_000;

/** A job that failed is laid out again after so long. Milliseconds. */
const AGAIN_MS = 1_000;

interface Laid {
  readonly job: Job;
  tries: number;
  /** `unheard`: it ended, and the store never heard of it. */
  state: 'ready' | 'in hand' | 'unheard' | 'done';
}

interface Worker {
  readonly machine: Machine;
  readonly queue: QueueName;
  readonly slots: number;
  readonly handler: JobHandler;
  busy: number;
  stopped: boolean;
}

/** What the jobs need of their world. */
export interface JobsParts {
  readonly time: VirtualTime;
  readonly chance: Chance;
  /** Whether notifications and acknowledgements may get lost now. */
  readonly lossy: () => boolean;
  /** Whether the store is up. */
  readonly up: () => boolean;
  /** Hears of every error that a job threw. */
  readonly onError: (machine: Machine, error: unknown) => void;
}

/** All jobs of one world. */
export class Jobs {
  readonly #parts: JobsParts;
  readonly #laid: Laid[] = [];
  readonly #workers: Worker[] = [];

  constructor(parts: JobsParts) {
    this.#parts = parts;
    this.#poll();
  }

  /** As an append does when it is committed. */
  lay(jobs: readonly Job[]): void {
    if (jobs.length === 0) return;
    for (const job of jobs) this.#laid.push({ job, tries: 0, state: 'ready' });
    const { time, chance, lossy } = this.#parts;
    if (lossy() && chance.happens(0.1)) return;
    time.after(chance.happens(0.5) ? 0 : chance.between(1, 30), () => this.#deal());
  }

  /** Any job, whatever became of it, comes once more. */
  double(): void {
    if (this.#laid.length === 0) return;
    const { job } = this.#parts.chance.pick(this.#laid);
    this.#laid.push({ job, tries: 0, state: 'ready' });
  }

  /** The dispatcher of one node. */
  dispatcherOn(machine: Machine): Dispatcher {
    const own: Worker[] = [];
    return {
      enqueue: async (_sql, jobs) => this.lay(jobs),
      work: async (queue, slots, handler) => {
        const worker = { machine, queue, slots, handler, busy: 0, stopped: false };
        own.push(worker);
        this.#workers.push(worker);
        this.#parts.time.after(0, () => this.#deal());
      },
      stop: async (waitMs) => {
        for (const worker of own) {
          worker.stopped = true;
          const index = this.#workers.indexOf(worker);
          if (index >= 0) this.#workers.splice(index, 1);
        }
        const until = machine.clock.steady() + waitMs;
        while (own.some(({ busy }) => busy > 0) && machine.clock.steady() < until)
          await new Promise<void>((resolve) => machine.clock.after(100, resolve));
      },
    };
  }

  #poll(): void {
    this.#parts.time.after(POLL_MS, () => {
      this.#deal();
      this.#poll();
    });
  }

  #deal(): void {
    if (!this.#parts.up()) return;
    const { chance } = this.#parts;
    for (const laid of this.#laid.filter(({ state }) => state === 'ready')) {
      const free = this.#workers.filter(
        ({ machine, queue, slots, busy }) =>
          queue === laid.job.queue &&
          busy < slots &&
          machine.state === 'up' &&
          machine.reaches('store'),
      );
      if (free.length > 0) void this.#carry(laid, chance.pick(free));
    }
  }

  async #carry(laid: Laid, worker: Worker): Promise<void> {
    const { time, chance, lossy, onError } = this.#parts;
    const { machine } = worker;
    laid.state = 'in hand';
    worker.busy += 1;
    this.#watch(laid, worker);
    try {
      await worker.handler(laid.job.data);
      worker.busy -= 1;
      // The store may never hear that it was done.
      const heard = machine.reaches('store') && !(lossy() && chance.happens(0.05));
      laid.state = heard ? 'done' : 'unheard';
    } catch (error) {
      worker.busy -= 1;
      onError(machine, error);
      laid.state = 'done';
      time.after(AGAIN_MS, () => this.#again(laid));
    }
  }

  /** Nobody hears of a worker for so long: the job is handed on, although the worker may still be at it. */
  #watch(laid: Laid, worker: Worker): void {
    const { machine } = worker;
    this.#parts.time.after(HEARTBEAT_MS, () => {
      if (laid.state === 'done') return;
      const beats = laid.state === 'in hand' && machine.state === 'up' && machine.reaches('store');
      if (beats) return this.#watch(laid, worker);
      laid.state = 'done';
      this.#again(laid);
    });
  }

  #again({ job, tries }: Laid): void {
    // The cast holds because the engine lays jobs in its own queues only.
    if (tries + 1 >= queues[job.queue as QueueName].tries) return;
    this.#laid.push({ job, tries: tries + 1, state: 'ready' });
    this.#deal();
  }
}
