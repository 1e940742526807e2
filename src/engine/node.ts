// A node: everything that one `backout serve` does on a store that it may share with others, from joining to draining.
import type { Journal } from '../core/journal/journal.ts';
import type { MigrationSummary } from '../core/decision/migration/migration.ts';
import { carryOut } from './attempt.ts';
import { pause } from './calls.ts';
import { type Clock, machineClock } from './clock.ts';
import { keepDeadlines } from './deadlines.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Log } from './log.ts';
import type { Membership, Nodes } from './membership.ts';
import { deliver } from './delivery.ts';
import type { Hands } from './hands.ts';
import type { NoticeJob } from './notices.ts';
import { Office, type StepJob } from './office.ts';
import type { Events } from './readings.ts';
import { type WatchMemory, watchPlan } from './sampler.ts';
import { type Connectors, Systems } from './systems.ts';
import { takeOver } from './takeover.ts';
import { sentenceOf } from './trouble.ts';

/** The real or pretended parts of a node, chosen by main.ts or by a test. */
export interface NodeParts {
  readonly id: string;
  readonly journal: Journal;
  readonly dispatcher: Dispatcher;
  readonly nodes: Nodes;
  readonly memory: WatchMemory;
  readonly connectors: Connectors;
  readonly events: Events;
  readonly secret: (reference: string) => string | undefined;
  readonly log: Log;
  /** What its calls and waits end by; default: the machine's. */
  readonly clock?: Clock;
  /** How many steps this node carries out at once; default 8. */
  readonly slots?: number;
}

/** Peers look for dead nodes so often, and for due deadlines at the least so often. Milliseconds. */
const SWEEP_MS = 500;

/** Plans that nobody watches are looked for so often. Milliseconds. */
const WATCH_SWEEP_MS = 1_000;

/** Steps that were told to stop have so long to hand themselves back. Milliseconds. */
const HAND_BACK_MS = 3_000;

/** A running node. */
export class Node {
  readonly office: Office;
  readonly systems: Systems;
  readonly #parts: NodeParts;
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  /** Ends the steps in hand: when the store no longer vouches for us, or draining takes too long. */
  readonly #hands = new AbortController();
  readonly #loops: Promise<void>[] = [];
  /** The attempts that this node carries out now. */
  readonly #inHand = new Map<string, Promise<void>>();

  /** Joins the others and begins to work. */
  static async start(parts: NodeParts): Promise<Node> {
    const membership = await parts.nodes.join(parts.id);
    const node = new Node(parts, membership);
    try {
      await node.#begin();
      return node;
    } catch (error) {
      await node.drain(0);
      throw error;
    }
  }

