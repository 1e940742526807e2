// What the language itself knows that a valid plan leaves open. The rule families of readiness come on top of it.
import type { Condition } from './condition.ts';
import type { Definitions } from './definitions.ts';
import type { NotApplicable, Plan, PlanTrigger } from './plan.ts';
import { plainSecrets, relativeSecretFiles } from './plain-secrets.ts';
import { placeOf } from './problem.ts';
import type { Finding, Span } from './problem.ts';
import type { Reference } from './references.ts';
import { scopeOpinions } from './scopes.ts';
import { at, child, entriesOf } from './tree.ts';
import type { Step, Tree } from './tree.ts';
import { unusedDefinitions } from './unused.ts';

/** What the rules look at: the plan, where its parts stand, and who uses what. */
export interface Looked {
  readonly plan: Plan;
  readonly tree: Tree;
  readonly definitions: Definitions;
  readonly references: readonly Reference[];
}

interface Opinion {
  readonly rule: string;
  readonly severity: Finding['severity'];
  readonly path: readonly Step[];
  readonly message: string;
  readonly mend: string;
}

/** The findings in the order of the rules; what does not apply is silent. */
export function readFindings(looked: Looked): readonly Finding[] {
  const opinions = [
    ...undeclared(looked.plan),
    ...ofRoles(looked.plan),
    ...ofPhases(looked.plan),
    ...ofTriggers(looked.plan, looked.tree),
    ...ofPlaybooks(looked.plan),
    ...ofDestructiveSteps(looked.plan),
    ...scopeOpinions(looked.plan).map((said): Opinion => ({ severity: 'warn', ...said })),
  ].filter((opinion) => !silenced(opinion.path, looked.plan['not-applicable']));
  return [
    ...opinions.map((opinion) => toFinding(looked.tree, opinion)),
    ...unusedDefinitions(looked.tree, looked.definitions, looked.references),
    ...plainSecrets(looked.tree),
    ...relativeSecretFiles(looked.tree),
  ];
}

function silenced(path: readonly Step[], notApplicable: readonly NotApplicable[]): boolean {
  const section = path.join('.');
  return notApplicable.some(
    (said) => said.section === section || section.startsWith(`${said.section}.`),
  );
}

function toFinding(tree: Tree, { path, ...opinion }: Opinion): Finding {
  return { ...opinion, ...placeOf(placeAbove(tree, path)) };
}

/** The key that stands for a path, or the nearest one above that is written in the plan. */
function placeAbove(tree: Tree, path: readonly Step[]): Span {
  for (let length = path.length; length > 0; length--) {
    const last = path[length - 1] ?? '';
    const found = child(at(tree, ...path.slice(0, length - 1)), last);
    if (found) return found.key ?? child(found.value, 'name')?.value.span ?? firstKey(found.value);
  }
  return child(tree, 'name')?.key ?? firstKey(tree);
}

function firstKey(tree: Tree): Span {
  return entriesOf(tree)[0]?.[1].key ?? tree.span;
}

function undeclared(plan: Plan): readonly Opinion[] {
  const opinion = (path: readonly Step[], what: string, mend: string): Opinion => ({
    rule: `${path.join('-')}-declared`,
    severity: 'warn',
    path,
    message: `The plan does not say ${what}.`,
    mend: `${mend}, or say ${path.join('.')}: { not-applicable: why }.`,
  });
  const none = (named: object): boolean => Object.keys(named).length === 0;
  return [
    plan.objectives?.rto === undefined &&
      opinion(
        ['objectives', 'rto'],
        'how long the way back may take',
        'Add objectives: { rto: 15m }',
      ),
    plan.objectives?.rpo === undefined &&
      opinion(['objectives', 'rpo'], 'how much data may be lost', 'Add objectives: { rpo: 0s }'),
    plan.phases.length === 0 &&
      opinion(['phases'], 'by which phases the migration goes', 'Add phases:'),
    none(plan.triggers) && opinion(['triggers'], 'what would start the way back', 'Add triggers:'),
    none(plan.ladders) &&
      opinion(['ladders'], 'who is called next when nobody answers', 'Add ladders:'),
    none(plan.safeguards.backups) &&
      opinion(
        ['safeguards', 'backups'],
        'which backups there are',
        'Add safeguards: { backups: … }',
      ),
    plan.baseline === undefined &&
      opinion(['baseline'], 'what the known-good state was', 'Add baseline:'),
    plan.governance.approvals === undefined &&
      opinion(
        ['governance', 'approvals'],
        'how many others approve a run, so nobody does',
        'Add governance: { approvals: { run: 1, deviation: 1 } }',
      ),
    plan.communications === undefined &&
      plan.notices === undefined &&
      opinion(['communications'], 'who is told', 'Add notices: or communications:'),
  ].filter((found) => found !== false);
}

