// Runs that others must approve first: asked for, approved, withdrawn, refused, voided, and reviewed where the glass was broken.
import { type Decided, reject } from '../../journal/aggregate.ts';
import {
  type Envelope,
  approvalRulesOf,
  envelopeFor,
  envelopeWords,
} from '../../governance/approvals.ts';
import { refusalOf } from '../../governance/enforce.ts';
import { samePerson } from '../../governance/same-person.ts';
import type { Undoes } from '../../rollback/events.ts';
import { type Scope, isNarrowed, scopeText, settledScope } from '../../rollback/scope.ts';
import { authorityIn, planIn } from './authority.ts';
import type { MigrationCommand } from './commands.ts';
import type { Draft } from './draft.ts';
import type { MigrationEvent, WhyVoided } from './events.ts';
import { type Agreed, orderRun } from './order.ts';
import type { KnownMigration, Question, RunRequest } from './state.ts';

type Said = Decided<MigrationEvent>;

/** A run that a person wants: a rollback, or the undo of one. */
type Order = MigrationCommand & { type: 'OrderRun' | 'OrderUndo' };

/** Orders the run, or asks for the approvals that it wants first. */
export function orderOrAsk(draft: Draft, command: Order): Said {
  const { migration, context } = draft;
  const requester = context.actor.name;
  const { wanted, envelope } = wantedOf(migration, command, requester, context.now);
  if (wanted === 0) {
    begin(draft, command, envelope === null ? {} : { envelope: envelopeWords(envelope) });
    return draft.accepted();
  }
  if (command.breakGlass === true) return breakGlass(draft, command);
  const { playbook, kind, because } = command;
  const own = migration.requests.filter((each) => samePerson(each.requester, requester));
  const same = own.find((each) => isSame(each, command));
  if (same !== undefined) {
    return reject(
      'approval-waits',
      `Decision ${same.decision} asks for this run already, and ${left(same)}. Somebody else approves it: backout approve ${migration.plan}/${same.decision}`,
    );
  }
  for (const each of own)
    voidRequest(draft, each.decision, 'replaced', 'the same person asked for another run');
  draft.add({
    type: 'ApprovalWanted',
    decision: draft.migration.decisions + 1,
    playbook,
    kind,
    because,
    ...what(command),
    fingerprint: migration.fingerprint,
    wanted,
    until: context.now + approvalRulesOf(planIn(migration)).withinMs,
  });
  return draft.accepted();
}

/** How many approvals a run wants, and the envelope that spares them. */
function wantedOf(
  migration: KnownMigration,
  {
    playbook,
    kind,
    undoes,
  }: { readonly playbook: string; readonly kind: Order['kind']; readonly undoes?: Undoes },
  requester: string | null,
  now: number,
): { readonly wanted: number; readonly envelope: Envelope | null } {
  const rules = approvalRulesOf(planIn(migration));
  const { loosened } = migration;
  // Nobody's own edit of the plan saves them the second pair of eyes.
  const own = loosened !== null && requester !== null && samePerson(loosened.by, requester);
  const run = own ? Math.max(rules.run, loosened.run) : rules.run;
  // A simulation touches nothing.
  if (run === 0 || kind === 'simulation') return { wanted: 0, envelope: null };
  // What was approved beforehand leads back; nobody approved the way forward again.
  const envelope =
    undoes === undefined ? envelopeFor(rules, { playbook, kind, requester, now }) : null;
  return { wanted: envelope === null ? run : 0, envelope };
}

function breakGlass(draft: Draft, command: Order): Said {
  const { actor, now } = draft.context;
  if (actor.proof === undefined)
    return reject(
      'proof-wanted',
      'Only an operator whose name is proven may break the glass: backout operator login. Without one, somebody else approves the run.',
    );
  const refused = refusalOf(authorityIn(draft.migration), actor, { type: 'break the glass' });
  if (refused !== null) return refused;
  begin(draft, command, { glassBroken: true });
  const { reviewWithinMs } = approvalRulesOf(planIn(draft.migration));
  draft.add({ type: 'ReviewOwed', run: command.newRun, until: now + reviewWithinMs });
  return draft.accepted();
}

function begin(draft: Draft, command: Order, agreed: Agreed): void {
  const { playbook, because, newRun, kind } = command;
  orderRun(
    draft,
    draft.migration.decisions + 1,
    { trigger: null, playbook, evidence: {} },
    { how: 'person', because, newRun, kind, ...what(command), agreed },
  );
}

/** Somebody approves a run that somebody else wants; with the last approval it begins. */
export function approveRun(
  draft: Draft,
  run: RunRequest,
  command: MigrationCommand & { type: 'Approve' },
): Said {
  const { actor } = draft.context;
  const refused =
    refusalOf(authorityIn(draft.migration), actor, {
      type: 'approve the run',
      not: [run.requester],
    }) ?? sameEyes(run.requester, actor.name, 'run');
  if (refused !== null) return refused;
  if (run.approvedBy.some((each) => samePerson(each, actor.name))) return draft.accepted();
  draft.add(given(run.decision, command.because));
  const approved = draft.migration.requests.find((each) => each.decision === run.decision);
  if (approved === undefined || approved.approvedBy.length < approved.wanted)
    return draft.accepted();
  const { decision, playbook, because, kind, requester, approvedBy } = approved;
  orderRun(
    draft,
    decision,
    { trigger: null, playbook, evidence: {} },
    {
      how: 'person',
      because,
      newRun: command.newRun,
      kind,
      ...what(approved),
      agreed: { requester, approvedBy },
    },
  );
  return draft.accepted();
}

/**
 * A question that a trigger asked: who answers it with yes has approved. Where the plan wants more approvals than one,
 * it stays open until they are there; its silence still does what the plan says. Null when that was the last one.
 */
