// A world on seeded chance: nodes crash, freeze, lose their place; jobs and answers are doubled, delayed, reordered, lost.
//
// Every call to the journal and to the system stops at a gate, and chance decides which gate opens next. So each seed is
// one interleaving of all that the engine's own code does, and the same seed is the same one again.
import { type AnyConnector, ConnectorError, type Observation } from '../../src/connector.ts';
import type { Job, Journal } from '../../src/core/journal/journal.ts';
import { carryOut } from '../../src/engine/attempt.ts';
import { keepDeadlines } from '../../src/engine/deadlines.ts';
import type { Nodes } from '../../src/engine/membership.ts';
import { Office, type StepJob } from '../../src/engine/office.ts';
import { Systems } from '../../src/engine/systems.ts';
import { takeOver } from '../../src/engine/takeover.ts';
import { StoreUnreachable } from '../../src/store/errors.ts';
import { memoryJournal } from '../../src/testing/memory-journal.ts';

/** One apply that reached the system. */
export interface Effect {
  readonly step: string;
  readonly attempt: number;
  readonly key: string;
  readonly at: number;
}

interface Gate {
  readonly node: string;
  readonly open: (fate: Fate) => void;
  readonly mayFail: boolean;
}

type Fate = 'goes' | 'fails' | 'answer-lost';

interface SimulatedNode {
  readonly id: string;
  readonly office: Office;
  readonly systems: Systems;
  readonly stop: AbortController;
  readonly inHand: Set<string>;
  /** Aborts when it dies: what it was doing then is never heard of again. */
  readonly death: AbortController;
  state: 'alive' | 'frozen' | 'lost' | 'dead';
}

const never = new AbortController().signal;

/** The world of one seed. */
export class Simulation {
  readonly effects: Effect[] = [];
  readonly values = new Map<string, boolean>();
  readonly journal: Journal;
  /** Defects of the engine: what no part of it may throw. */
  readonly defects: unknown[] = [];
  readonly #random: () => number;
  readonly #gates: Gate[] = [];
  readonly #jobs: Job[] = [];
  readonly #nodes: SimulatedNode[] = [];
  readonly #listed = new Set<string>();
  #trouble = 0;
  #now = 1_000_000;
  #busy = 0;

  /** `trouble`: how many things may go wrong before the world is kind again. */
  constructor(seed: number, trouble: number) {
    this.#random = mulberry(seed);
    this.#trouble = trouble;
    this.journal = memoryJournal({
      now: () => this.#now,
      enqueue: (jobs) => void this.#jobs.push(...jobs),
    });
    for (let count = 0; count < 2; count += 1) this.#join();
  }

  get now(): number {
    return this.#now;
  }

