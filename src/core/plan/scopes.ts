// What is wrong, or left open, with the scopes of a plan: names that mean something else, fills that nothing fills, steps left alone.
import { type ScopeKind, scopeKinds } from '../rollback/scope.ts';
import { STEPS_MAX, stepsOf } from '../rollback/scoping.ts';
import { type EntryAt, entriesOfPlaybook } from './definitions.ts';
import { fillNames, fillsIn, ringFills } from './fills.ts';
import { didYouMean } from './nearest.ts';
import type { Plan, PlanEntry, PlanFor } from './plan.ts';
import { type Problem, problemAt } from './problem.ts';
import { parseRatio } from './scalars.ts';
import { EACH } from './schema/scope.ts';
import { type Step, type Tree, at, entriesOf, itemsOf, textOf } from './tree.ts';

/** Everything in a plan, valid or not, that contradicts what scopes and fills mean. */
export function scopeProblems(tree: Tree): readonly Problem[] {
  const inSteps = new Map<Tree, EntryAt>();
  for (const [playbook, { value }] of entriesOf(at(tree, 'playbooks')))
    for (const entry of entriesOfPlaybook(playbook, value))
      for (const part of ['with', 'undo', 'manual'])
        for (const text of textsIn(at(entry.tree, part))) inSteps.set(text, entry);
  return [
    ...entriesOf(at(tree, 'playbooks')).flatMap(([playbook, { value }]) =>
      inRings(playbook, value),
    ),
    ...scopeKinds.flatMap((kind) => reserved(kind, at(tree, 'scopes', `${kind}s`))),
    ...textsIn(tree).flatMap((text) => {
      const entry = inSteps.get(text);
      return entry === undefined ? outside(text) : filledIn(text, entry, tree);
    }),
  ];
}

/** Rings are of a stage that is there, and each brings more back than the one before. */
function inRings(playbook: string, tree: Tree): readonly Problem[] {
  const stages = itemsOf(at(tree, 'stages')).flatMap((stage) =>
    entriesOf(stage).map(([name]) => name),
  );
  return entriesOf(at(tree, 'rings')).flatMap(([stage, { key, value }]) => {
    const unknown = stages.includes(stage)
      ? []
      : [
          problemAt(key, 'BK-0412', `Playbook ${playbook} has no stage "${stage}".`, {
            mend: didYouMean(stage, stages),
          }),
        ];
    const shares = itemsOf(at(value, 'shares'));
    const falls = shares.find(
      (share, index) => index > 0 && (shareOf(share) ?? 1) <= (shareOf(shares[index - 1]) ?? 0),
    );
    if (falls === undefined) return unknown;
    const message = `A ring of stage ${stage} brings back no more than the one before.`;
    return [
      ...unknown,
      problemAt(falls.span, 'BK-0421', message, { mend: 'Write the shares from small to large.' }),
    ];
  });
}

function shareOf(tree: Tree | undefined): number | undefined {
  if (tree?.type !== 'scalar') return undefined;
  if (typeof tree.value === 'number') return tree.value;
  return typeof tree.value === 'string' ? parseRatio(tree.value) : undefined;
}

function reserved(kind: ScopeKind, tree: Tree | undefined): readonly Problem[] {
  return entriesOf(tree)
    .filter(([name]) => name === EACH)
    .map(([, { key }]) =>
      problemAt(key, 'BK-0419', `A ${kind} can not be named "${EACH}".`, {
        why: `for: { ${kind}: ${EACH} } means every ${kind}.`,
        mend: 'Rename it.',
      }),
    );
}

function outside(text: Tree): readonly Problem[] {
  return fillsIn(textOf(text) ?? '').map((fill) =>
    problemAt(text.span, 'BK-0414', `"\${${fill}}" is filled in by runs, and this is no step.`, {
      mend: 'It may stand in with:, undo: and manual: of a step; $${ is a plain ${.',
    }),
  );
}

function filledIn(text: Tree, entry: EntryAt, tree: Tree): readonly Problem[] {
  return fillsIn(textOf(text) ?? '').flatMap((fill) => {
    if (!fillNames.includes(fill)) {
      const message = `Step ${entry.name} wants "\${${fill}}", and there is nothing of that name to fill in.`;
      return [problemAt(text.span, 'BK-0414', message, { mend: didYouMean(fill, fillNames) })];
    }
    if (ringFills.includes(fill))
      return isInRings(entry, tree) ? [] : [notInRings(text, fill, entry)];
    const kind = fill.slice('scope:'.length);
    return isForOne(at(entry.tree, 'for', kind)) ? [] : [notForOne(text, kind, entry)];
  });
}

function notInRings(text: Tree, fill: string, { name, playbook }: EntryAt): Problem {
  const message = `Step ${name} wants "\${${fill}}", and its stage does not go back in rings.`;
  return problemAt(text.span, 'BK-0413', message, {
    mend: `Add rings: to playbook ${playbook}, with this stage.`,
  });
}

function notForOne(text: Tree, kind: string, { name }: EntryAt): Problem {
  const message = `Step ${name} wants the name of a ${kind}, and does not say which it is for.`;
  return problemAt(text.span, 'BK-0413', message, {
    mend: `Add for: { ${kind}: ${EACH} } to it, or the name of one.`,
  });
}

