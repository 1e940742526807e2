// From the scope that is wanted to the one that goes back: what must go back too, which steps are left out, and why not at all.
import type { Decided } from '../journal/aggregate.ts';
import { didYouMean } from '../plan/nearest.ts';
import type { Named, Plan, PlanEntry, PlanFor, PlanPlaybook, PlanScopePart } from '../plan/plan.ts';
import { type Scope, type ScopeKind, fullScope, scopeKinds, settledScope } from './scope.ts';

/** One name that goes back, and why: because it was asked for, or because it depends on what goes back. */
export interface ScopePart {
  readonly kind: ScopeKind;
  readonly name: string;
  /** The name whose going back takes this one along; null for what was asked for. */
  readonly dependsOn: string | null;
  /** Whether a step of the playbook is for it by name. */
  readonly hasSteps: boolean;
}

/** An entry that the scope leaves out. */
export interface LeftOut {
  readonly step: string;
  readonly because: string;
}

/** What a wanted scope comes to. */
export type Scoping =
  | {
      readonly type: 'scoped';
      readonly scope: Scope;
      readonly parts: readonly ScopePart[];
      readonly leftOut: readonly LeftOut[];
    }
  | (Decided<never> & { readonly type: 'rejected' });

/**
 * What goes back when this is wanted. Going back takes along whatever *depends on* what goes back, and that transitively:
 * what stays would otherwise work with something that is no longer there. It does not take along what goes back *depends
 * on*: on the way forward that migrated first, so the old of the one has already worked with the new of the other.
 */
export function resolveScope(plan: Plan, playbookName: string, wanted: Scope = fullScope): Scoping {
  const playbook = Object.hasOwn(plan.playbooks, playbookName)
    ? plan.playbooks[playbookName]
    : undefined;
  if (playbook === undefined) return no('no-such-playbook', noPlaybook(plan, playbookName));
  const unknown = unknownIn(plan, wanted);
  if (unknown !== undefined) return no('no-such-scope', unknown);
  const own = playbook.scope === 'full' ? fullScope : playbook.scope;
  const beyond = beyondOf(playbookName, own, wanted);
  if (beyond !== undefined) return no('scope-beyond-playbook', beyond);
  const asked = settledScope({ ...own, ...withoutGaps(wanted) });
  const scope = closureOf(plan, asked);
  const idle = idleIn(playbookName, playbook, withoutGaps(wanted), scope);
  if (idle !== undefined) return no('scope-does-nothing', idle);
  const lost = lostNeed(playbook, scope);
  if (lost !== undefined) return no('scope-breaks-needs', lost);
  const steps = stepsOf(plan, playbook, scope);
  if (steps > STEPS_MAX) return no('scope-too-large', tooLarge(playbookName, steps));
  return {
    type: 'scoped',
    scope,
    parts: partsOf(plan, playbook, asked, scope),
    leftOut: leftOutOf(playbook, scope),
  };
}

/** The steps that one run may have: a graph of more is no longer quick to decide about, nor anything that people can follow. */
export const STEPS_MAX = 1_000;

/** How many steps a run of this scope has, with what stands around its rings. */
export function stepsOf(plan: Plan, playbook: PlanPlaybook, scope: Scope): number {
  return playbook.stages.reduce((sum, stage) => {
    const rings = playbook.rings?.[stage.name]?.shares.length;
    const steps = stage.entries
      .filter((entry) => isInScope(entry.for, scope))
      .reduce((all, { for: of }) => all + timesOf(plan, of, scope), 0);
    return sum + (rings === undefined ? steps : rings * (steps + 2));
  }, 0);
}

/** How many steps an entry makes: one for each name of the kinds of which it wants one each. */
function timesOf(plan: Plan, of: PlanFor | undefined, scope: Scope): number {
  return scopeKinds
    .filter((kind) => of?.[kind] === 'each')
    .reduce((times, kind) => times * eachName(plan, kind, scope).length, 1);
}

/** The names of a kind that a scope takes in. */
export function eachName(plan: Plan, kind: ScopeKind, scope: Scope): readonly string[] {
  return scope[kind] ?? Object.keys(partsNamed(plan, kind));
}

/** The scope with everything that depends on it. Taking the closure of a closure adds nothing. */
export function closureOf(plan: Plan, scope: Scope): Scope {
  return settledScope(
    Object.fromEntries(
      scopeKinds.map((kind) => {
        const taken = new Set(scope[kind]);
        const parts = Object.entries(partsNamed(plan, kind));
        for (let before = -1; before < taken.size && taken.size > 0;) {
          before = taken.size;
          for (const [name, part] of parts)
            if (part['depends-on'].some((other) => taken.has(other))) taken.add(name);
        }
        return [kind, [...taken]];
      }),
    ),
  );
}

/** Whether an entry that is for this belongs to a run of this scope: of each kind that both speak of, they share a name. */
export function isInScope(of: PlanFor | undefined, scope: Scope): boolean {
  return scopeKinds.every((kind) => {
    const [own, wanted] = [of?.[kind], scope[kind]];
    if (own === undefined || own === 'each' || wanted === undefined) return true;
    return own.some((name) => wanted.includes(name));
  });
}

/** The names of a kind that the plan defines. */
export function partsNamed(plan: Plan, kind: ScopeKind): Named<PlanScopePart> {
  return plan.scopes?.[`${kind}s`] ?? {};
}

