// The events of a migration under watch told in words, each with the mark of what it means.
import type { JournalEvent } from '../../journal/event.ts';
import { outcomeSaid } from '../../rollback/told.ts';
import type { Mark, Said } from '../../words/marks.ts';
import type { Manner } from '../../words/phrases.ts';
import { because, nameOf, say, unknownEvent, withoutStop } from '../../words/phrases.ts';
import { evidenceWords, seenWords } from '../../words/values.ts';
import type { SignalStatus } from '../detectors/detector.ts';
import type { MigrationEvent } from './events.ts';
import { type KnownMigration, standingOf } from './state.ts';

/** What happened to a migration: the trigger, the value and its limit, who is asked and what silence means. */
export function tellMigration(
  { body, actor }: JournalEvent<MigrationEvent>,
  { clock }: Manner,
): Said {
  const who = nameOf(actor);
  switch (body.type) {
    case 'PlanArmed':
      return say(
        'good',
        `${who} put plan ${body.plan} under watch (${body.fingerprint.slice(0, 6)})`,
      );
    case 'PhaseEntered':
      return say(
        'working',
        `${who} entered phase ${body.phase}; judged from now on: ${body.armed.join(', ') || 'nothing'}`,
      );
    case 'SignalChanged':
      return say(
        signalMark(body.to),
        `${body.signal} is ${body.to} for trigger ${body.trigger} (was ${body.from}): ${seenWords(body.evidence)}`,
      );
    case 'TriggerBreached':
      return say(
        'bad',
        `trigger ${body.trigger} is breached (${body.mode})${because(evidenceWords(body.evidence))}`,
      );
    case 'TriggerCleared':
      return say('good', `trigger ${body.trigger} has cleared`);
    case 'TriggerBlinded':
      return say(
        'unknown',
        `trigger ${body.trigger} is blind, ${causes[body.cause]}${because(evidenceWords(body.evidence))}`,
      );
    case 'TriggerSighted':
      return say('good', `trigger ${body.trigger} sees again`);
    case 'TriggerAdvised':
      return say(
        'attention',
        `trigger ${body.trigger} would roll back; its mode is ${body.mode}, so it only says so`,
      );
    case 'DecisionWanted':
      return say(
        'attention',
        `decision ${body.decision} wanted from ${body.by} until ${clock(body.until)}: ${withoutStop(body.because)}. If nobody answers: ${silenceWords(body.silence, body.playbook)}`,
      );
    case 'DecisionMade':
      return decided(body, who, clock);
    case 'DecisionOvertaken':
      return say('already', `decision ${body.decision} was overtaken by decision ${body.by}`);
    case 'HoldEnded':
      return say('attention', `the hold of trigger ${body.trigger} is over`);
    case 'RunFinished':
      return outcomeSaid(
        body.outcome,
        `run ${body.run}: `,
        body.askAgainAt === undefined
          ? ''
          : `; what is still breached or blind asks again at ${clock(body.askAgainAt)}`,
      );
    default:
      return unknownEvent(body);
  }
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

/** How a trigger stands, in a word. */
export function triggerSaid(migration: KnownMigration, name: string): Said {
  const { blind, breach } = standingOf(migration, name);
  if (breach !== null) return say('bad', `${name} is breached${blind ? ', and blind now' : ''}`);
  if (blind) return say('unknown', `${name} is blind`);
  return say('good', `${name} is not breached`);
}

/** What happens when nobody answers: `roll back (full)`. */
export function silenceWords(silence: 'roll-back' | 'hold', playbook: string): string {
  return silence === 'roll-back' ? `roll back (${playbook})` : 'hold';
}

const causes = {
  'no-data': 'there is no data',
  'source-out': 'its source does not answer',
} as const;

function decided(
  body: MigrationEvent & { type: 'DecisionMade' },
  who: string,
  clock: Manner['clock'],
): Said {
  const made = `decision ${body.decision}: ${answerWords(body, clock)}, ${byWhom(body, who)}`;
  const marks = {
    'roll-back': 'working',
    undo: 'working',
    hold: 'attention',
    dismiss: 'deviation',
  } as const;
  return say(marks[body.answer], `${made}${because(body.because)}`);
}

function answerWords(
  { answer, playbook, run, until, undoes }: MigrationEvent & { type: 'DecisionMade' },
  clock: Manner['clock'],
): string {
  switch (answer) {
    case 'undo': {
      const from = undoes?.from === undefined ? '' : ` from ${undoes.from} on`;
      return `undo run ${undoes?.run ?? ''}${from}${run === null ? '' : `, as run ${run}`}`;
    }
    case 'roll-back':
      return `roll back with ${playbook}${run === null ? '' : `, run ${run}`}`;
    case 'hold':
      return until === null ? 'hold' : `hold until ${clock(until)}`;
    case 'dismiss':
      return 'dismissed';
  }
}

function byWhom({ how }: MigrationEvent & { type: 'DecisionMade' }, who: string): string {
  switch (how) {
    case 'person':
      return `by ${who}`;
    case 'automatic':
      return `by ${who} itself`;
    case 'silence':
      // Its reason says that nobody answered in time.
      return 'by the plan';
  }
}
