// What the doctor says of a plan's systems: does each let us in, and is it what the plan declares? No side effect anywhere.
import type { Identity } from '../../connector.ts';
import type { PlanSystem } from '../../core/plan/plan.ts';
import { secretReferences } from '../../core/plan/secrets.ts';
import { answerOf, callFor } from '../../engine/calls.ts';
import type { Systems } from '../../engine/systems.ts';
import { assertTarget } from '../../engine/target.ts';
import { troubleOf } from '../../engine/trouble.ts';
import type { Cli } from '../cli.ts';
import type { LoadedPlan } from '../plan-file.ts';
import type { Symptom } from './symptom.ts';

/** How long one system may take to answer. Milliseconds. */
const askMs = 10_000;

/** One line for each system, all asked at once. */
export async function* aboutSystems(cli: Cli, loaded: LoadedPlan): AsyncGenerator<Symptom> {
  const missing = secretReferences(loaded.plan).filter(
    (reference) => cli.platform.secret(reference) === undefined,
  );
  if (missing.length > 0) {
    yield {
      about: 'secrets',
      says: 'bad',
      text: `plan ${loaded.plan.name} needs ${missing.join(', ')}, not set here`,
      mend: 'set what is missing where backout runs',
    };
  }
  const systems = await cli.platform.systems();
  try {
    const asking = Object.keys(loaded.plan.systems).map((name) =>
      aboutSystem(cli, systems, loaded, name),
    );
    for (const answer of asking) yield await answer;
  } finally {
    await systems.close();
  }
}

async function aboutSystem(
  cli: Cli,
  systems: Systems,
  loaded: LoadedPlan,
  name: string,
): Promise<Symptom> {
  const call = callFor(askMs, cli.interrupt.signal);
  try {
    const system = await systems.open(loaded, name);
    const { connector, client, declared } = system;
    if (connector.probe === undefined)
      return { about: name, says: 'good', text: `${declared.uses} has nothing to ask beforehand` };
    const answer = await answerOf(call, connector.probe(client, call));
    if (answer.type === 'not-ready') {
      return {
        about: name,
        says: answer.class === 'cannot-reach' || answer.class === 'timed-out' ? 'unknown' : 'bad',
        text: systems.hide(answer.because),
      };
    }
    await answerOf(call, assertTarget(system, call));
    const identity = await connector.identify?.(client, call);
    return { about: name, ...aboutTarget(declared, identity) };
  } catch (error) {
    const trouble = troubleOf(error, call.signal);
    return {
      about: name,
      says: trouble.class === 'cannot-reach' || trouble.class === 'timed-out' ? 'unknown' : 'bad',
      text: systems.hide(trouble.because),
    };
  }
}

/** The target was asserted; this says by what. */
function aboutTarget(declared: PlanSystem, identity: Identity | undefined): Omit<Symptom, 'about'> {
  const letsIn = `${declared.uses} lets us in`;
  if (declared.environment === undefined) return { says: 'good', text: letsIn };
  if (identity?.environment === declared.environment)
    return { says: 'good', text: `${letsIn}; it says it is ${declared.environment}` };
  return {
    says: 'attention',
    text: `${letsIn}; nothing there says that it is ${declared.environment}, so nobody can assert it`,
  };
}
