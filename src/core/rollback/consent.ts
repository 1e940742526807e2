// The consent to a step that destroys: a second person types the name of what is destroyed, and consents to what was shown.
import { samePerson } from '../governance/same-person.ts';
import { type Decided, reject } from '../journal/aggregate.ts';
import type { Actor } from '../journal/event.ts';
import type { RunCommand } from './commands.ts';
import type { RunEvent } from './events.ts';
import type { Destructive, GraphNode } from './graph.ts';
import type { BegunRun, StepState } from './state.ts';

type Yes = (...events: readonly RunEvent[]) => Decided<RunEvent>;

/** What a node destroys; undefined when it destroys nothing. */
export function destroyedBy({ work }: GraphNode): Destructive | undefined {
  return work.type === 'state' ? work.destructive : undefined;
}

/** A node saw what would be destroyed, and asks for consent to that much. */
export function consentWanted(
  { step, attempt, touches, change, evidence }: RunCommand & { type: 'ReportConsentWanted' },
  node: GraphNode,
): RunEvent {
  const names = destroyedBy(node)?.names ?? '';
  const shown = change === undefined ? {} : { change };
  return { type: 'StepConsentWanted', step, attempt, names, touches, ...shown, evidence };
}

/** May this many be destroyed by now? Consent is to what was shown, and void when it has grown. */
export function hasConsent({ consent }: StepState, touches: number): boolean {
  return consent !== null && consent.given && touches <= consent.touches;
}

/** Does the step wait for a second person? */
export function waitsForConsent({ status, consent }: StepState): boolean {
  return status === 'asked' && consent !== null && !consent.given;
}

/** The run's answer to a person who typed a name. */
export function decideConsent(
  { typed }: RunCommand & { type: 'ConsentStep' },
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  actor: Actor,
  yes: Yes,
): Decided<RunEvent> {
  const destroyed = destroyedBy(node);
  if (destroyed === undefined || step.consent === null || !waitsForConsent(step))
    return reject('consent-not-wanted', `Step ${node.id} waits for nobody's consent.`);
  if (run.status === 'aborting')
    return reject('run-aborting', `Run ${run.run} is being aborted; nothing more begins.`);
  if (run.orderedBy !== undefined && samePerson(run.orderedBy, actor.name)) {
    return reject(
      'second-person-wanted',
      `${run.orderedBy} ordered run ${run.run}; a second person types what step ${node.id} destroys.`,
    );
  }
  if (typed.trim() !== destroyed.names) {
    return reject(
      'consent-mismatch',
      `This is not the name of what step ${node.id} destroys. Type it exactly as the step shows it; nothing was touched.`,
    );
  }
  const { names } = destroyed;
  return yes(
    { type: 'StepConsented', step: node.id, names, touches: step.consent.touches },
    { type: 'StepDispatched', step: node.id, attempt: step.attempt + 1 },
  );
}
