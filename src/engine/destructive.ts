// What stands before a step that destroys: a system that says where it is, a count within the limit, and a second person's consent.
import { type Call, ConnectorError, type Observation } from '../connector.ts';
import { hasConsent } from '../core/rollback/consent.ts';
import type { Destructive } from '../core/rollback/graph.ts';
import { stepOf } from '../core/rollback/state.ts';
import { answerOf } from './calls.ts';
import { type AtWork, tell } from './hands.ts';
import type { OpenSystem } from './systems.ts';
import { textOf } from './trouble.ts';

/** What is observed to differ. */
type Differs = Observation & { readonly type: 'differs' };

/**
 * How many may be touched now; null when a second person is asked first. Throws when the step must not destroy at all:
 * where nobody can tell which environment this is, how much would be destroyed, or when it is more than the plan allows.
 */
export async function limitOf(
  destructive: Destructive,
  system: OpenSystem,
  seen: Differs,
  at: AtWork,
): Promise<number | null> {
  const { systems } = at.hands;
  await answerOf(at.call, assertEnvironment(system, at.call), systems.clock);
  const touches = countOf(destructive, system.name, seen);
  const step = stepOf(at.run, at.job.step);
  if (step !== undefined && hasConsent(step, touches))
    return Math.min(destructive.atMost, step.consent?.touches ?? touches);
  await tell(at, {
    type: 'ReportConsentWanted',
    step: at.job.step,
    attempt: at.job.attempt,
    touches,
    evidence: systems.hideJson(seen.evidence),
    ...(seen.change === undefined ? {} : { change: systems.hide(textOf(seen.change)) }),
  });
  return null;
}

/** Nothing is destroyed where the plan does not say which environment it is, or the system can't say so itself. */
async function assertEnvironment(
  { name, declared, connector, client }: OpenSystem,
  call: Call,
): Promise<void> {
  const refuse = (why: string): never => {
    throw new ConnectorError(
      'target-mismatch',
      `[${name}] Cannot destroy anything: ${why}. Nothing was touched.`,
    );
  };
  if (declared.environment === undefined)
    refuse(`the plan does not say which environment system ${name} is. Add environment: to it`);
  const identity = await connector.identify?.(client, call);
  if (identity?.environment === undefined)
    refuse(
      `system ${name} can't say which environment it is, so it can't be told from another one`,
    );
  if (identity?.environment !== declared.environment)
    refuse(
      `the plan declares environment ${declared.environment}, and the system says it is ${identity?.environment}`,
    );
}

function countOf({ names, atMost }: Destructive, system: string, { touches }: Differs): number {
  if (touches === undefined || !Number.isFinite(touches)) {
    throw new ConnectorError(
      'refused',
      `[${system}] Cannot destroy anything in ${names}: it can't be counted how much it would be. Let the step count it (sql/holds: count: "select count(*) …"). Nothing was touched.`,
    );
  }
  if (touches <= atMost) return touches;
  throw new ConnectorError(
    'refused',
    `[${system}] Cannot destroy ${touches} in ${names}: the plan allows ${atMost} at the most. Nothing was touched. Find out why there are more; only then raise at-most.`,
    { facts: { touches, atMost } },
  );
}
