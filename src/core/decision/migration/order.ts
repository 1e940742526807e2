// The two ways on from a breach: a run is ordered, or people are asked.
import type { RunKind, Undoes } from '../../rollback/events.ts';
import { type Scope, isNarrowed, settledScope } from '../../rollback/scope.ts';
import type { Trigger } from '../trigger.ts';
import { actionOf } from '../trigger.ts';
import type { Evidence } from '../watch.ts';
import type { Draft } from './draft.ts';
import type { How } from './events.ts';
import { type KnownMigration, standingOf } from './state.ts';

/** Why a run is ordered: the trigger (null for a person's own order), its playbook, and what was seen. */
export interface Subject {
  readonly trigger: string | null;
  readonly playbook: string;
  readonly evidence: Evidence;
}

/** How a run came to be ordered. */
export interface Ordered {
  readonly how: How;
  readonly because: string;
  readonly newRun: number;
  readonly kind: RunKind;
  readonly scope?: Scope | undefined;
  /** The run that is undone; left out for a rollback. */
  readonly undoes?: Undoes;
  readonly agreed?: Agreed;
}

/** What a run was begun on besides the word of whoever ordered it. */
export interface Agreed {
  readonly requester?: string;
  readonly approvedBy?: readonly string[];
  readonly envelope?: string;
  readonly glassBroken?: boolean;
}

/** A live run leads back: triggers are judged and recorded, but nothing is ordered or asked beside it. */
function isGoingBack(migration: KnownMigration): boolean {
  const { activeRun, activeKind, activeUndoes } = migration;
  return activeRun !== null && activeKind === 'live' && activeUndoes?.leads !== 'forward';
}

/** Somebody said to hold, and that is not over. */
export function isHeld(draft: Draft, trigger: string): boolean {
  return (standingOf(draft.migration, trigger).heldUntil ?? 0) > draft.context.now;
}

/** Orders a run. Every question and every request that is open is overtaken by it. */
export function orderRun(
  draft: Draft,
  decision: number,
  subject: Subject,
  { how, because, newRun: run, kind, scope, undoes, agreed = {} }: Ordered,
  actor = draft.context.actor,
): void {
  draft.add(
    {
      type: 'DecisionMade',
      decision,
      answer: undoes === undefined ? 'roll-back' : 'undo',
      how,
      because,
      ...subject,
      run,
      kind,
      ...(isNarrowed(scope) ? { scope: settledScope(scope) } : {}),
      ...agreed,
      until: null,
      ...(undoes === undefined ? {} : { undoes }),
    },
    actor,
  );
  for (const open of [...draft.migration.questions, ...draft.migration.requests]) {
    draft.add({ type: 'DecisionOvertaken', decision: open.decision, by: decision });
  }
}

/** Asks the trigger's role, unless it is asked already, somebody said to hold, or a run is going back as it is. */
export function ask(draft: Draft, name: string, because: string): void {
  const { migration, context } = draft;
  const trigger = migration.triggers.find((each) => each.name === name);
  const open = migration.questions.some((question) => question.trigger === name);
  if (trigger === undefined || open || isHeld(draft, name) || isGoingBack(migration)) return;
  const { breach, evidence } = standingOf(migration, name);
  draft.add({
    type: 'DecisionWanted',
    decision: migration.decisions + 1,
    trigger: name,
    playbook: trigger.playbook,
    by: trigger.review.by,
    until: context.now + trigger.review.withinMs,
    // Blindness is never by itself a rollback: when nobody answers a question that no breach asked, it holds.
    silence: breach === null ? 'hold' : trigger.review.silence,
    because,
    evidence,
  });
}

/** Asks about every armed trigger that would still ask or act if it had been breached or blinded now. */
export function askAgain(
  draft: Draft,
  why: string,
  which: (name: string) => boolean = () => true,
): void {
  for (const trigger of draft.migration.triggers) {
    const still = which(trigger.name) ? stillOpen(draft, trigger) : null;
    if (still !== null) ask(draft, trigger.name, `${why}; ${still}`);
  }
}

/** What still speaks for going back; null when nothing does, or the trigger only ever tells. */
function stillOpen({ migration, context }: Draft, trigger: Trigger): string | null {
  if (!migration.armed.includes(trigger.name)) return null;
  const { breach, blind, cause } = standingOf(migration, trigger.name);
  if (breach !== null) {
    const acts = trigger.mode === 'automatic' || trigger.mode === 'review';
    return acts ? `trigger ${trigger.name} has not cleared` : null;
  }
  if (!blind) return null;
  const action = actionOf(trigger, { type: 'blind', cause: cause ?? 'no-data' }, null, context.now);
  return action === null ? null : `trigger ${trigger.name} is still blind`;
}
