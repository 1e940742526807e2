// The inbox: what systems tell us by themselves becomes readings of event signals. Each event counts once.
import type { Delivered, Json, Received } from '../connector.ts';
import type { SignalReading } from '../core/decision/sample.ts';
import type { PlanSignal } from '../core/plan/plan.ts';
import { answerOf, callFor } from './calls.ts';
import type { Office } from './office.ts';
import type { WatchMemory } from './sampler.ts';
import { planOf } from './office.ts';
import type { Systems } from './systems.ts';

/** Which events were taken already: kept by the store, so that a replay after a restart is still a replay. */
export interface InboundRegister {
  readonly seen: (system: string, event: string) => Promise<boolean>;
  readonly mark: (system: string, event: string) => Promise<void>;
}

/** What a delivery led to: what the connector said of it, and how many events were new. */
export type Taken =
  | { readonly type: 'taken'; readonly fresh: number; readonly repeated: number }
  | {
      readonly type: 'rejected';
      readonly status: 400 | 401 | 404 | 409 | 413;
      readonly because: string;
    };

/** A connector may take so long to check what was delivered. Milliseconds. */
const RECEIVE_MS = 10_000;

/** The newest event of one signal, as it is remembered. */
// A type and not an interface, so that it is JSON to the compiler as well.
type Remembered = {
  readonly at: number;
  readonly id: string;
  /** 0 when the event says that something failed, 1 when it says that all is well. */
  readonly value: 0 | 1;
};

/** Takes events in and answers what a signal last heard. */
export class Inbox {
  readonly #office: Office;
  readonly #systems: Systems;
  readonly #memory: WatchMemory;
  readonly #register: InboundRegister;

  constructor(office: Office, systems: Systems, memory: WatchMemory, register: InboundRegister) {
    this.#office = office;
    this.#systems = systems;
    this.#memory = memory;
    this.#register = register;
  }

  /** A request that a system sent. It is answered only when its events are safe. */
  async take(planName: string, systemName: string, delivered: Delivered): Promise<Taken> {
    const { state } = await this.#office.migration(planName);
    if (state.type === 'none')
      return { type: 'rejected', status: 404, because: `Plan ${planName} is not watched here.` };
    const plan = planOf(state.snapshot);
    if (!Object.hasOwn(plan.systems, systemName))
      return {
        type: 'rejected',
        status: 404,
        because: `Plan ${planName} has no system ${systemName}.`,
      };
    const { fingerprint, directory } = state;
    const system = await this.#systems.open({ plan, fingerprint, directory }, systemName);
    const { events } = system.connector;
    if (events === undefined)
      return {
        type: 'rejected',
        status: 404,
        because: `System ${systemName} (${system.declared.uses}) takes no events.`,
      };
    const received = await answerOf(callFor(RECEIVE_MS), events.receive(system.client, delivered));
    if (received.type === 'rejected') return received;
    const signals = Object.entries(plan.signals).filter(([, signal]) => signal.from === systemName);
    return this.#remember(planName, systemName, signals, received);
  }

  /** What an event signal says now: failing while its newest event says so. No event yet means nothing failed yet. */
  async read(plan: string, signal: string, at: number): Promise<SignalReading> {
    const kept = await this.#memory.load(keyOf(plan, signal));
    // The cast holds because only `#remember` writes under such a key.
    const remembered = kept as unknown as Remembered | null;
    return { type: 'number', at, value: remembered?.value ?? 1 };
  }

  /** First the reading, then the mark: what was not marked is taken again, and taking it again changes nothing. */
  async #remember(
    plan: string,
    system: string,
    signals: readonly (readonly [string, PlanSignal])[],
    received: Received & { type: 'accepted' },
  ): Promise<Taken> {
    let fresh = 0;
    for (const event of received.events) {
      if (await this.#register.seen(`${plan}/${system}`, event.id)) continue;
      fresh += 1;
      for (const [name, signal] of signals) {
        const value = judge(signal, event.data);
        if (value === undefined) continue;
        // The cast holds because only this method writes under such a key.
        const older = (await this.#memory.load(keyOf(plan, name))) as unknown as Remembered | null;
        if (older !== null && older.at > event.at) continue;
        // The memory keeps the newer one, also when two nodes are told of two events at once.
        await this.#memory.save(
          keyOf(plan, name),
          { at: event.at, id: event.id, value } satisfies Remembered,
          event.at,
        );
      }
      await this.#register.mark(`${plan}/${system}`, event.id);
    }
    return { type: 'taken', fresh, repeated: received.events.length - fresh };
  }
}

function keyOf(plan: string, signal: string): string {
  return `event/${plan}/${signal}`;
}

/**
 * What an event means to a signal: `event:` names the kind (undefined when it is another's), `where:` says by JSON
 * pointers what a failure looks like; without `where:` every event of that kind is one.
 */
function judge(signal: PlanSignal, data: Json): 0 | 1 | undefined {
  const { event, where } = signal.query;
  const kind = at(data, '/event') ?? at(data, '/type');
  if (typeof event === 'string' && kind !== event) return undefined;
  if (where === null || typeof where !== 'object' || Array.isArray(where)) return 0;
  const fails = Object.entries(where).every(([pointer, wanted]) => at(data, pointer) === wanted);
  return fails ? 0 : 1;
}

/** The value at a JSON pointer (RFC 6901); undefined where there is none. */
function at(data: Json, pointer: string): Json | undefined {
  let value: Json | undefined = data;
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, key)) return undefined;
    value = (value as { readonly [key: string]: Json })[key];
  }
  return value;
}
