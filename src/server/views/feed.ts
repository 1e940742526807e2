// The feed: every event of a run or a migration told in words, with the mark of what it means.
import type { MigrationEvent } from '../../core/decision/migration/events.ts';
import type { SignalStatus } from '../../core/decision/detectors/detector.ts';
import type { Actor, EventBody, JournalEvent } from '../../core/journal/event.ts';
import type { AttemptResult, Outcome, RunEvent } from '../../core/rollback/events.ts';
import type { NoticeEvent } from '../../engine/notices.ts';
import type { Mark, Said } from './marks.ts';
import { utcClock } from './times.ts';

/** One row of a feed. */
export interface FeedRow extends Said {
  readonly seq: number;
  readonly at: number;
}

/** Events as rows, newest first. */
export function feedOf(events: readonly JournalEvent[]): readonly FeedRow[] {
  return events.map((event) => ({ seq: event.seq, at: event.at, ...tell(event) })).toReversed();
}

type Known = RunEvent | MigrationEvent | NoticeEvent;

/** What happened, in words. An event of a newer Backout is told by its name. */
export function tell(event: JournalEvent): Said {
  // The cast holds for every event of this version; the default is for those of a newer one.
  return tellKnown(event.body as Known, nameOf(event.actor));
}

function tellKnown(body: Known, who: string): Said {
  switch (body.type) {
    case 'RunStarted':
      return says('working', `Run ${body.run} of playbook ${body.playbook} began: ${body.because}`);
    case 'RunPaused':
      return says('attention', `${who} paused the run${because(body.because)}`);
    case 'RunResumed':
      return says('working', `${who} let the run go on`);
    case 'RunAbortRequested':
      return says('bad', `${who} asked to abort the run${because(body.because)}`);
    case 'RunEnded':
      return {
        mark: outcomeMark(body.outcome),
        words: `The run ended: ${outcomeWords(body.outcome)}${because(body.because)}`,
      };
    case 'StepDispatched':
      return says(
        'waiting',
        `${body.step} may begin${nth(body.attempt)}${(body.again ?? 0) > 0 ? ', laid out again because nobody took it' : ''}`,
      );
    case 'StepAttemptBegan':
      return says('working', `${body.node} took ${body.step}${nth(body.attempt)}`);
    case 'StepObserved':
      return says('working', `${body.step}: looked, it differs${because(body.change)}; applying`);
    case 'StepApplied':
      return says('working', `${body.step}: applied; looking again`);
    case 'StepConfirmed':
      return confirmed(body, who);
    case 'StepAttemptFailed':
      return says(
        'bad',
        `${body.step}: attempt ${body.attempt} failed, ${plain(body.class)}: ${body.because}`,
      );
    case 'StepAttemptLost':
      return says(
        'unknown',
        `${body.step}: ${body.node} is gone; nobody knows how far attempt ${body.attempt} came`,
      );
    case 'StepRetryPlanned':
      return says('attention', `${body.step} is tried again at ${utcClock(body.dueAt)}`);
    case 'StepBlocked':
      return says('bad', `${body.step} is blocked, ${plain(body.class)}: ${body.because}`);
    case 'StepAsked':
      return says('attention', `${body.step} waits for people`);
    case 'StepOverdue':
      return says('bad', `${body.step} is overdue: its timebox is spent`);
    case 'StepSkipped':
      return says('deviation', `${who} skipped ${body.step}: ${body.because}`);
    case 'StepRetried':
      return says('working', `${who} said to try ${body.step} again`);
    case 'StepLateResultRecorded':
      return says(
        'already',
        `${body.step}: attempt ${body.attempt} told its result too late to count: ${resultWords(body.result)}`,
      );
    case 'VerificationHeld':
      return says('good', 'Every check of the verification holds now');
    case 'VerificationBroken':
      return says('bad', 'A check of the verification does not hold; the time begins anew');
    case 'PlanArmed':
      return says('good', `${who} made plan ${body.plan} known (${body.fingerprint.slice(0, 6)})`);
    case 'PhaseEntered':
      return says(
        'working',
        `${who} entered phase ${body.phase}; judged from now on: ${body.armed.join(', ') || 'nothing'}`,
      );
    case 'SignalChanged':
      return says(
        signalMark(body.to),
        `${body.signal} is ${body.to} (was ${body.from}) for trigger ${body.trigger}`,
      );
    case 'TriggerBreached':
      return says('bad', `Trigger ${body.trigger} is breached`);
    case 'TriggerCleared':
      return says('good', `Trigger ${body.trigger} cleared`);
    case 'TriggerBlinded':
      return says(
        'unknown',
        `Trigger ${body.trigger} is blind: ${body.cause === 'source-out' ? 'its source does not answer' : 'no data'}`,
      );
    case 'TriggerSighted':
      return says('good', `Trigger ${body.trigger} can see again`);
    case 'TriggerAdvised':
      return says(
        'attention',
        `Trigger ${body.trigger} would roll back; its mode is ${body.mode}, so it only says so`,
      );
    case 'DecisionWanted':
      return says(
        'attention',
        `Decision ${body.decision} wanted from ${body.by} by ${utcClock(body.until)}: ${body.because}. If nobody answers: ${plain(body.silence)}`,
      );
    case 'DecisionMade':
      return decided(body, who);
    case 'DecisionOvertaken':
      return says('already', `Decision ${body.decision} was overtaken by decision ${body.by}`);
    case 'HoldEnded':
      return says('attention', `The hold of trigger ${body.trigger} is over`);
    case 'RunFinished':
      return says(
        outcomeMark(body.outcome),
        `Run ${body.run} ended: ${outcomeWords(body.outcome)}`,
      );
    case 'NoticeSent':
      return says(
        'good',
        `Notice ${body.notice} went out through ${body.channel}${body.certainty === 'maybe' ? ', perhaps twice' : ''}`,
      );
    case 'NoticeFailed':
      return says(
        'bad',
        `Notice ${body.notice} did not go out through ${body.channel}: ${body.because}`,
      );
    default:
      return says('already', unknownEvent(body));
  }
}

