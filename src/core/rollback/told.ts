// The events of a run told in words, each with the mark of what it means.
import type { JournalEvent } from '../journal/event.ts';
import type { Mark, Said } from '../words/marks.ts';
import type { Manner } from '../words/phrases.ts';
import { because, nameOf, plain, say, unknownEvent } from '../words/phrases.ts';
import { broken, checksIn } from './looks.ts';
import type { AttemptResult, Outcome, RunEvent, Undoes } from './events.ts';
import { scopeText } from './scope.ts';
import type { StepState } from './state.ts';

/** What happened in a run: the step, the node, the person and the reason by name. */
export function tellRun({ body, actor }: JournalEvent<RunEvent>, { clock, nodeOf }: Manner): Said {
  const who = nameOf(actor);
  switch (body.type) {
    case 'RunStarted':
      return say(
        'working',
        `run ${body.run} begins: ${whatFor(body)} of ${body.plan} (${body.kind}${body.scope === undefined ? '' : `, ${scopeText(body.scope)}`}), because ${body.because}`,
      );
    case 'RunPaused':
      return say('attention', `${who} paused the run${because(body.because)}`);
    case 'RunResumed':
      return say('working', `${who} let the run go on`);
    case 'RunAbortRequested':
      return say('bad', `${who} asked to abort the run${because(body.because)}`);
    case 'RunEnded':
      return outcomeSaid(body.outcome, '', because(body.because));
    case 'StepDispatched':
      return say(
        'waiting',
        `${body.step} may begin${nth(body.attempt)}${(body.again ?? 0) > 0 ? ', laid out again because nobody took it' : ''}`,
      );
    case 'StepAttemptBegan':
      return say('working', `${nodeOf(body.node)} took ${body.step}${nth(body.attempt)}`);
    case 'StepObserved':
      return say(
        'working',
        body.change === undefined
          ? `${body.step} differs and must change`
          : `${body.step} must change${because(body.change)}`,
      );
    case 'StepApplied':
      return say('working', `${body.step} was applied; looking again`);
    case 'StepConfirmed':
      return confirmed(body, who);
    case 'StepAttemptFailed':
      return say(
        'bad',
        `${body.step}: attempt ${body.attempt} failed, ${plain(body.class)}${because(body.because)}`,
      );
    case 'StepAttemptLost':
      return say(
        'unknown',
        `${body.step}: ${nodeOf(body.node)} is gone in the middle of attempt ${body.attempt}; nobody knows how far it came`,
      );
    case 'StepRetryPlanned':
      return say(
        'attention',
        `${body.step} is tried again at ${clock(body.dueAt)}${nth(body.attempt)}`,
      );
    case 'StepBlocked':
      return say('bad', `${body.step} is blocked, ${plain(body.class)}${because(body.because)}`);
    case 'StepAsked':
      return say('attention', `${body.step} waits for a person`);
    case 'StepConsentWanted':
      return say(
        'attention',
        `${body.step} would destroy ${body.touches} in ${body.names}${because(body.change ?? '')}; a second person must type the name`,
      );
    case 'StepConsented':
      return say(
        'deviation',
        `${who} consents: ${body.step} may destroy up to ${body.touches} in ${body.names}`,
      );
    case 'StepOverdue':
      return say('bad', `${body.step} is overdue: its timebox is spent`);
    case 'StepCalled':
      return say(
        'attention',
        `${body.step}: ${calledWords(body.role, body.people)} ${body.people.length > 1 ? 'are' : 'is'} called`,
      );
    case 'StepAcknowledged':
      return say('working', `${who} is at ${body.step}`);
    case 'StepHandedOver':
      return say(
        'attention',
        `${body.step} goes to ${calledWords(body.to, body.people)}: ${body.from || 'its owner'} did not answer`,
      );
    case 'StepSkipped':
      return say(
        'deviation',
        `${body.step} skipped by ${who}${agreed(body)}${because(body.because)}`,
      );
    case 'StepSkipWanted':
      return say(
        'attention',
        `${who} wants to skip ${body.step}${because(body.because)}. It wants ${body.wanted === 1 ? '1 approval' : `${body.wanted} approvals`} by others until ${clock(body.until)}; else it is not skipped`,
      );
    case 'StepSkipApproved':
      return say('good', `${who} approved to skip ${body.step}${because(body.because)}`);
    case 'StepSkipWithdrawn':
      return say('attention', `${who} took back the approval to skip ${body.step}`);
    case 'StepSkipVoided':
      return say(
        'attention',
        body.why === 'withdrawn'
          ? `${who} no longer wants to skip ${body.step}`
          : `nobody approved in time to skip ${body.step}; it is not skipped`,
      );
    case 'StepOverruled':
      return say('deviation', `${who} overruled ${body.step}${because(body.because)}`);
    case 'RingLooked':
      return ringLooked(body);
    case 'StepRetried':
      return say('working', `${who} said to try ${body.step} again`);
    case 'StepLateResultRecorded':
      return say(
        'already',
        `${body.step}: attempt ${body.attempt} told its result too late to count: ${resultWords(body.result)}`,
      );
    case 'VerificationHeld':
      return say('good', `every check holds now${among(checksIn(body.evidence))}; it must last`);
    case 'VerificationBroken':
      return say(
        'bad',
        `${broken(body.evidence) || 'a check does not hold'}; the time begins anew`,
      );
    default:
      return unknownEvent(body);
  }
}

