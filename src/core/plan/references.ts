// References: every place in a plan that names something defined elsewhere, checked with "did you mean".
import type { Definitions, Kind } from './definitions.ts';
import { scopeKinds } from '../rollback/scope.ts';
import { nearest } from './nearest.ts';
import { problemAt } from './problem.ts';
import type { Problem, Span } from './problem.ts';
import { EACH } from './schema/scope.ts';
import { child, entriesOf, itemsOf, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** One use of a name. */
export interface Reference {
  readonly kinds: readonly Kind[];
  readonly name: string;
  readonly span: Span;
  /** `Trigger data-drift runs`: the sentence up to the kind of thing that is named. */
  readonly saying: string;
  readonly ifAny?: true;
}

interface Rule {
  /** Keys; `*` is any key, `#` any item (or the value itself where a list may be a single one), `?` any condition below, `~` the key itself. */
  readonly path: string;
  readonly kinds: readonly Kind[];
  /** `$1` is the first `*` or `#` name on the way. */
  readonly saying: string;
  /** Checked only when the plan defines any of these kinds. */
  readonly ifAny?: true;
}

const rules: readonly Rule[] = [
  { path: 'roles.owner.#', kinds: ['person'], saying: 'Role owner is held by' },
  { path: 'roles.deputies.*.#', kinds: ['person'], saying: 'Role $1 is held by' },
  { path: 'ladders.*.~', kinds: ['role'], saying: 'A ladder stands for' },
  { path: 'ladders.*.#.page', kinds: ['role', 'person'], saying: 'Ladder $1 calls' },
  { path: 'baseline.signals.#', kinds: ['signal'], saying: 'The baseline records' },
  { path: 'baseline.schemas.#', kinds: ['system'], saying: 'The baseline records the schema of' },
  { path: 'signals.*.from', kinds: ['system'], saying: 'Signal $1 comes from' },
  { path: 'triggers.*.when.?.signal', kinds: ['signal'], saying: 'Trigger $1 watches' },
  {
    path: 'triggers.*.when.?.reconciliation',
    kinds: ['reconciliation'],
    saying: 'Trigger $1 watches',
  },
  { path: 'triggers.*.review.by', kinds: ['role'], saying: 'Trigger $1 asks' },
  { path: 'triggers.*.playbook', kinds: ['playbook'], saying: 'Trigger $1 runs' },
  { path: 'phases.#.failure.#', kinds: ['trigger'], saying: 'Phase $1 arms' },
  { path: 'phases.#.rollback', kinds: ['playbook'], saying: 'Phase $1 rolls back by' },
  {
    path: 'phases.#.point-of-no-return.when.?.signal',
    kinds: ['signal'],
    saying: 'Phase $1 watches',
  },
  {
    path: 'phases.#.point-of-no-return.when.?.reconciliation',
    kinds: ['reconciliation'],
    saying: 'Phase $1 watches',
  },
  {
    path: 'phases.#.point-of-no-return.approved-by',
    kinds: ['person'],
    saying: 'Phase $1 is approved by',
  },
  ...scopeKinds.flatMap((kind): readonly Rule[] => [
    {
      path: `scopes.${kind}s.*.depends-on.#`,
      kinds: [kind],
      saying: `${titled(kind)} $1 depends on`,
    },
    { path: `playbooks.*.stages.#.*.#.for.${kind}.#`, kinds: [kind], saying: 'Step $4 is for' },
    // A playbook may say in a word what it restores, without that being something to narrow a run to.
    {
      path: `playbooks.*.scope.${kind}.#`,
      kinds: [kind],
      saying: 'Playbook $1 restores',
      ifAny: true,
    },
  ]),
  { path: 'playbooks.*.stages.#.*.#.owner', kinds: ['role'], saying: 'Step $4 belongs to' },
  { path: 'playbooks.*.stages.#.*.#.contingency', kinds: ['role'], saying: 'Step $4 falls to' },
  { path: 'playbooks.*.stages.#.*.#.ladder', kinds: ['ladder'], saying: 'Step $4 climbs' },
  {
    path: 'playbooks.*.stages.#.*.#.checkpoint',
    kinds: ['checkpoint'],
    saying: 'Playbook $1 passes',
  },
  { path: 'playbooks.*.stages.#.*.#.with.system', kinds: ['system'], saying: 'Step $4 acts on' },
  {
    path: 'playbooks.*.stages.#.*.#.undo.with.system',
    kinds: ['system'],
    saying: 'Step $4 is undone on',
  },
  {
    path: 'playbooks.*.safe-to-return.by.#',
    kinds: ['checkpoint'],
    saying: 'Playbook $1 is safe to return by',
  },
  {
    path: 'playbooks.*.rings.*.worsening.checks.#',
    kinds: ['check', 'signal'],
    saying: 'Rings of $2 look at',
  },
  {
    path: 'playbooks.*.rings.*.worsening.signals.*.~',
    kinds: ['signal'],
    saying: 'Rings of $2 compare',
  },
  {
    path: 'playbooks.*.verified.by.#',
    kinds: ['checkpoint'],
    saying: 'Playbook $1 is verified by',
  },
  {
    path: 'playbooks.*.undo-verified.by.#',
    kinds: ['checkpoint'],
    saying: 'The undo of playbook $1 is verified by',
  },
  { path: 'checks.*.holds.?.signal', kinds: ['signal'], saying: 'Check $1 reads' },
  { path: 'checks.*.holds.?.reconciliation', kinds: ['reconciliation'], saying: 'Check $1 reads' },
  { path: 'checks.*.with.system', kinds: ['system'], saying: 'Check $1 looks at' },
  { path: 'checkpoints.*.checks.#', kinds: ['check', 'signal'], saying: 'Checkpoint $1 holds' },
  { path: 'safeguards.backups.*.~', kinds: ['system'], saying: 'A backup is kept of' },
  {
    path: 'safeguards.backups.*.restore-test.into',
    kinds: ['system'],
    saying: 'Backup $1 is restored into',
  },
  {
    path: 'safeguards.reconciliations.*.between.#',
    kinds: ['system'],
    saying: 'Reconciliation $1 compares',
  },
  { path: 'notices.to.#.channel', kinds: ['system'], saying: 'A notice goes through' },
  { path: 'notices.calls.#.channel', kinds: ['system'], saying: 'People are called through' },
  { path: 'communications.audiences.*.people.#', kinds: ['person'], saying: 'Audience $1 has' },
  {
    path: 'communications.channels.*.system',
    kinds: ['system'],
    saying: 'Channel $1 goes through',
  },
  { path: 'governance.approvals.by.#', kinds: ['role'], saying: 'Runs are approved by' },
  {
    path: 'governance.pre-approved.#.playbooks.#',
    kinds: ['playbook'],
    saying: 'Beforehand is approved',
  },
  {
    path: 'governance.pre-approved.#.approved-by',
    kinds: ['person'],
    saying: 'Runs are approved beforehand by',
  },
  {
    path: 'governance.waivers.#.approved-by',
    kinds: ['person'],
    saying: 'A waiver is approved by',
  },
];

function isScopeKind(kind: Kind): boolean {
  return scopeKinds.some((each) => each === kind);
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

const split = rules.map((rule) => ({ rule, steps: rule.path.split('.') }));

/** Every use of a name in a plan, valid or not. */
export function readReferences(tree: Tree): readonly Reference[] {
  return split.flatMap(({ rule, steps }) => follow(tree, undefined, steps, [], rule));
}

/** The names that are used and defined nowhere. */
export function undefinedNames(
  references: readonly Reference[],
  definitions: Definitions,
): readonly Problem[] {
  return references.flatMap(({ kinds, name, span, saying, ifAny }) => {
    if (kinds.some((kind) => definitions[kind].has(name))) return [];
    const known = kinds.flatMap((kind) => [...definitions[kind].keys()]);
    if (ifAny === true && known.length === 0) return [];
    // `for: { region: each }` names all of them.
    if (name === EACH && known.length > 0 && kinds.some((kind) => isScopeKind(kind))) return [];
    const near = nearest(name, known);
    const what = kinds.join(' or ');
    const mend = near === undefined ? listed(what, known) : `did you mean "${near}"?`;
    return [
      problemAt(span, 'BK-0412', `${saying} ${what} "${name}", which is not defined.`, { mend }),
    ];
  });
}

function listed(what: string, known: readonly string[]): string {
  if (known.length === 0) return `The plan defines no ${what} yet.`;
  if (known.length <= 8) return `Defined: ${known.join(', ')}.`;
  return `Define it, or use one of the ${known.length} that are there.`;
}

function follow(
  tree: Tree,
  key: Span | undefined,
  steps: readonly string[],
  names: readonly string[],
  rule: Rule,
): readonly Reference[] {
  const [step, ...rest] = steps;
  if (step === undefined) return found(textOf(tree), tree.span, names, rule);
  switch (step) {
    case '~':
      return key ? found(names.at(-1), key, names, rule) : [];
    case '*':
      return entriesOf(tree).flatMap(([name, entry]) =>
        follow(entry.value, entry.key, rest, [...names, name], rule),
      );
    case '#': {
      const items = tree.type === 'list' ? tree.items : [tree];
      return items.flatMap((item, index) =>
        follow(item, undefined, rest, [...names, titleOf(item) ?? String(index + 1)], rule),
      );
    }
    case '?':
      return conditionsIn(tree).flatMap((condition) =>
        follow(condition, undefined, rest, names, rule),
      );
    default: {
      const inner = child(tree, step);
      return inner ? follow(inner.value, inner.key, rest, names, rule) : [];
    }
  }
}

function found(
  name: string | undefined,
  span: Span,
  names: readonly string[],
  rule: Rule,
): readonly Reference[] {
  if (name === undefined) return [];
  const saying = rule.saying.replace(
    /\$(\d)/g,
    (_, place: string) => names[Number(place) - 1] ?? '',
  );
  return [{ kinds: rule.kinds, name, span, saying, ...(rule.ifAny ? { ifAny: true } : {}) }];
}

function titleOf(item: Tree): string | undefined {
  return ['step', 'checkpoint', 'name']
    .map((key) => textOf(child(item, key)?.value))
    .find((title) => title !== undefined);
}

/** A condition and all that it is composed of. */
export function conditionsIn(tree: Tree): readonly Tree[] {
  const inner = ['all', 'any', 'of'].flatMap((key) => itemsOf(child(tree, key)?.value));
  return [tree, ...inner.flatMap(conditionsIn)];
}