function no(code: string, because: string): Scoping & { type: 'rejected' } {
  return { type: 'rejected', code, because };
}

function withoutGaps(scope: Scope): Scope {
  return Object.fromEntries(Object.entries(scope).filter(([, names]) => names.length > 0));
}

function noPlaybook(plan: Plan, name: string): string {
  const names = Object.keys(plan.playbooks).join(', ');
  return `Plan ${plan.name} has no playbook ${name}. It has: ${names}.`;
}

function tooLarge(playbook: string, steps: number): string {
  return `A run of playbook ${playbook} for this scope would have ${steps} steps, and ${STEPS_MAX} are the most. Roll back fewer at once, or let one step do several.`;
}

function unknownIn(plan: Plan, wanted: Scope): string | undefined {
  for (const kind of scopeKinds) {
    const known = Object.keys(partsNamed(plan, kind));
    const unknown = wanted[kind]?.find((name) => !known.includes(name));
    if (unknown === undefined) continue;
    const mend =
      known.length === 0
        ? `it defines none; add scopes: { ${kind}s: … } to it, or roll back all of it`
        : (didYouMean(unknown, known) ?? `it has ${known.length}, see scopes.${kind}s`);
    return `Plan ${plan.name} has no ${kind} ${unknown}; ${mend}.`;
  }
  return undefined;
}

function beyondOf(playbook: string, own: Scope, wanted: Scope): string | undefined {
  for (const kind of scopeKinds) {
    const beyond = wanted[kind]?.find(
      (name) => own[kind] !== undefined && !own[kind].includes(name),
    );
    if (beyond !== undefined)
      return `Playbook ${playbook} restores ${kind} ${own[kind]?.join(', ')}; it can not bring back ${kind} ${beyond}. Choose another playbook.`;
  }
  return undefined;
}

/** A kind that no step tells apart would bring back everything, though one thing was asked for. */
function idleIn(
  name: string,
  playbook: PlanPlaybook,
  wanted: Scope,
  scope: Scope,
): string | undefined {
  const entries = entriesOf(playbook);
  if (!entries.some((entry) => isInScope(entry.for, scope)))
    return `Nothing of playbook ${name} is for this scope: a run of it would do nothing.`;
  for (const kind of scopeKinds) {
    const idle = wanted[kind]?.find(
      (each) =>
        !entries.some((entry) => isInScope(entry.for, scope) && isFor(entry.for, kind, each)),
    );
    if (idle !== undefined)
      return `No step of playbook ${name} is for ${kind} ${idle}: a run for it would do only what is for everything. Say for: { ${kind}: ${idle} } on its steps, or roll back all of it.`;
  }
  return undefined;
}

function isFor(of: PlanFor | undefined, kind: ScopeKind, name: string): boolean {
  const said = of?.[kind];
  return said === 'each' || (said?.includes(name) ?? false);
}

/** The order of the entries goes on without what is left out; a need that the plan wrote itself does not. */
function lostNeed(playbook: PlanPlaybook, scope: Scope): string | undefined {
  const entries = entriesOf(playbook);
  for (const entry of entries) {
    if (entry['needs-said'] !== true || !isInScope(entry.for, scope)) continue;
    for (const need of entry.needs) {
      const needed = entries.find((each) => nameOf(each) === need);
      const misses = needed === undefined ? undefined : whyLeftOut(needed.for, scope);
      if (misses !== undefined)
        return `Step ${nameOf(entry)} needs ${need}, which is left out: ${misses}. Widen the scope, or take the need out of the plan.`;
    }
  }
  return undefined;
}

function partsOf(
  plan: Plan,
  playbook: PlanPlaybook,
  asked: Scope,
  scope: Scope,
): readonly ScopePart[] {
  const entries = entriesOf(playbook);
  return scopeKinds.flatMap((kind) =>
    (scope[kind] ?? []).map((name) => {
      const on = partsNamed(plan, kind)[name]?.['depends-on'] ?? [];
      const dependsOn = asked[kind]?.includes(name)
        ? null
        : (on.find((other) => scope[kind]?.includes(other)) ?? null);
      return {
        kind,
        name,
        dependsOn,
        hasSteps: entries.some((each) => isFor(each.for, kind, name)),
      };
    }),
  );
}

function leftOutOf(playbook: PlanPlaybook, scope: Scope): readonly LeftOut[] {
  return entriesOf(playbook).flatMap((entry) => {
    const because = whyLeftOut(entry.for, scope);
    return because === undefined ? [] : [{ step: nameOf(entry), because }];
  });
}

/** `it is for component accounts`; undefined when the scope has it in. */
function whyLeftOut(of: PlanFor | undefined, scope: Scope): string | undefined {
  const kind = scopeKinds.find((each) => !isInScope({ [each]: of?.[each] }, scope));
  const names = kind === undefined ? undefined : of?.[kind];
  return names === undefined || names === 'each'
    ? undefined
    : `it is for ${kind} ${names.join(', ')}`;
}

function entriesOf(playbook: PlanPlaybook): readonly PlanEntry[] {
  return playbook.stages.flatMap((stage) => stage.entries);
}

function nameOf(entry: PlanEntry): string {
  return entry.type === 'step' ? entry.step : entry.checkpoint;
}