/** What a run does: `full`, or `undoes run 7 from route-back (full)`. */
export function whatFor({
  playbook,
  undoes,
}: {
  readonly playbook: string;
  readonly undoes?: Undoes;
}): string {
  if (undoes === undefined) return playbook;
  const from = undoes.from === undefined ? '' : ` from ${undoes.from} on`;
  return `undo of run ${undoes.run}${from} (${playbook})`;
}

/** `rolled back, verified`. */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome) {
    case 'rolled-back-verified':
      return 'rolled back, verified';
    case 'rolled-back-not-verified':
      return 'rolled back, not verified';
    case 'undone-verified':
      return 'undone, verified';
    case 'undone-not-verified':
      return 'undone, not verified';
    case 'aborted':
      return 'aborted';
  }
}

/** Did the run end where it should, proven by its checks? */
export function isVerified(outcome: Outcome): boolean {
  return outcome === 'rolled-back-verified' || outcome === 'undone-verified';
}

/** Only what was verified is good. */
export function outcomeMark(outcome: Outcome): Mark {
  return isVerified(outcome) ? 'good' : 'bad';
}

/** The outcome with its mark, and what stands before and after it. */
export function outcomeSaid(outcome: Outcome, before = '', after = ''): Said {
  return say(outcomeMark(outcome), `${before}${outcomeWords(outcome)}${after}`);
}

/** The mark of a step as it stands. */
export function markOfStep({ status, done }: StepState): Mark {
  switch (status) {
    case 'waiting':
    case 'dispatched':
      return 'waiting';
    case 'running':
      return 'working';
    case 'retrying':
    case 'asked':
      return 'attention';
    case 'blocked':
      return 'bad';
    case 'done':
      return done === 'already-so' ? 'already' : 'good';
    case 'skipped':
      return 'deviation';
  }
}

/** What a person wrote as evidence; empty when nobody wrote anything. */
export function saidIn(evidence: unknown): string {
  if (typeof evidence !== 'object' || evidence === null || !('said' in evidence)) return '';
  return typeof evidence.said === 'string' ? evidence.said : '';
}

function confirmed(body: RunEvent & { type: 'StepConfirmed' }, who: string): Said {
  switch (body.done) {
    case 'already-so':
      return say('already', `${body.step} is already so; nothing was changed`);
    case 'applied':
      return say('good', `${body.step} holds`);
    case 'passed':
      return say('good', `${body.step} passed${among(checksIn(body.evidence))}`);
    case 'by-hand':
      return say('good', `${body.step} done by hand, says ${who}${because(saidIn(body.evidence))}`);
  }
}

function ringLooked(body: RunEvent & { type: 'RingLooked' }): Said {
  switch (body.says) {
    case 'good':
      return say('good', `${body.step}: not worse than before; it must last`);
    case 'worse':
      return say('bad', `${body.step}: worse${because(body.because)}`);
    case 'unknown':
      return say('unknown', `${body.step}: nobody can say${because(body.because)}`);
  }
}

/** `technical (ben, ada)`; a person is only named once. */
export function calledWords(role: string, people: readonly string[]): string {
  if (people.length === 1 && people[0] === role) return role;
  return `${role} (${people.length === 0 ? 'held by nobody' : people.join(', ')})`;
}

function resultWords(result: AttemptResult): string {
  switch (result.type) {
    case 'holds':
      return 'it holds';
    case 'applied':
      return 'it was applied';
    case 'failed':
      return `failed, ${plain(result.class)}${because(result.because)}`;
  }
}

function among(checks: readonly string[]): string {
  return checks.length === 0 ? '' : ` (${checks.join(', ')})`;
}

/** The first attempt is what everybody expects. */
function nth(attempt: number): string {
  return attempt > 1 ? `, attempt ${attempt}` : '';
}

/** Whose word a skip stands on besides: `, as ada asked, approved by ben`. */
function agreed({ requester, approvedBy = [] }: RunEvent & { type: 'StepSkipped' }): string {
  return requester === undefined
    ? ''
    : `, as ${requester} asked, approved by ${approvedBy.join(' and ')}`;
}
