// One simulated world: hosts, a store, a system and people in virtual time, with everything between them.
import type { Journal } from '../../core/journal/journal.ts';
import { Office } from '../../engine/office.ts';
import type { Snapshot } from '../../engine/systems.ts';
import { StoreError, StoreUnreachable } from '../../store/errors.ts';
import { type MemoryStore, memoryStore } from '../memory-journal.ts';
import { type Chance, chanceOf } from './chance.ts';
import { Host } from './host.ts';
import { Jobs } from './jobs.ts';
import { Judge } from './judge.ts';
import { EPOCH, Machine } from './machine.ts';
import { simulatedPlans } from './plans.ts';
import { Register } from './register.ts';
import { SimulatedSystem } from './system.ts';
import { VirtualTime } from './time.ts';
import { Wires } from './wires.ts';

/** Who asks the store waits so long for a wire that is cut. Milliseconds. */
const PATIENCE_MS = 5_000;

/** Hears, in words, of everything that happens. */
export type Trace = (at: number, who: string, what: string) => void;

/** The world of one seed. */
export class World {
  readonly time = new VirtualTime();
  readonly chance: Chance;
  readonly snapshot: Snapshot;
  readonly wires: Wires;
  readonly register: Register;
  readonly jobs: Jobs;
  readonly system: SimulatedSystem;
  readonly judge: Judge;
  readonly store: MemoryStore;
  readonly hosts: Host[] = [];
  /** How far the store's clock is ahead of the true time. Milliseconds. */
  storeAhead = 0;
  /** When the last accident that has begun is over. */
  quietAt = 0;
  /** An append takes so long now. Milliseconds. */
  diskMs = 0;
  readonly trace: Trace | undefined;
  readonly #listeners = new Set<{
    readonly machine: Machine;
    readonly hear: (stream: string) => void;
  }>();
  readonly #memory = new Map<string, string>();
  #machines = 0;

  constructor(seed: number, trace?: Trace) {
    this.chance = chanceOf(seed);
    this.trace = trace;
    this.snapshot = this.chance.pick(simulatedPlans);
    const { time, chance } = this;
    const now = (): number => EPOCH + time.now + this.storeAhead;
    this.wires = new Wires(time, chance);
    this.register = new Register({ time, wires: this.wires, now, away });
    this.jobs = new Jobs({
      time,
      chance,
      lossy: () => this.wires.lossy,
      up: () => !this.wires.down.has('store'),
      onError: (machine, error) => this.#excuse(machine.name, error),
    });
    this.store = memoryStore({ now, kept: 'bare', enqueue: (jobs) => this.jobs.lay(jobs) });
    this.judge = new Judge({
      time,
      now,
      store: () => this.store,
      knowsItIsLost: (node) => this.register.knowsItIsLost(node),
      environment: this.snapshot.plan.systems['it']?.environment,
      ...(trace === undefined ? {} : { trace: (who, what) => trace(time.now, who, what) }),
    });
    this.system = new SimulatedSystem({ time, chance, wires: this.wires, ears: this.judge });
  }

  /** What an accident did is undone after so long. */
  undoAfter(ms: number, undo: () => void): void {
    this.quietAt = Math.max(this.quietAt, this.time.now + ms);
    this.time.after(ms, undo);
  }

  /** One more machine with a node on it. */
  join(): Host {
    this.#machines += 1;
    const machine = new Machine(`node-${this.#machines}`, this.time);
    const host = new Host({
      machine,
      journalFor: (node, on) => this.journalFor(node, on),
      nodes: this.register.seenFrom(machine),
      dispatcherOn: (on) => this.jobs.dispatcherOn(on),
      memory: {
        load: async (plan) => this.#ask(machine, () => parsed(this.#memory.get(plan))),
        save: async (plan, watch) =>
          this.#ask(machine, () => void this.#memory.set(plan, JSON.stringify(watch))),
      },
      connectorFor: (node, on) => this.system.connectorFor(node, on),
      log: (node, sentence) => this.#heard(node, sentence),
    });
    this.hosts.push(host);
    return host;
  }

  /** A person's machine: it is never broken, only its wires are. */
  officeOf(person: string): Office {
    return new Office(this.journalFor(person, new Machine(person, this.time)));
  }

  /** The journal as somebody on this machine sees it. */
  journalFor(who: string, machine: Machine): Journal {
    const { store } = this;
    const ask = <T>(work: () => T): Promise<T> => this.#ask(machine, work);
    return {
      append: (appends) =>
        this.#ask(
          machine,
          () => {
            const appended = store.append(appends);
            if (appended.type === 'appended') {
              this.judge.appended(who, appends, appended.events);
              for (const stream of new Set(appends.map((each) => each.stream))) this.#tell(stream);
            }
            return appended;
          },
          this.diskMs,
        ),
      read: (stream, from) => ask(() => store.read(stream, from)),
      list: (prefix, limit) => ask(() => store.list(prefix, limit)),
      onAppended: (hear) => {
        const listener = { machine, hear };
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
      due: () => ask(() => store.due()),
      nextNumber: (series) => ask(() => store.nextNumber(series)),
      now: () => ask(() => store.now()),
    };
  }

  #ask<T>(machine: Machine, work: () => T, takesMs = 0): Promise<T> {
    return this.wires.ask({ machine, peer: 'store', work, away, patienceMs: PATIENCE_MS, takesMs });
  }

  #tell(stream: string): void {
    if (this.#listeners.size === 0 || (this.wires.lossy && this.chance.happens(0.1))) return;
    this.time.after(0, () => {
      for (const listener of this.#listeners)
        if (listener.machine.reaches('store'))
          listener.machine.do(() => this.#listeners.has(listener) && listener.hear(stream));
    });
  }

  /** What a job may throw because the store was away or its node stops; everything else is a defect. */
  #excuse(who: string, error: unknown): void {
    const expected =
      error instanceof StoreError ||
      (error instanceof Error &&
        /stops and takes nothing more|aborted|^Notice /.test(error.message));
    if (!expected) this.judge.blame('no-defect', `${who}: ${String(error)}`);
  }

  #heard(node: string, sentence: string): void {
    this.trace?.(this.time.now, node, sentence);
    if (/is not a function|Cannot read prop|is not iterable|is not defined/.test(sentence))
      this.judge.blame('no-defect', `${node}: ${sentence}`);
  }
}

function away(): Error {
  return new StoreUnreachable('[store] Away for a moment.');
}

function parsed(text: string | undefined): null {
  // The cast holds because only `save` writes here, and it writes JSON.
  return text === undefined ? null : (JSON.parse(text) as null);
}
