// The page of all events: what each means, and its fields as the source declares them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NoticeEvent } from '../../src/core/comms/events.ts';
import type { MigrationEvent } from '../../src/core/decision/migration/events.ts';
import type { EvidenceEvent } from '../../src/core/learning/events.ts';
import type { OperatorEvent } from '../../src/core/governance/operators/events.ts';
import type { RunEvent } from '../../src/core/rollback/events.ts';
import { root } from '../tool.ts';
import { code, table } from './table.ts';

const ofMigration = {
  PlanArmed:
    'From now on the plan is watched in this version: the whole snapshot, secrets as references.',
  PhaseEntered: 'The migration is in this phase: these triggers are judged, others rest.',
  SignalChanged: 'A signal came into another state for one rule of a trigger.',
  TriggerBreached: 'What the trigger waits for is there.',
  TriggerCleared: 'The breach is over, by the clear threshold.',
  TriggerBlinded: 'The trigger cannot see: no data, or its source is out.',
  TriggerSighted: 'The trigger sees again.',
  TriggerAdvised:
    'The trigger would have acted; its mode says to tell (advise) or to keep score (shadow).',
  DecisionWanted: 'People are asked, until then; what silence means stands beside it.',
  DecisionMade:
    'Roll back, hold or dismiss: who or what decided, why, on which evidence, and the run that was ordered.',
  ApprovalWanted:
    'A person wants a run that others must approve first: how many, until when; whoever asks never counts.',
  ApprovalGiven:
    'Somebody approved. With the last approval the decision is made and the run begins.',
  ApprovalWithdrawn: 'Somebody took their own approval back.',
  ApprovalVoided:
    'What was asked for is off: another plan was armed, its time is over, it was taken back, refused or replaced. Of a trigger’s question only the approvals are off.',
  ReviewOwed:
    'The glass was broken: the run began without its approvals, and somebody else reviews it until then.',
  ReviewGiven: 'Somebody else has reviewed it.',
  DecisionOvertaken: 'Another decision came before this question was answered.',
  HoldEnded: 'The time of a hold is over; what is still breached asks again.',
  RunFinished: 'The run that had the target has ended.',
} as const satisfies Record<MigrationEvent['type'], string>;

const ofRun = {
  RunStarted: 'A run begins, with its own copy of the step graph and the fingerprint of the plan.',
  RunPaused: 'No further step begins.',
  RunResumed: 'The run goes on; timeboxes of steps that nobody could be at begin anew.',
  RunAbortRequested: 'No further step begins; the run ends at the next safe point.',
  RunEnded: 'The end, with its outcome. Nothing changes a run after it.',
  StepDispatched:
    'The step may begin: a job lies ready for any node. `again` counts how often nobody took it.',
  StepAttemptBegan: 'A node has taken the attempt; results of older attempts no longer count.',
  StepObserved:
    'What was there before the first apply, kept so that it can be undone. The apply follows.',
  StepApplied: 'The connector applied the state and left a receipt.',
  StepConfirmed:
    'The step is done: already so, applied, by hand, or passed (a checkpoint or the verification).',
  StepAttemptFailed: 'The attempt failed, with the class of the error.',
  StepAttemptLost: 'The node that had the attempt is gone; nobody knows how far it came.',
  StepRetryPlanned: 'The step is tried again at that time.',
  StepBlocked: 'People must say how to go on: retry, skip, confirm by hand, or abort.',
  StepAsked: 'A person is asked to do the step by hand.',
  StepConsentWanted:
    'The step would destroy so many rows or things; a second person must type the name of what is destroyed.',
  StepConsented: 'A second person typed it: as many as were shown may be destroyed.',
  StepOverdue: 'The timebox of the step is spent.',
  StepCalled: 'A rung of the ladder is due: these people are called. Rungs count from 0.',
  StepAcknowledged:
    'A person said that they are at the step: nobody else is called for as long as its timebox.',
  StepHandedOver: 'The owner was silent: the contingency answers for the step from now on.',
  StepSkipped: 'Somebody left the step out: a deviation from the plan, with its reason.',
  StepSkipWanted:
    'Somebody wants to leave the step out, and others must approve that first: how many, until when.',
  StepSkipApproved: 'Somebody approved that the step is left out. With the last approval it is.',
  StepSkipWithdrawn: 'Somebody took their own approval back.',
  StepSkipVoided: 'Nobody is asked to approve it any more: it was taken back, or its time is over.',
  StepOverruled:
    'The owner let the run go on though what we go back to is not healthy, or a ring was worse.',
  RingLooked: 'What the looks after a ring say has changed: good, worse, or unknown.',
  StepRetried: 'Somebody ordered another try of a blocked step.',
  StepLateResultRecorded:
    'An attempt that no longer counts told its result. Recorded, never applied.',
  VerificationHeld: 'All checks hold, from now on.',
  VerificationBroken: 'A check no longer holds; the time begins anew.',
} as const satisfies Record<RunEvent['type'], string>;

