// Reads one signal at one instant from its real system, as the core takes it: a number, no data, or an error.
import type { Call, Json, Reading, Schema } from '../connector.ts';
import type { SignalReading } from '../core/decision/sample.ts';
import { answerOf } from './calls.ts';
import type { Snapshot, Systems } from './systems.ts';
import { troubleOf, textOf } from './trouble.ts';

/** Where readings of event signals come from: what a system last told us. */
export type Events = (plan: string, signal: string, at: number) => Promise<SignalReading>;

/** One reading. Never throws: what goes wrong is a reading that says so. */
export async function readSignal(
  systems: Systems,
  events: Events,
  snapshot: Snapshot,
  name: string,
  at: number,
  call: Call,
): Promise<SignalReading> {
  const signal = Object.hasOwn(snapshot.plan.signals, name)
    ? snapshot.plan.signals[name]
    : undefined;
  if (signal === undefined)
    return { type: 'error', at, because: `there is no signal ${name} in the plan` };
  try {
    const system = await systems.open(snapshot, signal.from);
    const kind = system.connector.signal;
    if (kind === undefined) {
      return system.connector.events === undefined
        ? { type: 'error', at, because: `connector ${system.declared.uses} has no signals` }
        : await events(snapshot.plan.name, name, at);
    }
    const query = await systems.input(
      kind.query as Schema<unknown>,
      signal.query,
      `signal ${name}`,
    );
    const readings = await answerOf(
      call,
      kind.read(system.client, query, { type: 'at', at }, call),
      systems.clock,
    );
    return settle(systems, readings, at);
  } catch (error) {
    return { type: 'error', at, because: systems.hide(troubleOf(error, call.signal).because) };
  }
}

function settle(systems: Systems, readings: readonly Reading[], at: number): SignalReading {
  const reading = readings.at(-1);
  if (reading === undefined) return { type: 'no-data', at, because: 'the source answered nothing' };
  const when = Number.isFinite(reading.at) ? reading.at : at;
  switch (reading.type) {
    case 'number':
      return { type: 'number', at: when, value: reading.value };
    case 'event':
      return { type: 'number', at: when, value: 0 };
    case 'no-data':
    case 'error':
      return { type: reading.type, at: when, because: systems.hide(textOf(reading.because)) };
    // A connector may be plain JavaScript: what is no reading is no knowledge.
    default:
      return { type: 'error', at, because: 'the connector answered something that is no reading' };
  }
}

/** A reading as evidence. */
export function evidenceOf(reading: SignalReading): Json {
  return reading.type === 'number'
    ? { value: reading.value, at: reading.at }
    : { unknown: reading.type, because: reading.because };
}