export function approveQuestion(
  draft: Draft,
  question: Question,
  because: string | undefined,
): { readonly said: Said } | { readonly approvedBy: readonly string[] } {
  const { migration, context } = draft;
  const asked = { playbook: question.playbook, kind: 'live' } as const;
  const { wanted } = wantedOf(migration, asked, null, context.now);
  const before = question.approvedBy ?? [];
  const again = before.some((each) => samePerson(each, context.actor.name));
  const approvedBy = again ? before : [...before, context.actor.name];
  if (approvedBy.length >= Math.max(1, wanted)) return { approvedBy };
  if (!again) draft.add(given(question.decision, because));
  return { said: draft.accepted() };
}

/** Takes an approval back; whoever asked takes the whole request back. */
export function withdraw(draft: Draft, decision: number | undefined): Said {
  const { migration, context } = draft;
  const { name } = context.actor;
  const own = [...migration.requests, ...migration.questions].filter(
    (each) =>
      (decision === undefined || each.decision === decision) &&
      ((each.approvedBy ?? []).some((other) => samePerson(other, name)) ||
        ('requester' in each && samePerson(each.requester, name))),
  );
  const [only, second] = own;
  if (only === undefined || second !== undefined)
    return reject(
      'nothing-to-withdraw',
      only === undefined
        ? `${name} has neither asked for nor approved anything here that still waits.`
        : `Several decisions wait that ${name} asked for or approved: ${own.map((each) => each.decision).join(', ')}. Name one.`,
    );
  if ('requester' in only && samePerson(only.requester, name))
    voidRequest(draft, only.decision, 'withdrawn', 'whoever asked took it back');
  else draft.add({ type: 'ApprovalWithdrawn', decision: only.decision });
  return draft.accepted();
}

/** Somebody who could approve the run says no. */
export function refuse(draft: Draft, run: RunRequest, because: string): Said {
  if (because.trim() === '') return reject('reason-missing', 'A no needs a reason.');
  const { actor } = draft.context;
  const refused = refusalOf(authorityIn(draft.migration), actor, {
    type: 'approve the run',
    not: [],
  });
  if (refused !== null) return refused;
  voidRequest(draft, run.decision, 'refused', because);
  return draft.accepted();
}

/** Another version of the plan: what was asked for and approved was another run. */
export function voidAll(draft: Draft): void {
  const because = 'the plan was changed; what was approved is not what would be run';
  for (const { decision } of draft.migration.requests)
    voidRequest(draft, decision, 'plan-changed', because);
  for (const { decision, approvedBy = [] } of draft.migration.questions)
    if (approvedBy.length > 0) voidRequest(draft, decision, 'plan-changed', because);
}

/** What was not approved in time is not started. */
export function voidOverdue(draft: Draft): void {
  const { now } = draft.context;
  for (const each of draft.migration.requests)
    if (each.until <= now)
      voidRequest(draft, each.decision, 'overdue', `in time, ${left(each)}: it is not started`);
}

/** Somebody else has looked at what was done without approval. */
export function closeReview(
  draft: Draft,
  { run, because }: MigrationCommand & { type: 'CloseReview' },
): Said {
  const { migration, context } = draft;
  const owed = migration.reviews.find((each) => each.run === run);
  if (owed === undefined)
    return reject('no-such-review', `No review of run ${run} is owed in ${migration.plan}.`);
  const refused =
    refusalOf(authorityIn(migration), context.actor, {
      type: 'close the review',
      not: [owed.by],
    }) ?? sameEyes(owed.by, context.actor.name, 'review');
  if (refused !== null) return refused;
  if (because.trim() === '')
    return reject('reason-missing', 'A review says what it found (--because "…").');
  draft.add({ type: 'ReviewGiven', run, because });
  return draft.accepted();
}

/** `2 of 3 approvals are missing`. */
function left({ wanted, approvedBy }: RunRequest): string {
  const missing = wanted - approvedBy.length;
  return `${missing} of ${wanted} ${wanted === 1 ? 'approval is' : 'approvals are'} missing`;
}

function given(decision: number, because: string | undefined): MigrationEvent {
  return { type: 'ApprovalGiven', decision, ...(because === undefined ? {} : { because }) };
}

/** In force for claimed names as well: one name is one pair of eyes. */
function sameEyes(
  asked: string,
  second: string,
  what: 'run' | 'review',
): (Said & { type: 'rejected' }) | null {
  if (!samePerson(asked, second)) return null;
  const because =
    what === 'run'
      ? `${second} asked for this run; its approval must come from somebody else.`
      : `${second} broke the glass; the review must come from somebody else.`;
  return { type: 'rejected', code: 'four-eyes', because };
}

function voidRequest(draft: Draft, decision: number, why: WhyVoided, because: string): void {
  draft.add({ type: 'ApprovalVoided', decision, why, because });
}

/** What goes back, or what is undone: what else there is to an order beside its playbook and kind. */
function what(order: Order | RunRequest): {
  readonly scope?: Scope;
  readonly undoes?: Undoes;
} {
  const scope = 'scope' in order ? order.scope : undefined;
  const undoes = 'undoes' in order ? order.undoes : undefined;
  return {
    ...(isNarrowed(scope) ? { scope: settledScope(scope) } : {}),
    ...(undoes === undefined ? {} : { undoes }),
  };
}

function isSame(run: RunRequest, order: Order): boolean {
  const [had, has] = [what(run), what(order)];
  return (
    run.playbook === order.playbook &&
    run.kind === order.kind &&
    scopeText(had.scope) === scopeText(has.scope) &&
    had.undoes?.run === has.undoes?.run &&
    had.undoes?.from === has.undoes?.from
  );
}
