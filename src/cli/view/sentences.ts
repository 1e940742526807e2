// Each event of the journal as one sentence: what a pipe, a log and `backout journal` show.
import type { JournalEvent } from '../../core/journal/event.ts';
import type { MigrationEvent } from '../../core/decision/migration/events.ts';
import type { RunEvent } from '../../core/rollback/events.ts';
import { outcomeWords } from './end.ts';
import type { Mark } from './marks.ts';
import { timeOf } from './time.ts';

/** A sentence and the mark before it. */
export interface Sentence {
  readonly mark: Mark;
  readonly text: string;
}

/** The event in words. An event that this version does not know is named by its type. */
export function sentenceOf(event: JournalEvent): Sentence {
  // The cast holds for every event that this version writes; all others fall through to their name.
  const body = event.body as RunEvent | MigrationEvent | NoticeBody;
  const who = event.actor.name;
  switch (body.type) {
    case 'RunStarted':
      return say(
        'at-work',
        `run ${body.run} begins: ${body.playbook} of ${body.plan} (${body.kind}), because ${body.because}`,
      );
    case 'RunPaused':
      return say('attention', `paused by ${who}${reason(body.because)}`);
    case 'RunResumed':
      return say('at-work', `resumed by ${who}`);
    case 'RunAbortRequested':
      return say('attention', `${who} aborts the run${reason(body.because)}`);
    case 'RunEnded':
      return say(
        body.outcome === 'rolled-back-verified' ? 'good' : 'bad',
        `${outcomeWords[body.outcome]}${reason(body.because)}`,
      );
    case 'StepDispatched':
      return say(
        'waiting',
        `${body.step} may begin${body.attempt > 1 ? ` (try ${body.attempt})` : ''}${(body.again ?? 0) > 0 ? ', again: nobody took it' : ''}`,
      );
    case 'StepAttemptBegan':
      return say(
        'at-work',
        `${body.step} begins${body.attempt > 1 ? ` (try ${body.attempt})` : ''} on ${body.node}`,
      );
    case 'StepObserved':
      return say('change', `${body.step} must change: ${body.change ?? 'it differs'}`);
    case 'StepApplied':
      return say('at-work', `${body.step} applied`);
    case 'StepConfirmed':
      return confirmed(body, who);
    case 'StepAttemptFailed':
      return say('bad', `${body.step} failed (${body.class}): ${body.because}`);
    case 'StepAttemptLost':
      return say('attention', `${body.step} was in the hands of ${body.node}, which is gone`);
    case 'StepRetryPlanned':
      return say('attention', `${body.step} is tried again at ${timeOf(body.dueAt)}`);
    case 'StepBlocked':
      return say('bad', `${body.step} is blocked (${body.class}): ${body.because}`);
    case 'StepAsked':
      return say('attention', `${body.step} waits for a person`);
    case 'StepOverdue':
      return say('bad', `${body.step} is overdue`);
    case 'StepSkipped':
      return say('deviation', `${body.step} skipped by ${who}${reason(body.because)}`);
    case 'StepRetried':
      return say('at-work', `${body.step} is tried again, by ${who}`);
    case 'StepLateResultRecorded':
      return say(
        'attention',
        `${body.step}: a result of try ${body.attempt} came too late to count (${body.result.type})`,
      );
    case 'VerificationHeld':
      return say('good', 'the verification holds');
    case 'VerificationBroken':
      return say('attention', 'the verification no longer holds');
    case 'PlanArmed':
      return say('at-work', `plan ${body.plan} ${body.fingerprint.slice(0, 6)} armed by ${who}`);
    case 'PhaseEntered':
      return say(
        'at-work',
        `phase ${body.phase}: ${body.armed.length === 0 ? 'no trigger is armed' : `armed ${body.armed.join(', ')}`}`,
      );
    case 'SignalChanged':
      return say(
        body.to === 'healthy' ? 'good' : body.to === 'blind' ? 'unknown' : 'attention',
        `signal ${body.signal} of ${body.trigger}: ${body.from} -> ${body.to}`,
      );
    case 'TriggerBreached':
      return say('bad', `trigger ${body.trigger} is breached (${body.mode})`);
    case 'TriggerCleared':
      return say('good', `trigger ${body.trigger} is clear again`);
    case 'TriggerBlinded':
      return say('unknown', `trigger ${body.trigger} is blind (${body.cause})`);
    case 'TriggerSighted':
      return say('good', `trigger ${body.trigger} sees again`);
    case 'TriggerAdvised':
      return say(
        'attention',
        `trigger ${body.trigger} would roll back; it is in mode ${body.mode}`,
      );
    case 'DecisionWanted':
      return say(
        'attention',
        `decision ${body.decision} wanted from ${body.by} until ${timeOf(body.until)}: ${body.playbook}, because ${body.because}. If nobody answers: ${body.silence}`,
      );
    case 'DecisionMade':
      return decided(body, who);
    case 'DecisionOvertaken':
      return say('already', `decision ${body.decision} is settled by decision ${body.by}`);
    case 'HoldEnded':
      return say('attention', `the hold of ${body.trigger} is over`);
    case 'RunFinished':
      return say(
        body.outcome === 'rolled-back-verified' ? 'good' : 'bad',
        `run ${body.run}: ${outcomeWords[body.outcome]}`,
      );
    case 'NoticeSent':
      return say(
        'good',
        `notice ${body.notice} sent by ${body.channel}${body.certainty === 'maybe' ? ' (perhaps)' : ''}`,
      );
    case 'NoticeFailed':
      return say('bad', `notice ${body.notice} by ${body.channel} failed: ${body.because}`);
    default:
      return unknown(body);
  }
}

type NoticeBody =
  | {
      readonly type: 'NoticeSent';
      readonly notice: string;
      readonly channel: string;
      readonly certainty: string;
    }
  | {
      readonly type: 'NoticeFailed';
      readonly notice: string;
      readonly channel: string;
      readonly because: string;
    };

/** Reached only by events of a newer Backout: the `never` lets the compiler see that none of ours is forgotten. */
function unknown(body: never): Sentence {
  return say('unknown', (body as { readonly type: string }).type);
}

function confirmed(body: RunEvent & { type: 'StepConfirmed' }, who: string): Sentence {
  switch (body.done) {
    case 'already-so':
      return say('already', `${body.step} is already so`);
    case 'applied':
    case 'passed':
      return say('good', `${body.step} holds`);
    case 'by-hand':
      return say('good', `${body.step} done by hand, says ${who}`);
  }
}

const hows = { automatic: 'by itself', person: '', silence: 'nobody answered' } as const;

function decided(body: MigrationEvent & { type: 'DecisionMade' }, who: string): Sentence {
  const by = body.how === 'person' ? who : hows[body.how];
  switch (body.answer) {
    case 'roll-back':
      return say(
        'at-work',
        `decision ${body.decision}: roll back with ${body.playbook} (${by})${reason(body.because)}; run ${body.run ?? '?'}`,
      );
    case 'hold':
      return say(
        'attention',
        `decision ${body.decision}: hold${body.until === null ? '' : ` until ${timeOf(body.until)}`} (${by})${reason(body.because)}`,
      );
    case 'dismiss':
      return say(
        'deviation',
        `decision ${body.decision}: dismissed (${by})${reason(body.because)}`,
      );
  }
}

function say(mark: Mark, text: string): Sentence {
  return { mark, text };
}

function reason(because: string): string {
  return because === '' ? '' : `: ${because}`;
}
