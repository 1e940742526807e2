// The events of a migration under watch told in words, each with the mark of what it means.
import type { JournalEvent } from '../../journal/event.ts';
import { type Scope, isNarrowed, scopeText } from '../../rollback/scope.ts';
import { outcomeSaid } from '../../rollback/told.ts';
import type { Mark, Said } from '../../words/marks.ts';
import type { Manner } from '../../words/phrases.ts';
import { because, nameOf, plain, say, unknownEvent, withoutStop } from '../../words/phrases.ts';
import { evidenceWords, seenWords } from '../../words/values.ts';
import type { SignalStatus } from '../detectors/detector.ts';
import type { MigrationEvent } from './events.ts';
import { type KnownMigration, type RunRequest, standingOf } from './state.ts';

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
    case 'ApprovalWanted':
      return say(
        'attention',
        `${requestWords({ ...body, requester: who })}${because(body.because)}. Decision ${body.decision} wants ${approvals(body.wanted)} by others until ${clock(body.until)}; else it is not started`,
      );
    case 'ApprovalGiven':
      return say('good', `${who} approved decision ${body.decision}${because(body.because)}`);
    case 'ApprovalWithdrawn':
      return say('attention', `${who} took back the approval of decision ${body.decision}`);
    case 'ApprovalVoided':
      return say(
        'deviation',
        `decision ${body.decision} is approved no more (${plain(body.why)})${because(body.because)}`,
      );
    case 'ReviewOwed':
      return say(
        'bad',
        `${who} broke the glass: run ${body.run} begins without its approvals; somebody else reviews it until ${clock(body.until)}`,
      );
    case 'ReviewGiven':
      return say('good', `${who} reviewed run ${body.run}${because(body.because)}`);
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

/** What somebody wants and others must approve: `ada wants a live run of full (region=eu)`. */
export function requestWords({
  requester,
  kind,
  playbook,
  scope,
  undoes,
}: Pick<RunRequest, 'requester' | 'kind' | 'playbook' | 'scope' | 'undoes'>): string {
  const what =
    undoes === undefined
      ? `a ${kind} run of ${playbook}${scopeWords(scope)}`
      : `to undo run ${undoes.run}`;
  return `${requester} wants ${what}`;
}

/** How far the approvals are: `1 of 2 approvals, by ben`. */
export function approvedWords({
  approvedBy,
  wanted,
}: Pick<RunRequest, 'approvedBy' | 'wanted'>): string {
  const by = approvedBy.length === 0 ? '' : `, by ${approvedBy.join(' and ')}`;
  return `${approvedBy.length} of ${approvals(wanted)}${by}`;
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
  return say(marks[body.answer], `${made}${agreedWords(body)}${because(body.because)}`);
}

/** On whose word besides: `, asked by ada, approved by ben and chi`. */
function agreedWords({
  requester,
  approvedBy = [],
  envelope,
  glassBroken,
}: MigrationEvent & { type: 'DecisionMade' }): string {
  const asked = requester === undefined ? '' : `, asked by ${requester}`;
  const approved = approvedBy.length === 0 ? '' : `, approved by ${approvedBy.join(' and ')}`;
  const spared = envelope === undefined ? '' : `, ${envelope}`;
  return `${asked}${approved}${spared}${glassBroken === true ? ', without its approvals' : ''}`;
}

function approvals(wanted: number): string {
  return wanted === 1 ? '1 approval' : `${wanted} approvals`;
}

function scopeWords(scope: Scope | undefined): string {
  return isNarrowed(scope) ? ` (${scopeText(scope)})` : '';
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
