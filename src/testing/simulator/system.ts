// The simulated system of a plan: values that steps set, a signal, an identity, and a temper of its own.
import {
  type AnyConnector,
  type ApplyCall,
  type Call,
  ConnectorError,
  type Identity,
  type Observation,
  type Reading,
} from '../../connector.ts';
import type { Chance } from './chance.ts';
import type { Machine } from './machine.ts';
import type { VirtualTime } from './time.ts';
import type { Wires } from './wires.ts';

/** What a caller is told of each call, when it leaves and when it is answered, so that it can be judged. */
export interface SystemEars {
  readonly applySent: (node: string, step: string, call: ApplyCall) => void;
  readonly applied: (node: string, step: string, call: ApplyCall) => void;
  readonly observed: (node: string, step: string, call: Call, holds: boolean | null) => void;
  readonly identified: (node: string, call: Call, environment: string) => void;
  readonly read: (node: string, signal: string, call: Call, value: number | null) => void;
}

/** What the system needs of its world. */
export interface SystemParts {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly wires: Wires;
  readonly ears: SystemEars;
}

/** How a call goes wrong. */
type Fault = 'cannot-reach' | 'refused' | 'not-allowed' | 'broken-after' | 'hangs' | 'deaf';

/** A connector hears the answer of a system that nobody can reach after so long. Milliseconds. */
const PATIENCE_MS = 30_000;

/** A system that hangs answers after so long. Milliseconds. */
const HANGS_MS = 70_000;

/** A deaf system answers after so long, whether anybody waits for it or not. Milliseconds. */
const DEAF_MS = { from: 3_000, to: 12_000 };

const anything = {
  '~standard': { version: 1, vendor: 'simulation', validate: (value: unknown) => ({ value }) },
} as const;

/** The system. */
export class SimulatedSystem {
  /** What the steps have set. */
  readonly values = new Map<string, boolean>();
  /** What it says that it is. */
  environment = 'production';
  /** Whether what the plan watches is really broken. */
  broken = false;
  /** Whether calls may go wrong now. */
  moody = false;
  readonly #parts: SystemParts;
  /** Until when a value that was set is not seen yet. */
  readonly #unseenUntil = new Map<string, number>();

  constructor(parts: SystemParts) {
    this.#parts = parts;
  }

  /** The connector that a node on this machine reaches it by. */
  connectorFor(node: string, machine: Machine): AnyConnector {
    const { ears } = this.#parts;
    return {
      name: 'simulated',
      summary: 'A system that chance answers for',
      options: anything,
      open: () => null,
      identify: async (_client, call): Promise<Identity> =>
        this.#ask(machine, call, () => {
          ears.identified(node, call, this.environment);
          return { environment: this.environment, evidence: null };
        }),
      signal: {
        summary: 'How broken it is',
        query: anything,
        read: async (_client, { of }: { of: string }, when, call) =>
          this.#read(node, machine, of, when.type === 'at' ? when.at : when.to, call),
      },
      states: {
        value: {
          summary: 'Set or not',
          desired: anything,
          observe: async (_client, { name }: { name: string }, call) =>
            this.#ask(machine, call, () => this.#observe(node, name, call)),
          apply: async (_client, { name }: { name: string }, call) => {
            ears.applySent(node, name, call);
            return this.#ask(machine, call, () => this.#apply(node, name, call));
          },
        },
      },
      channel: {
        summary: 'A mailbox',
        address: anything,
        send: async (_client, _address, _notice, call) =>
          this.#ask(machine, call, () => ({ type: 'sent', receipt: null }) as const),
      },
    };
  }

  #observe(node: string, step: string, call: Call): Observation {
    const { ears, chance, time } = this.#parts;
    if (this.moody && chance.happens(0.02)) {
      ears.observed(node, step, call, null);
      return { type: 'unknown', class: 'cannot-reach', because: '[simulated] Cannot see it now.' };
    }
    const set = this.values.get(step) === true && (this.#unseenUntil.get(step) ?? 0) <= time.now;
    ears.observed(node, step, call, set);
    return set ? { type: 'holds', evidence: { set } } : { type: 'differs', evidence: { set } };
  }

  #apply(node: string, step: string, call: ApplyCall): null {
    const { ears, chance, time } = this.#parts;
    ears.applied(node, step, call);
    this.values.set(step, true);
    if (this.moody && chance.happens(0.1))
      this.#unseenUntil.set(step, time.now + chance.between(1, 400));
    return null;
  }

  async #read(
    node: string,
    machine: Machine,
    signal: string,
    at: number,
    call: Call,
  ): Promise<readonly Reading[]> {
    const { ears, chance } = this.#parts;
    try {
      return await this.#ask(machine, call, (): readonly Reading[] => {
        if (this.moody && chance.happens(0.03)) {
          ears.read(node, signal, call, null);
          return [{ type: 'no-data', at, because: 'nothing there' }];
        }
        const value = this.broken ? 10 : 0;
        ears.read(node, signal, call, value);
        return [{ type: 'number', at, value }];
      });
    } catch (error) {
      const because = error instanceof Error ? error.message : 'no answer';
      return [{ type: 'error', at, class: 'cannot-reach', because }];
    }
  }

  /** A call over the wire, as well or as badly as chance has it. */
  #ask<T>(machine: Machine, call: Call, work: () => T): Promise<T> {
    const { chance, wires } = this.#parts;
    const fault = this.moody && chance.happens(0.05) ? pickFault(chance) : null;
    const question = {
      machine,
      peer: 'systems',
      away: () => new ConnectorError('cannot-reach', '[simulated] Away for a moment.'),
      patienceMs: PATIENCE_MS,
    } as const;
    switch (fault) {
      case null:
        return wires.ask({ ...question, work, signal: call.signal });
      case 'hangs':
        return wires.ask({ ...question, work, signal: call.signal, takesMs: HANGS_MS });
      case 'deaf':
        // It was done, and the one who asked hears of it long after he stopped waiting.
        return this.#answerLate(machine, wires.ask({ ...question, work }));
      case 'broken-after':
        return wires.ask({
          ...question,
          signal: call.signal,
          work: () => {
            work();
            throw new ConnectorError('cannot-reach', '[simulated] Broke off after it was done.');
          },
        });
      case 'cannot-reach':
      case 'refused':
      case 'not-allowed':
        return wires.ask({
          ...question,
          signal: call.signal,
          work: () => {
            throw new ConnectorError(fault, `[simulated] It says ${fault}.`);
          },
        });
    }
  }

  async #answerLate<T>(machine: Machine, asked: Promise<T>): Promise<T> {
    const answer = await asked;
    const { chance, time } = this.#parts;
    const ms = chance.between(DEAF_MS.from, DEAF_MS.to);
    await new Promise<void>((resolve) => time.after(ms, () => machine.do(resolve)));
    return answer;
  }
}

function pickFault(chance: Chance): Fault {
  const at = chance.next();
  if (at < 0.35) return 'cannot-reach';
  if (at < 0.45) return 'refused';
  if (at < 0.5) return 'not-allowed';
  if (at < 0.7) return 'broken-after';
  return at < 0.8 ? 'hangs' : 'deaf';
}