function isInRings({ playbook, stage }: EntryAt, tree: Tree): boolean {
  const [title = ''] = entriesOf(at(tree, 'playbooks', playbook, 'stages', stage)).map(
    ([name]) => name,
  );
  return at(tree, 'playbooks', playbook, 'rings', title) !== undefined;
}

/** `each`, one name, or a list of one: then a step of the run knows which it is for. */
function isForOne(of: Tree | undefined): boolean {
  return textOf(of) !== undefined || itemsOf(of).length === 1;
}

function textsIn(tree: Tree | undefined): readonly Tree[] {
  switch (tree?.type) {
    case undefined:
      return [];
    case 'scalar':
      return typeof tree.value === 'string' && tree.value.includes('${') ? [tree] : [];
    case 'list':
      return tree.items.flatMap(textsIn);
    case 'map':
      return [...tree.entries.values()].flatMap((entry) => textsIn(entry.value));
  }
}

/** What the rules of scopes say of a valid plan. */
export interface ScopeOpinion {
  readonly rule: string;
  /** Default `warn`. */
  readonly severity?: 'block';
  readonly path: readonly Step[];
  readonly message: string;
  readonly mend: string;
}

/** Parts that no step is for, and needs that fall out of a scope that the step itself is in. */
export function scopeOpinions(plan: Plan): readonly ScopeOpinion[] {
  const entries = Object.values(plan.playbooks).flatMap(({ stages }) =>
    stages.flatMap((stage) => stage.entries),
  );
  return [
    ...alone(plan, entries),
    ...needsThatFallOut(plan),
    ...ringsWithoutShares(plan),
    ...tooMany(plan),
  ];
}

/** A trigger would order a run that is refused: the whole playbook makes more steps than a run may have. */
function tooMany(plan: Plan): readonly ScopeOpinion[] {
  return Object.entries(plan.playbooks).flatMap(([name, playbook]) => {
    const steps = stepsOf(plan, playbook, playbook.scope === 'full' ? {} : playbook.scope);
    if (steps <= STEPS_MAX) return [];
    return [
      {
        rule: 'run-is-bounded',
        severity: 'block' as const,
        path: ['playbooks', name, 'stages'],
        message: `A run of all of playbook ${name} would have ${steps} steps, and ${STEPS_MAX} are the most: it would be refused.`,
        mend: 'Let one step do several, instead of one for each.',
      },
    ];
  });
}

/** A ring whose steps all want the same is no ring: the first one brings everything back. */
function ringsWithoutShares({ playbooks }: Plan): readonly ScopeOpinion[] {
  return Object.entries(playbooks).flatMap(([playbook, { rings = {}, stages }]) =>
    Object.keys(rings)
      .filter((name) => {
        const entries = stages.find((stage) => stage.name === name)?.entries ?? [];
        return !JSON.stringify(entries).includes('${ring:');
      })
      .map((name) => ({
        rule: 'ring-has-share',
        path: ['playbooks', playbook, 'rings', name],
        message: `No step of stage ${name} uses its ring's share: the first ring brings everything back.`,
        mend: 'Use ${ring:percent} or ${ring:share} in one of its steps.',
      })),
  );
}

function alone(plan: Plan, entries: readonly PlanEntry[]): readonly ScopeOpinion[] {
  const { scopes } = plan;
  if (scopes === undefined) return [];
  return scopeKinds.flatMap((kind) =>
    Object.keys(scopes[`${kind}s`])
      .filter((name) => !entries.some(({ for: of }) => names(of, kind, name)))
      .map((name) => ({
        rule: 'scope-has-step',
        path: ['scopes', `${kind}s`, name],
        message: `No step is for ${kind} ${name}: a run for it alone would be refused.`,
        mend: `Add for: { ${kind}: ${name} } to its steps.`,
      })),
  );
}

function names(of: PlanFor | undefined, kind: ScopeKind, name: string): boolean {
  const said = of?.[kind];
  return said === EACH || (said?.includes(name) ?? false);
}

function needsThatFallOut({ playbooks }: Plan): readonly ScopeOpinion[] {
  return Object.entries(playbooks).flatMap(([playbook, { stages }]) => {
    const all = stages.flatMap((stage) => stage.entries);
    return stages.flatMap((stage, stageAt) =>
      stage.entries.flatMap((entry, entryAt) => {
        if (entry['needs-said'] !== true) return [];
        const outs = entry.needs.filter((need) => {
          const needed = all.find((each) => nameOf(each) === need);
          return needed !== undefined && !isWithin(entry.for, needed.for);
        });
        return outs.map((need) => ({
          rule: 'needs-stay-in-scope',
          path: ['playbooks', playbook, 'stages', stageAt, stage.name, entryAt, 'needs'],
          message: `Step ${nameOf(entry)} needs ${need}, which is for less: a run whose scope has only the first is refused.`,
          mend: `Give both the same for:, or let ${nameOf(entry)} not need it.`,
        }));
      }),
    );
  });
}

function nameOf(entry: PlanEntry): string {
  return entry.type === 'step' ? entry.step : entry.checkpoint;
}

/** Whatever scope takes the first in takes the second in. */
function isWithin(first: PlanFor | undefined, second: PlanFor | undefined): boolean {
  return scopeKinds.every((kind) => {
    const [own, other] = [first?.[kind], second?.[kind]];
    if (other === undefined || other === EACH) return true;
    return own !== undefined && own !== EACH && own.every((name) => other.includes(name));
  });
}