  private constructor(parts: NodeParts, membership: Membership) {
    this.#parts = parts;
    this.#membership = membership;
    this.#clock = parts.clock ?? machineClock;
    this.office = new Office(parts.journal);
    this.systems = new Systems(parts.connectors, parts.secret, this.#clock);
  }

  /** Aborts when the store no longer vouches for this node; it must then be started anew. */
  get lost(): AbortSignal {
    return this.#membership.lost;
  }

  /** Takes nothing new, lets the steps in hand end within `waitMs`, hands the rest back, and leaves. */
  async drain(waitMs: number): Promise<void> {
    this.#stop.abort();
    await this.#parts.dispatcher.stop(waitMs);
    this.#hands.abort();
    // What does not even hand itself back in time is found by the peers: nobody lists this node any more.
    const ended = new AbortController();
    const all = Promise.allSettled([...this.#loops, ...this.#inHand.values()]);
    await Promise.race([all, pause(HAND_BACK_MS, ended.signal, this.#clock)]);
    ended.abort();
    await this.systems.close();
    await this.#membership.leave();
  }

  async #begin(): Promise<void> {
    const { dispatcher, slots = 8, events, log } = this.#parts;
    const { lost } = this.#membership;
    lost.addEventListener('abort', () => {
      this.#parts.log(
        'error',
        '[engine] This node lost its lock in the store: its steps are aborted, others take them over.',
      );
      this.#hands.abort();
      this.#stop.abort();
      // A node without a place takes nothing more: what it took would only be lost.
      void dispatcher
        .stop(0)
        .catch((error: unknown) => this.#parts.log('warn', `[engine] ${sentenceOf(error)}`));
    });
    const hands = {
      node: this.#parts.id,
      office: this.office,
      systems: this.systems,
      events,
      signal: this.#hands.signal,
      log,
    };
    // The casts hold because only this engine writes its own jobs.
    await dispatcher.work('step', slots, (data) =>
      this.#carryOut(data as unknown as StepJob, hands),
    );
    await dispatcher.work('notice', 2, (data) =>
      deliver(data as unknown as NoticeJob, this.office, this.systems, this.#hands.signal),
    );
    this.#loops.push(this.#keepDeadlines(), this.#takeOver(), this.#watch());
  }

  /** The same job may come twice: what is in hand is not begun again. */
  async #carryOut(job: StepJob, hands: Hands): Promise<void> {
    const key = keyOf(job);
    if (this.#inHand.has(key)) return;
    const work = carryOut(job, hands);
    this.#inHand.set(key, work);
    try {
      await work;
    } finally {
      this.#inHand.delete(key);
    }
  }

  async #keepDeadlines(): Promise<void> {
    await this.#repeat(async () => {
      const next = await keepDeadlines(this.office, this.#parts.log);
      const now = await this.#parts.journal.now();
      return next === null ? SWEEP_MS : Math.min(SWEEP_MS, Math.max(0, next - now));
    });
  }

  async #takeOver(): Promise<void> {
    await this.#repeat(async () => {
      const hasInHand = (job: StepJob): boolean => this.#inHand.has(keyOf(job));
      await takeOver(
        this.#parts.nodes,
        this.office,
        { node: this.#parts.id, hasInHand },
        this.#parts.log,
      );
      return SWEEP_MS;
    });
  }

  /** Watches each armed plan that no peer watches. */
  async #watch(): Promise<void> {
    const watching = new Map<string, Promise<void>>();
    await this.#repeat(async () => {
      for (const { summary } of await this.#parts.journal.list('migration-', 1_000)) {
        // The cast holds because the summary of a migration's stream is made by its own view.
        const { plan, phase } = summary as unknown as MigrationSummary;
        if (phase === null || watching.has(plan)) continue;
        if (await this.#isLeftToNewer(plan)) continue;
        if (!(await this.#membership.tryLease(leaseOf(plan)))) continue;
        const watch = this.#watchPlan(plan).finally(() => watching.delete(plan));
        watching.set(plan, watch);
      }
      return WATCH_SWEEP_MS;
    });
    await Promise.allSettled(watching.values());
  }

  async #watchPlan(plan: string): Promise<void> {
    const { office, systems } = this;
    const { events, memory, log } = this.#parts;
    while (!this.#stop.signal.aborted) {
      try {
        if (await this.#isLeftToNewer(plan)) return await this.#membership.endLease(leaseOf(plan));
        await watchPlan(plan, { office, systems, events, memory, log }, this.#stop.signal);
      } catch (error) {
        log('warn', `[engine] Watching ${plan}: ${sentenceOf(error)}`);
      }
      await pause(100, this.#stop.signal, this.#clock);
    }
  }

  /** Has a newer Backout written what this version can't judge? Then a newer node watches. */
  async #isLeftToNewer(plan: string): Promise<boolean> {
    return (await this.office.migration(plan)).beyond !== null;
  }

  /** Again and again until the node stops; an error is said and the next round tries again. */
  async #repeat(round: () => Promise<number>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let wait = SWEEP_MS;
      try {
        wait = await round();
      } catch (error) {
        this.#parts.log('warn', `[engine] ${sentenceOf(error)}`);
      }
      await pause(wait, this.#stop.signal, this.#clock);
    }
  }
}

function leaseOf(plan: string): string {
  return `watch/${plan}`;
}

function keyOf({ run, step, attempt }: StepJob): string {
  return `${run}/${step}/${attempt}`;
}
