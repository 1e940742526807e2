// The signals' scheduler: reads each armed signal on its grid and tells the migration what changed. One node per plan.
import { type Watch, emptyWatch, judgeReadings } from '../core/decision/watch.ts';
import { leavesOf } from '../core/decision/condition.ts';
import type { KnownMigration } from '../core/decision/migration/state.ts';
import type { SignalReading } from '../core/decision/sample.ts';
import type { Json } from '../core/journal/event.ts';
import { callFor, pause } from './calls.ts';
import type { Log } from './log.ts';
import { type Office, planOf } from './office.ts';
import { type Events, readSignal } from './readings.ts';
import type { Snapshot, Systems } from './systems.ts';
import { backout } from './office.ts';
import { sentenceOf } from './trouble.ts';

/** Where the state of a watch lies between nodes and restarts. */
export interface WatchMemory {
  readonly load: (plan: string) => Promise<Json | null>;
  /** `at`: when it was so, epoch milliseconds; the newer of two is kept. Left out: now, by the store's clock. */
  readonly save: (plan: string, watch: Json, at?: number) => Promise<void>;
}

/** What the sampler needs. */
export interface SamplerParts {
  readonly office: Office;
  readonly systems: Systems;
  readonly events: Events;
  readonly memory: WatchMemory;
  readonly log: Log;
}

/** The state of a watch that did not change is kept so often, for the node that comes after. Milliseconds. */
const SAVE_EVERY_MS = 2_000;

/** Watches one plan until told to stop. Returns when the plan is armed anew or enters another phase, too. */
export async function watchPlan(
  plan: string,
  parts: SamplerParts,
  signal: AbortSignal,
): Promise<void> {
  const { state: migration } = await parts.office.migration(plan);
  if (migration.type === 'none' || migration.phase === null) return;
  const watched = new WatchedPlan(migration, parts);
  await watched.recall();
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const loops = watched.signals().map((name) => watched.read(name, both));
  await Promise.race([
    Promise.all([...loops, aborted(both)]),
    changed(migration, parts, both, () => watched.tellAgain()),
  ]);
  stop.abort();
  await Promise.allSettled(loops);
  await watched.keep();
}

/** One plan's watch on this node. */
class WatchedPlan {
  readonly #migration: KnownMigration;
  readonly #snapshot: Snapshot;
  readonly #parts: SamplerParts;
  #watch: Watch = emptyWatch;
  #savedAt = 0;
  #again = false;
  /** Judgements wait for each other: the watch is folded in order. */
  #turn: Promise<void> = Promise.resolve();

  constructor(migration: KnownMigration, parts: SamplerParts) {
    this.#migration = migration;
    this.#parts = parts;
    const { fingerprint, directory } = migration;
    this.#snapshot = { plan: planOf(migration.snapshot), fingerprint, directory };
  }

  async recall(): Promise<void> {
    const kept = await this.#parts.memory.load(this.#key());
    // The cast holds because only `keep` of the same plan and fingerprint writes under this key.
    // Its verdicts are told again: the node before us may have died between journal and memory.
    if (kept !== null) this.#watch = { ...(kept as unknown as Watch), verdicts: {} };
  }

  /**
   * What the verdicts are is told again with the next reading. Told twice it is no news; but a node that watched before us
   * may have had something under way that arrived after all that we told.
   */
  tellAgain(): void {
    this.#again = true;
  }

  async keep(): Promise<void> {
    await this.#parts.memory.save(this.#key(), this.#watch as unknown as Json);
  }

  /** A plan that changed begins with an empty watch: its rules are others. */
  #key(): string {
    return `${this.#migration.plan}@${this.#migration.fingerprint}`;
  }

  #armed(): KnownMigration['triggers'] {
    return this.#migration.triggers.filter((trigger) =>
      this.#migration.armed.includes(trigger.name),
    );
  }

  signals(): readonly string[] {
    return [
      ...new Set(
        this.#armed().flatMap((trigger) => leavesOf(trigger.when).map((leaf) => leaf.signal)),
      ),
    ];
  }

  /** Reads one signal at every instant of its grid. An instant that was missed is missed: it is never made up. */
  async read(name: string, signal: AbortSignal): Promise<void> {
    const every = this.#snapshot.plan.signals[name]?.every ?? 10_000;
    const { journal } = this.#parts.office.streams;
    let last = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      try {
        const now = await journal.now();
        // A timer may wake us just before its time: no instant is read twice.
        const instant = Math.max(last + every, Math.ceil(now / every) * every);
        await pause(instant - now, signal, this.#parts.systems.clock);
        last = instant;
        if (signal.aborted) return;
        const call = callFor(Math.max(every, 2_000), signal, this.#parts.systems.clock);
        const reading = await readSignal(
          this.#parts.systems,
          this.#parts.events,
          this.#snapshot,
          name,
          instant,
          call,
        );
        if (signal.aborted) return;
        await this.#judge(name, reading, instant);
      } catch (error) {
        this.#parts.log('warn', `[sampler] ${name}: ${sentenceOf(error)}`);
        await pause(Math.min(every, 1_000), signal, this.#parts.systems.clock);
      }
    }
  }

  async #judge(name: string, reading: SignalReading, now: number): Promise<void> {
    const turn = this.#turn.then(() => this.#judgeNow({ [name]: reading }, now));
    // The next judgement goes on whatever became of this one; the reader hears of the error.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #judgeNow(
    readings: { readonly [signal: string]: SignalReading },
    now: number,
  ): Promise<void> {
    const { office } = this.#parts;
    const watch = this.#again ? { ...this.#watch, verdicts: {} } : this.#watch;
    this.#again = false;
    const judged = judgeReadings(this.#armed(), watch, readings, now);
    if (judged.changes.length > 0) {
      // First the journal, then the memory: what was not recorded is judged and recorded again.
      const told = await office.commandMigration(
        this.#migration.plan,
        { type: 'RecordChanges', changes: judged.changes },
        backout,
      );
      if (told.type === 'rejected')
        throw new Error(`What changed could not be recorded and is judged again: ${told.because}`);
    }
    this.#watch = judged.watch;
    if (judged.changes.length > 0 || now - this.#savedAt >= SAVE_EVERY_MS) {
      this.#savedAt = now;
      await this.keep();
    }
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}

/** Resolves when the migration has another plan or phase than the one that is being watched. */
async function changed(
  watched: KnownMigration,
  { office, systems }: SamplerParts,
  signal: AbortSignal,
  onLook: () => void,
): Promise<void> {
  const same = async (): Promise<boolean> => {
    const { state } = await office.migration(watched.plan);
    return (
      state.type === 'migration' &&
      state.fingerprint === watched.fingerprint &&
      state.directory === watched.directory &&
      state.phase === watched.phase &&
      state.armed.join() === watched.armed.join()
    );
  };
  while (!signal.aborted) {
    const wake = new AbortController();
    const off = office.streams.journal.onAppended((stream) => {
      if (stream === `migration-${watched.plan}`) wake.abort();
    });
    if (!(await same().catch(() => true))) {
      off();
      return;
    }
    onLook();
    await pause(5_000, AbortSignal.any([signal, wake.signal]), systems.clock);
    off();
  }
}