/** `rolled back, verified`. */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome) {
    case 'rolled-back-verified':
      return 'rolled back, verified';
    case 'rolled-back-not-verified':
      return 'rolled back, not verified';
    case 'aborted':
      return 'aborted';
  }
}

/** Only what was verified is good. */
export function outcomeMark(outcome: Outcome): Mark {
  return outcome === 'rolled-back-verified' ? 'good' : 'bad';
}

/** The mark of a signal's state; blind is never green. */
export function signalMark(status: SignalStatus): Mark {
  switch (status) {
    case 'healthy':
      return 'good';
    case 'suspect':
    case 'clearing':
      return 'attention';
    case 'breached':
      return 'bad';
    case 'blind':
      return 'unknown';
  }
}

function confirmed(body: RunEvent & { type: 'StepConfirmed' }, who: string): Said {
  switch (body.done) {
    case 'already-so':
      return says('already', `${body.step} holds; nothing had to be changed`);
    case 'applied':
    case 'passed':
      return says('good', `${body.step} holds`);
    case 'by-hand':
      return says('good', `${who} confirmed ${body.step}${because(saidIn(body.evidence))}`);
  }
}

function decided(body: MigrationEvent & { type: 'DecisionMade' }, who: string): Said {
  const subject = `Decision ${body.decision}: ${plain(body.answer)}`;
  const by = body.how === 'silence' ? 'because nobody answered' : `by ${who}`;
  const then = body.run === null ? '' : `, run ${body.run} of playbook ${body.playbook}`;
  const mark: Mark =
    body.answer === 'roll-back' ? 'working' : body.answer === 'hold' ? 'attention' : 'deviation';
  return says(mark, `${subject}, ${by}${then}${because(body.because)}`);
}

function resultWords(result: AttemptResult): string {
  switch (result.type) {
    case 'holds':
      return 'it holds';
    case 'applied':
      return 'applied';
    case 'failed':
      return `failed, ${plain(result.class)}`;
  }
}

/** What a person wrote as evidence. */
export function saidIn(evidence: unknown): string {
  if (typeof evidence !== 'object' || evidence === null || !('said' in evidence)) return '';
  return typeof evidence.said === 'string' ? evidence.said : '';
}

/** `timed-out` is `timed out` to people. */
export function plain(code: string): string {
  return code.replaceAll('-', ' ');
}

function says(mark: Mark, words: string): Said {
  return { mark, words };
}

function because(text: string | undefined | null): string {
  return text === undefined || text === null || text.trim() === '' ? '' : `: ${text}`;
}

function nth(attempt: number): string {
  return attempt > 1 ? `, attempt ${attempt}` : '';
}

/** Who it was, as people say it. */
export function nameOf(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return actor.name;
    case 'trigger':
      return `trigger ${actor.name}`;
    case 'backout':
      return 'Backout';
  }
}

/** Reached only by events of a newer Backout: the `never` lets the compiler see that none of ours is forgotten. */
function unknownEvent(body: never): string {
  return (body as EventBody).type;
}
