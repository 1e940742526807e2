// One look at checks: do they hold now, on the real systems? Unknown is never a yes.
import {
  type AnyConnector,
  type AnyStateKind,
  type Call,
  ConnectorError,
  type Json,
  type Schema,
} from '../connector.ts';
import { lookAtCondition, signalsOf } from '../core/decision/compile.ts';
import type { SignalReading } from '../core/decision/sample.ts';
import type { PlanCheck } from '../core/plan/plan.ts';
import { answerOf } from './calls.ts';
import { known } from './observation.ts';
import { type Events, evidenceOf, readSignal } from './readings.ts';
import type { Snapshot, Systems } from './systems.ts';
import { assertTarget } from './target.ts';
import { troubleOf } from './trouble.ts';

/** What one look at a check found. */
export interface Look {
  readonly check: string;
  readonly says: 'holds' | 'fails' | 'unknown';
  readonly evidence: Json;
}

/** Looks at all of them side by side. */
export async function lookAtChecks(
  systems: Systems,
  events: Events,
  snapshot: Snapshot,
  checks: readonly string[],
  at: number,
  call: Call,
): Promise<readonly Look[]> {
  return Promise.all(checks.map((check) => lookAt(systems, events, snapshot, check, at, call)));
}

/** The looks as evidence, those that do not hold first. */
export function evidenceOfLooks(looks: readonly Look[]): Json {
  return looks
    .toSorted((a, b) => Number(a.says === 'holds') - Number(b.says === 'holds'))
    .map(({ check, says, evidence }) => ({ check, says, evidence }));
}

async function lookAt(
  systems: Systems,
  events: Events,
  snapshot: Snapshot,
  name: string,
  at: number,
  call: Call,
): Promise<Look> {
  const { plan } = snapshot;
  const check: PlanCheck | undefined = Object.hasOwn(plan.checks, name)
    ? plan.checks[name]
    : undefined;
  if (check === undefined) {
    // A signal named as a check is a probe: 1 passes.
    const reading = await readSignal(systems, events, snapshot, name, at, call);
    const says = reading.type !== 'number' ? 'unknown' : reading.value >= 1 ? 'holds' : 'fails';
    return { check: name, says, evidence: evidenceOf(reading) };
  }
  if (check.type === 'condition') {
    const names = [...new Set(signalsOf(check.holds))];
    const read = await Promise.all(
      names.map(async (signal): Promise<[string, SignalReading]> => [
        signal,
        await readSignal(systems, events, snapshot, signal, at, call),
      ]),
    );
    const truth = lookAtCondition(check.holds, Object.fromEntries(read));
    const says = truth === 'true' ? 'holds' : truth === 'false' ? 'fails' : 'unknown';
    return {
      check: name,
      says,
      evidence: Object.fromEntries(read.map(([signal, reading]) => [signal, evidenceOf(reading)])),
    };
  }
  const uses = `${check.uses.connector}/${check.uses.state}`;
  return { check: name, ...(await observe(systems, snapshot, uses, check.with, call)) };
}

async function observe(
  systems: Systems,
  snapshot: Snapshot,
  uses: string,
  input: { readonly [key: string]: Json },
  call: Call,
): Promise<Omit<Look, 'check'>> {
  try {
    const { system: name, ...rest } = input;
    const system = await systems.open(snapshot, typeof name === 'string' ? name : '');
    const kind = stateKind(systems, system.connector, uses);
    const desired = await systems.input(kind.desired as Schema<unknown>, rest, uses);
    // A check that holds somewhere else proves nothing here.
    await answerOf(call, assertTarget(system, call), systems.clock);
    const { type, evidence } = known(
      await answerOf(call, kind.observe(system.client, desired, call), systems.clock),
    );
    return { says: type === 'holds' ? 'holds' : 'fails', evidence: systems.hideJson(evidence) };
  } catch (error) {
    return { says: 'unknown', evidence: systems.hide(troubleOf(error, call.signal).because) };
  }
}

/** The kind of state, or a ConnectorError that says which ones there are. */
export function stateKind(systems: Systems, connector: AnyConnector, uses: string): AnyStateKind {
  const kind = systems.connectors.state(connector, uses);
  if (kind !== undefined) return kind;
  const names = Object.keys(connector.states ?? {}).map((state) => `${connector.name}/${state}`);
  const has = names.length === 0 ? 'has no states' : `has ${names.join(', ')}`;
  throw new ConnectorError(
    'refused',
    `[plan] ${uses} is no state of connector ${connector.name}, which ${has}.`,
  );
}