function ofRoles(plan: Plan): readonly Opinion[] {
  const unfilled = (path: readonly Step[], role: string): Opinion => ({
    rule: 'role-filled',
    severity: 'block',
    path,
    message: `Role ${role} is held by nobody.`,
    mend: 'Name a person of people:.',
  });
  const deputies = Object.entries(plan.roles.deputies).filter(
    ([, holders]) => holders.length === 0,
  );
  const owner = plan.roles.owner;
  return [
    ...(owner === undefined
      ? [
          {
            ...unfilled(['roles', 'owner'], 'owner'),
            rule: 'owner-declared',
            message: 'The plan has no owner, the one with final authority.',
            mend: 'Add roles: { owner: … }.',
          },
        ]
      : owner.length === 0
        ? [unfilled(['roles', 'owner'], 'owner')]
        : []),
    ...deputies.map(([role]) => unfilled(['roles', 'deputies', role], role)),
    ...ofApprovals(plan),
    ...ofCalls(plan),
  ];
}

/** Whoever holds a role or stands on a ladder may be called at any time. */
function ofCalls({ notices, roles, ladders, people }: Plan): readonly Opinion[] {
  const calls = notices?.calls ?? [];
  if (calls.length === 0) return [];
  const held = [roles.owner ?? [], ...Object.values(roles.deputies)].flat();
  const rungs = Object.values(ladders).flatMap((ladder) => ladder.map(({ page }) => page));
  const callable = Object.keys(people).filter(
    (name) => held.includes(name) || rungs.includes(name),
  );
  const fields = [...new Set(calls.map(({ to }) => to))];
  return callable
    .filter((name) => fields.every((field) => people[name]?.[field] === undefined))
    .map((name) => ({
      rule: 'person-is-reachable',
      severity: 'block',
      path: ['people', name],
      message: `${people[name]?.name ?? name} would be called and cannot be reached: nobody knows their ${fields.join(' or ')}.`,
      mend: `Add ${fields[0] ?? 'email'}: to people.${name}.`,
    }));
}

/** Whoever asks never counts, so it takes one more person than approvals. */
function ofApprovals({ governance, roles }: Plan): readonly Opinion[] {
  const { run = 0, deviation = 0, by } = governance.approvals ?? {};
  const wanted = Math.max(run, deviation);
  const names = by ?? ['owner', ...Object.keys(roles.deputies)];
  const people = new Set(
    names.flatMap((role) => (role === 'owner' ? roles.owner : roles.deputies[role]) ?? []),
  );
  if (wanted < people.size || wanted === 0 || (by !== undefined && wanted === people.size))
    return [];
  return [
    {
      rule: 'approvals-can-be-given',
      severity: 'block',
      path: ['governance', 'approvals'],
      message: `${wanted} ${wanted === 1 ? 'approval is' : 'approvals are'} wanted, and only ${people.size} ${people.size === 1 ? 'person' : 'people'} could give them; whoever asks never counts.`,
      mend: 'Fill more roles, or ask for fewer approvals.',
    },
  ];
}

function ofPhases(plan: Plan): readonly Opinion[] {
  return plan.phases.flatMap((phase, index): readonly Opinion[] => [
    ...(phase.failure.length > 0
      ? []
      : [
          {
            rule: 'phase-has-failure-criteria',
            severity: 'block' as const,
            path: ['phases', index, 'failure'],
            message: `Phase ${phase.name} has no failure triggers: nothing would notice that it goes wrong.`,
            mend: 'Add failure: [ … ], or say failure: { not-applicable: why }.',
          },
        ]),
    ...(phase.rollback !== undefined || phase.failure.length > 0
      ? []
      : [
          {
            rule: 'phase-has-way-back',
            severity: 'warn' as const,
            path: ['phases', index, 'rollback'],
            message: `Phase ${phase.name} names no playbook that leads back.`,
            mend: 'Add rollback: and a playbook, or say rollback: { not-applicable: why }.',
          },
        ]),
  ]);
}