const ofNotices = {
  NoticeSent: 'A notice was taken by its channel: surely, or maybe when the answer was lost.',
  NoticeFailed: 'A notice could not be delivered.',
} as const satisfies Record<NoticeEvent['type'], string>;

const ofEvidence = {
  ProofRecorded:
    'What `backout prove` found of one step: proven idempotent, not provable (and why), or broken (and what differed).',
} as const satisfies Record<EvidenceEvent['type'], string>;

const ofOperators = {
  OperatorAdded:
    'Somebody can prove their name by a token from now on; of the token only its mark is kept. `because` stands where it was done without a proof.',
  OperatorTokenReplaced: 'The operator has a new token; the one before it ended.',
  OperatorRevoked: 'No token of the operator counts any more.',
} as const satisfies Record<OperatorEvent['type'], string>;

/** The page without its title. */
export function eventsPage(): string {
  return [
    `Every event lies in a stream and has a place in it (\`seq\`, from 1), a time (\`at\`, epoch milliseconds by the store's clock, when it was decided),
an \`actor\` (a person, a trigger, a node, or Backout itself; a person's \`proof\` says how the name was proven, without it the name was claimed), a \`body\` with the fields below, and a \`hash\`: SHA-256 over the hash before it, stream,
place, time, actor and body. \`backout journal <stream> --json\` prints them. Events are only ever added to: a reader ignores types that it does not know.\n`,
    `## Stream \`migration-<plan>\`\n${eventsTable(ofMigration, 'src/core/decision/migration/events.ts', 'MigrationEvent')}`,
    `## Stream \`run-<number>\`\n${eventsTable(ofRun, 'src/core/rollback/events.ts', 'RunEvent')}`,
    `## Stream \`notices-<plan>\`\n${eventsTable(ofNotices, 'src/core/comms/events.ts', 'NoticeEvent')}`,
    `## Stream \`evidence-<plan>\`\n${eventsTable(ofEvidence, 'src/core/learning/events.ts', 'EvidenceEvent')}`,
    `## Stream \`operators\`\n${eventsTable(ofOperators, 'src/core/governance/operators/events.ts', 'OperatorEvent')}`,
  ].join('\n');
}

function eventsTable(
  meanings: { readonly [type: string]: string },
  file: string,
  union: string,
): string {
  const fields = fieldsOf(readFileSync(join(root, file), 'utf8'), union);
  const rows = Object.entries(meanings).map(([type, means]) => {
    const declared = fields.get(type);
    if (declared === undefined) throw new Error(`${file} declares no event ${type} in ${union}.`);
    return [code(type), means, declared.map(code).join(', ')];
  });
  return table(['event', 'means', 'fields'], rows);
}

/** The names of the fields of each member of a union of object types, as the source declares them. */
function fieldsOf(source: string, union: string): ReadonlyMap<string, readonly string[]> {
  const plain = source.replaceAll(/\/\*[\s\S]*?\*\//g, '');
  const start = plain.indexOf(`export type ${union} =`);
  const end = plain.indexOf(';\n\n', start);
  const declared = plain
    .slice(start, end < 0 ? undefined : end)
    .trimEnd()
    .replace(/;$/, '');
  const members = declared.matchAll(/\{\s*readonly type: '(\w+)';?([\s\S]*?)\}(?=\s*(?:\||$))/g);
  return new Map(
    [...members].map(([, type = '', rest = '']) => {
      const outer = rest.replaceAll(/\{[^{}]*\}/g, '');
      return [type, [...outer.matchAll(/readonly (\w+)\??:/g)].map(([, name = '']) => name)];
    }),
  );
}
