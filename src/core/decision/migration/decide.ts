// What a migration under watch answers to a command: events, or a rejection that says who came first.
import { type Context, type Decided, accept, reject } from '../../journal/aggregate.ts';
import type { NewEvent } from '../../journal/event.ts';
import type { RunKind } from '../../rollback/events.ts';
import { actionOf } from '../trigger.ts';
import type { Change, Evidence } from '../watch.ts';
import type { MigrationCommand } from './commands.ts';
import type { How, MigrationEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { objectionOf } from './guards.ts';
import { type KnownMigration, type Migration, type Question, standingOf } from './state.ts';

type Body = MigrationEvent;

/** After a hold that names no time, or silence that holds, the question is asked again then. Milliseconds. */
export const HOLD_DEFAULT_MS = 10 * 60_000;

/** The migration's answer. */
export function decide(command: MigrationCommand, migration: Migration, context: Context): Decided<Body> {
  if (command.type === 'ArmPlan') return arm(command, migration, context);
  if (migration.type === 'none') {
    return reject('plan-not-armed', 'This plan is not watched yet: backout serve <plan> --phase <phase>.');
  }
  const draft = new Draft(migration, context);
  switch (command.type) {
    case 'EnterPhase':
      if (migration.phase !== command.phase || !sameNames(migration.armed, command.armed)) {
        draft.add({ type: 'PhaseEntered', phase: command.phase, armed: command.armed });
      }
      return draft.accepted();
    case 'RecordChanges':
      for (const change of command.changes) record(draft, change, command.newRun);
      return draft.accepted();
    case 'OrderRun':
      return order(draft, command);
    case 'Approve':
      return ofQuestion(draft, command.decision, (question) => {
        const because = command.because ?? question.because;
        return rollBack(draft, question, { how: 'person', because, newRun: command.newRun });
      });
    case 'Hold':
      return ofQuestion(draft, command.decision, (question) => {
        answer(draft, question, 'hold', 'person', command.because ?? 'held', context.now + command.forMs);
        return draft.accepted();
      });
    case 'Dismiss':
      if (command.because.trim() === '') return reject('reason-missing', 'Dismissing needs a reason (--because "…").');
      return ofQuestion(draft, command.decision, (question) => {
        answer(draft, question, 'dismiss', 'person', command.because, null);
        return draft.accepted();
      });
    case 'FinishRun':
      return finish(draft, command);
    case 'Tick':
      return tick(draft, command.newRun);
  }
}

/** When a question's time is up or a hold is over: epoch milliseconds. */
export function nextDeadline(migration: Migration): number | null {
  if (migration.type === 'none') return null;
  const times = [
    ...migration.questions.map((question) => question.until),
    ...Object.values(migration.standing).flatMap((standing) => standing.heldUntil ?? []),
  ];
  return times.length === 0 ? null : Math.min(...times);
}

/** Events as they are being decided, with the state that they lead to, so that each decision sees the one before. */
class Draft {
  migration: KnownMigration;
  readonly context: Context;
  readonly #events: NewEvent<Body>[] = [];

  constructor(migration: KnownMigration, context: Context) {
    this.migration = migration;
    this.context = context;
  }

  add(body: Body, actor = this.context.actor): void {
    this.#events.push({ actor, body });
    const next = evolve(this.migration, { actor, body, stream: '', seq: 0, at: this.context.now, hash: '' });
    if (next.type === 'migration') this.migration = next;
  }

  accepted(): Decided<Body> {
    return { type: 'accepted', events: this.#events };
  }
}

function arm(command: MigrationCommand & { type: 'ArmPlan' }, migration: Migration, context: Context): Decided<Body> {
  const unchanged =
    migration.type === 'migration' &&
    migration.fingerprint === command.fingerprint &&
    migration.directory === command.directory;
  return accept(context.actor, unchanged ? [] : [{ ...command, type: 'PlanArmed' }]);
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}

// ---- what the watch saw

function record(draft: Draft, change: Change, newRun: number): void {
  if (!draft.migration.armed.includes(change.trigger)) return;
  if (change.type === 'signal') {
    draft.add({ ...change, type: 'SignalChanged' });
    return;
  }
  const { trigger: name, verdict, evidence } = change;
  const trigger = draft.migration.triggers.find((each) => each.name === name);
  if (trigger === undefined) return;
  const standing = standingOf(draft.migration, name);
  switch (verdict.type) {
    case 'healthy':
    case 'suspect':
      if (standing.blind) draft.add({ type: 'TriggerSighted', trigger: name });
      if (standing.breach !== null) draft.add({ type: 'TriggerCleared', trigger: name, breach: standing.breach });
      return;
    case 'breached':
      if (standing.blind) draft.add({ type: 'TriggerSighted', trigger: name });
      if (standing.breach !== null) return;
      draft.add({ type: 'TriggerBreached', trigger: name, breach: draft.migration.breaches + 1, mode: trigger.mode, evidence });
      break;
    case 'blind':
      if (standing.blind) return;
      draft.add({ type: 'TriggerBlinded', trigger: name, cause: verdict.cause, evidence });
  }
  const action = actionOf(trigger, verdict, objectionOf(draft.migration, draft.context.now), draft.context.now);
  if (action === null) return;
  switch (action.type) {
    case 'roll-back':
      actByItself(draft, name, trigger.playbook, evidence, newRun);
      return;
    case 'ask':
      ask(draft, name, action.because, evidence);
      return;
    case 'advise':
    case 'note': {
      const mode = action.type === 'advise' ? 'advise' : 'shadow';
      draft.add({ type: 'TriggerAdvised', trigger: name, breach: draft.migration.breaches, mode });
    }
  }
}

function actByItself(draft: Draft, trigger: string, playbook: string, evidence: Evidence, newRun: number): void {
  // A run is under way: the breach stands in the record beside it, a second rollback would be overcorrection.
  if (draft.migration.activeRun !== null) return;
  const subject = { trigger, playbook, evidence };
  orderRun(draft, draft.migration.decisions + 1, subject, {
    how: 'automatic', because: `trigger ${trigger} is breached`, newRun, kind: 'live',
  }, { kind: 'trigger', name: trigger });
}

function ask(draft: Draft, name: string, because: string, evidence: Evidence): void {
  const { migration, context } = draft;
  const trigger = migration.triggers.find((each) => each.name === name);
  const open = migration.questions.some((question) => question.trigger === name);
  const { heldUntil, breach } = standingOf(migration, name);
  const held = (heldUntil ?? 0) > context.now;
  if (trigger === undefined || open || held || migration.activeRun !== null) return;
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

// ---- what people and time say

function ofQuestion(
  draft: Draft,
  decision: number | undefined,
  then: (question: Question) => Decided<Body>,
): Decided<Body> {
  const { questions, made, plan } = draft.migration;
  if (decision === undefined) {
    const [only, second] = questions;
    if (only !== undefined && second === undefined) return then(only);
    if (only === undefined) return reject('no-question', `Nothing waits for a decision in ${plan}.`);
    const numbers = questions.map((question) => `${question.decision} (${question.trigger})`).join(', ');
    return reject('which-question', `Several decisions wait: ${numbers}. Name one.`);
  }
  const question = questions.find((each) => each.decision === decision);
  if (question !== undefined) return then(question);
  const first = made.find((each) => each.decision === decision);
  if (first === undefined) return reject('no-such-question', `${plan} has no open decision ${decision}.`);
  return reject('decided-already', `Decision ${decision} was made by ${first.who} already: ${first.answer}.`);
}

function order(draft: Draft, command: MigrationCommand & { type: 'OrderRun' }): Decided<Body> {
  const { activeRun, plan } = draft.migration;
  if (activeRun !== null) {
    return reject('run-under-way', `Run ${activeRun} of ${plan} is under way; a target has one run at a time. Watch it: backout watch ${activeRun}.`);
  }
  const subject = { trigger: null, playbook: command.playbook, evidence: {} };
  const { because, newRun, kind } = command;
  orderRun(draft, draft.migration.decisions + 1, subject, { how: 'person', because, newRun, kind });
  return draft.accepted();
}

function rollBack(
  draft: Draft,
  question: Question,
  by: { readonly how: How; readonly because: string; readonly newRun: number },
): Decided<Body> {
  const { activeRun } = draft.migration;
  if (activeRun !== null) {
    draft.add({ type: 'DecisionOvertaken', decision: question.decision, by: draft.migration.decisions });
    return draft.accepted();
  }
  const cleared = standingOf(draft.migration, question.trigger).breach === null ? ' (cleared before the answer)' : '';
  orderRun(draft, question.decision, question, { ...by, because: by.because + cleared, kind: 'live' });
  return draft.accepted();
}

function orderRun(
  draft: Draft,
  decision: number,
  subject: { readonly trigger: string | null; readonly playbook: string; readonly evidence: Evidence },
  by: { readonly how: How; readonly because: string; readonly newRun: number; readonly kind: RunKind },
  actor = draft.context.actor,
): void {
  draft.add(
    {
      type: 'DecisionMade',
      decision,
      answer: 'roll-back',
      how: by.how,
      because: by.because,
      playbook: subject.playbook,
      trigger: subject.trigger,
      evidence: subject.evidence,
      run: by.newRun,
      kind: by.kind,
      until: null,
    },
    actor,
  );
  for (const open of draft.migration.questions) {
    draft.add({ type: 'DecisionOvertaken', decision: open.decision, by: decision });
  }
}

function answer(
  draft: Draft,
  question: Question,
  said: 'hold' | 'dismiss',
  how: How,
  because: string,
  until: number | null,
): void {
  draft.add({
    type: 'DecisionMade',
    decision: question.decision,
    answer: said,
    how,
    because,
    playbook: question.playbook,
    trigger: question.trigger,
    evidence: question.evidence,
    run: null,
    kind: 'live',
    until,
  });
}

function finish(draft: Draft, command: MigrationCommand & { type: 'FinishRun' }): Decided<Body> {
  if (draft.migration.activeRun !== command.run) return draft.accepted();
  draft.add({ type: 'RunFinished', run: command.run, outcome: command.outcome });
  if (command.outcome === 'rolled-back-verified') return draft.accepted();
  // An abnormal end never suppresses the way back: what is still breached asks again.
  for (const [name, standing] of Object.entries(draft.migration.standing)) {
    if (standing.breach === null) continue;
    ask(draft, name, `run ${command.run} ended ${command.outcome} and the trigger is still breached`, {});
  }
  return draft.accepted();
}

function tick(draft: Draft, newRun: number): Decided<Body> {
  const { now } = draft.context;
  for (const question of draft.migration.questions.filter((each) => each.until <= now)) {
    const open = draft.migration.questions.some((each) => each.decision === question.decision);
    if (!open) continue;
    const because = `nobody answered within the time; the plan says ${question.silence}`;
    if (question.silence === 'roll-back') rollBack(draft, question, { how: 'silence', because, newRun });
    else answer(draft, question, 'hold', 'silence', because, now + HOLD_DEFAULT_MS);
  }
  for (const [name, standing] of Object.entries(draft.migration.standing)) {
    if (standing.heldUntil === null || standing.heldUntil > now) continue;
    draft.add({ type: 'HoldEnded', trigger: name });
    if (standing.breach === null && !standing.blind) continue;
    ask(draft, name, 'the hold is over and the trigger has not cleared', {});
  }
  return draft.accepted();
}