function ofTriggers(plan: Plan, tree: Tree): readonly Opinion[] {
  const armed = new Set(plan.phases.flatMap((phase) => phase.failure));
  return Object.entries(plan.triggers).flatMap(([name, trigger]): readonly Opinion[] => {
    const path = ['triggers', name];
    const written = at(tree, ...path);
    const opinions: Opinion[] = [];
    if (plan.phases.length > 0 && !armed.has(name)) {
      opinions.push({
        rule: 'trigger-is-armed',
        severity: 'block',
        path,
        message: `Trigger ${name} is armed in no phase, so it never fires.`,
        mend: 'Add it to the failure: of a phase.',
      });
    }
    if (trigger.mode === 'review' && at(written, 'review', 'within') === undefined) {
      opinions.push({
        rule: 'review-has-deadline',
        severity: 'warn',
        path: [...path, 'review'],
        message: `The review of trigger ${name} has no deadline; 5m is taken.`,
        mend: 'Add within: to its review.',
      });
    }
    if (trigger.mode === 'review' && at(written, 'review', 'silence') === undefined) {
      opinions.push({
        rule: 'review-says-silence',
        severity: 'warn',
        path: [...path, 'review'],
        message: `Trigger ${name} does not say what happens when nobody answers; hold is taken.`,
        mend: 'Add silence: roll-back or silence: hold.',
      });
    }
    return [...opinions, ...ofCondition(name, trigger, plan)];
  });
}

function ofCondition(name: string, trigger: PlanTrigger, plan: Plan): readonly Opinion[] {
  const path = ['triggers', name, 'when'];
  const leaves = leavesOf(trigger.when);
  const opinions: Opinion[] = [];
  if (!canBeJudged(trigger.when)) {
    opinions.push({
      rule: 'condition-is-judged',
      severity: 'hold',
      path,
      message: `Trigger ${name} cannot fire yet: this version does not judge worse-than and reconciliation.`,
      mend: 'Put an absolute limit beside it: any: [ …, { signal: …, above: … } ].',
    });
  } else if (leaves.some((leaf) => leaf.type !== 'threshold')) {
    opinions.push({
      rule: 'condition-is-judged',
      severity: 'hold',
      path,
      message: `Trigger ${name} is judged in part: this version does not judge worse-than and reconciliation.`,
      mend: 'Its other conditions stand; nothing needs to be done.',
    });
  }
  const sources = new Set(
    leaves.flatMap((leaf) =>
      'signal' in leaf ? (plan.signals[leaf.signal]?.from ?? []) : leaf.reconciliation,
    ),
  );
  if (trigger['no-data'].is === 'roll-back' && sources.size < 2) {
    opinions.push({
      rule: 'blind-never-rolls-back',
      severity: 'block',
      path: ['triggers', name, 'no-data'],
      message: `Trigger ${name} rolls back when its only source falls silent: an outage of the metrics would look like one of the service.`,
      mend: 'Use is: hold or review, or bring a signal of a second system into its condition.',
    });
  }
  return opinions;
}

/** Whether a condition could become true by what this version judges. */
function canBeJudged(condition: Condition): boolean {
  switch (condition.type) {
    case 'threshold':
      return true;
    case 'relative':
    case 'reconciliation':
      return false;
    case 'all':
      return condition.of.every(canBeJudged);
    case 'any':
      return condition.of.some(canBeJudged);
    case 'at-least':
      return condition.of.filter(canBeJudged).length >= condition.count;
  }
}

type Leaf = Exclude<Condition, { readonly of: readonly Condition[] }>;

function leavesOf(condition: Condition): readonly Leaf[] {
  return 'of' in condition ? condition.of.flatMap(leavesOf) : [condition];
}

/** What destroys must be able to tell production from a copy: the plan says which environment it is. */
function ofDestructiveSteps(plan: Plan): readonly Opinion[] {
  return Object.entries(plan.playbooks).flatMap(([name, { stages }]) =>
    stages.flatMap((stage, index) =>
      stage.entries.flatMap((entry, place): readonly Opinion[] => {
        if (entry.type !== 'step' || entry.act.type !== 'state') return [];
        const { destructive, with: wanted } = entry.act;
        const system = typeof wanted['system'] === 'string' ? wanted['system'] : '';
        if (destructive === undefined || plan.systems[system]?.environment !== undefined) return [];
        return [
          {
            rule: 'destructive-names-environment',
            severity: 'block',
            path: ['playbooks', name, 'stages', index, stage.name, place, 'destructive'],
            message: `Step ${entry.step} destroys, and the plan does not say which environment system ${system} is; it would never be applied.`,
            mend: `Add environment: production (or what it is) to system ${system}.`,
          },
        ];
      }),
    ),
  );
}

function ofPlaybooks(plan: Plan): readonly Opinion[] {
  return Object.entries(plan.playbooks).flatMap(([name, playbook]): readonly Opinion[] =>
    playbook.verified !== undefined
      ? []
      : [
          {
            rule: 'playbook-is-verified',
            severity: 'block',
            path: ['playbooks', name, 'verified'],
            message: `Playbook ${name} does not say what proves that it worked; its runs would end "not verified".`,
            mend: 'Add verified: { by: [checkpoint], hold: 5m }.',
          },
        ],
  );
}