  /** One thing happens. False when nothing can but the passing of time. */
  happen(): void {
    if (this.#trouble > 0 && this.#random() < 0.08) this.#goWrong();
    const gates = this.#gates.filter(({ node }) => this.#stateOf(node) !== 'frozen');
    const chance = this.#random();
    if (gates.length > 0 && chance < 0.75) return this.#open(pick(gates, this.#random));
    if (this.#jobs.length > 0 && chance < 0.9) return this.#take();
    this.#sweep();
    if (gates.length === 0 && this.#jobs.length === 0)
      this.#now += 200 + Math.floor(this.#random() * 2_000);
  }

  /** From now on everything works, and who was frozen finds out. */
  calm(): void {
    this.#trouble = 0;
    for (const node of this.#nodes) if (node.state === 'frozen') this.#lose(node);
  }

  #goWrong(): void {
    this.#trouble -= 1;
    const working = this.#nodes.filter(({ state }) => state === 'alive' || state === 'frozen');
    const node = pick(working, this.#random);
    const chance = this.#random();
    if (chance < 0.35) {
      node.state = 'dead';
      node.death.abort();
      this.#join();
    } else if (chance < 0.55 && node.state === 'alive') {
      // Its peers give it up; it knows nothing of that until it is told.
      node.state = 'frozen';
      this.#join();
    } else if (chance < 0.75 && node.state === 'frozen')
      node.state = this.#random() < 0.5 ? 'alive' : 'frozen';
    else if (chance < 0.85) this.#lose(node);
    else if (this.#jobs.length > 0) this.#jobs.push(pick(this.#jobs, this.#random));
  }

  #lose(node: SimulatedNode): void {
    node.state = 'lost';
    node.stop.abort();
    this.#join();
  }

  #join(): void {
    const id = `node-${this.#nodes.length + 1}`;
    this.#listed.add(id);
    const systems = new Systems(
      {
        load: async () => this.#connectorFor(id),
        state: (connector) => connector.states?.['value'],
      },
      () => undefined,
    );
    this.#nodes.push({
      id,
      office: new Office(this.#journalOf(id)),
      systems,
      stop: new AbortController(),
      death: new AbortController(),
      inHand: new Set(),
      state: 'alive',
    });
  }

  #stateOf(id: string): SimulatedNode['state'] {
    return this.#nodes.find((node) => node.id === id)?.state ?? 'dead';
  }

  #open(gate: Gate): void {
    this.#gates.splice(this.#gates.indexOf(gate), 1);
    const fails = gate.mayFail && this.#trouble > 0 && this.#random() < 0.03;
    if (fails) this.#trouble -= 1;
    gate.open(fails ? (this.#random() < 0.5 ? 'fails' : 'answer-lost') : 'goes');
  }

  /** What a dead node asked for may still reach the system; it never hears the answer. */
  async #gate<T>(
    node: string,
    mayFail: boolean,
    work: () => Promise<T> | T,
    failure: () => Error,
  ): Promise<T> {
    const fate = await new Promise<Fate>((open) => this.#gates.push({ node, mayFail, open }));
    if (fate === 'fails') throw failure();
    const answer = await work();
    if (this.#stateOf(node) === 'dead') return new Promise<T>(() => undefined);
    if (fate === 'answer-lost') throw failure();
    return answer;
  }

  #take(): void {
    const taker = pick(
      this.#nodes.filter(({ state }) => state === 'alive'),
      this.#random,
    );
    const index = Math.floor(this.#random() * this.#jobs.length);
    const [job] = this.#jobs.splice(index, 1);
    if (job === undefined || job.queue !== 'step') return;
    // The cast holds because the office makes the data of step jobs.
    const data = job.data as unknown as StepJob;
    const key = `${data.run}/${data.step}/${data.attempt}`;
    if (taker.inHand.has(key)) return;
    taker.inHand.add(key);
    const { id: node, office, systems, stop } = taker;
    const events = async (): Promise<never> => Promise.reject(new Error('no events here'));
    carryOut(data, { node, office, systems, events, signal: stop.signal, log: () => undefined })
      .catch((error: unknown) => this.#excuse(error, stop.signal, () => this.#jobs.push(job)))
      .finally(() => taker.inHand.delete(key));
  }

  /** What is thrown because the store was away or the node stops is no defect: the queue hands the job on. */
  #excuse(error: unknown, signal: AbortSignal, again: () => void): void {
    if (signal.aborted || error instanceof StoreUnreachable) again();
    else this.defects.push(error);
  }

  /** A node looks for due deadlines and dead peers, as each does all the time. */
  #sweep(): void {
    if (this.#busy >= 2) return;
    const looker = pick(
      this.#nodes.filter(({ state }) => state === 'alive'),
      this.#random,
    );
    this.#busy += 1;
    const hasInHand = ({ run, step, attempt }: StepJob): boolean =>
      looker.inHand.has(`${run}/${step}/${attempt}`);
    const log = (): void => undefined;
    const work =
      this.#random() < 0.5
        ? keepDeadlines(looker.office, log)
        : takeOver(this.#register(), looker.office, { node: looker.id, hasInHand }, log);
    const dies = new Promise<void>((resolve) =>
      looker.death.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    Promise.race([work, dies])
      .catch((error: unknown) => this.#excuse(error, never, () => undefined))
      .finally(() => (this.#busy -= 1));
  }

  #register(): Nodes {
    const gone = ({ id, state }: SimulatedNode): boolean =>
      state !== 'alive' && this.#listed.has(id);
    return {
      join: async () => Promise.reject(new Error('nodes of a simulation join by themselves')),
      dead: async () => this.#nodes.filter(gone).map(({ id }) => id),
      alive: async () => [...this.#listed],
      forget: async (node) => void this.#listed.delete(node),
    };
  }

  #journalOf(node: string): Journal {
    const { journal } = this;
    const away = (): Error => new StoreUnreachable('[store] Away for a moment.');
    const gated = <T>(ask: () => Promise<T>): Promise<T> => this.#gate(node, true, ask, away);
    return {
      append: (appends) => gated(() => journal.append(appends)),
      read: (stream, from) => gated(() => journal.read(stream, from)),
      list: (prefix, limit) => gated(() => journal.list(prefix, limit)),
      onAppended: () => () => undefined,
      due: () => gated(() => journal.due()),
      nextNumber: (series) => gated(() => journal.nextNumber(series)),
      now: () => gated(() => journal.now()),
    };
  }

  #connectorFor(node: string): AnyConnector {
    const away = (): Error => new ConnectorError('cannot-reach', '[simulated] Away for a moment.');
    const call = <T>(work: () => T): Promise<T> => this.#gate(node, true, work, away);
    const anything = {
      '~standard': { version: 1, vendor: 'simulation', validate: (value: unknown) => ({ value }) },
    } as const;
    return {
      name: 'simulated',
      summary: 'A system that chance answers for',
      options: anything,
      open: () => null,
      states: {
        value: {
          summary: 'Set or not',
          desired: anything,
          observe: async (_client, { name }: { name: string }) =>
            call((): Observation =>
              this.values.get(name) === true
                ? { type: 'holds', evidence: true }
                : { type: 'differs', evidence: false },
            ),
          apply: async (_client, { name }: { name: string }, { idempotencyKey: key, attempt }) =>
            call(() => {
              this.effects.push({ step: name, attempt, key, at: this.#now });
              this.values.set(name, true);
              return null;
            }),
        },
      },
    };
  }
}

function pick<T>(from: readonly T[], random: () => number): T {
  const picked = from[Math.floor(random() * from.length)];
  if (picked === undefined) throw new Error('Nothing to pick from.');
  return picked;
}

/** Mulberry32: small, seeded, good enough to shuffle a world (Tommy Ettinger, 2017, public domain). */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
