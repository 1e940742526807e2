// `not-applicable: why`: sections that a plan says do not apply are listed and taken out before the schema judges.
import type { NotApplicable } from './plan.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';
import { textOf } from './tree.ts';
import type { MapEntry, Tree } from './tree.ts';

/** Where `not-applicable` may stand; `*` is any key or index. The JSON Schema allows it at the same places. */
export const notApplicablePaths: readonly string[] = [
  'review',
  'objectives',
  'obligations',
  'people',
  'roles',
  'ladders',
  'shifts',
  'baseline',
  'signals',
  'phases',
  'triggers',
  'guards',
  'checks',
  'checkpoints',
  'safeguards',
  'notices',
  'communications',
  'governance',
  'governance.approvals',
  'objectives.rto',
  'objectives.rpo',
  'guards.at-most',
  'baseline.signals',
  'baseline.schemas',
  'baseline.integrations',
  'safeguards.backups',
  'safeguards.reconciliations',
  'safeguards.transformations',
  'safeguards.backups.*.restore-test',
  'communications.audiences',
  'phases.*.failure',
  'phases.*.rollback',
  'phases.*.soak',
  'phases.*.point-of-no-return',
  'playbooks.*.verified',
  'playbooks.*.undo-verified',
];

/** A tree without the sections that do not apply, the list of them, and what is wrong with it. */
export interface Taken {
  readonly tree: Tree;
  readonly notApplicable: readonly NotApplicable[];
  readonly problems: readonly Problem[];
}

/** Takes out what the plan says does not apply. */
export function takeNotApplicable(tree: Tree): Taken {
  const notApplicable: NotApplicable[] = [];
  const problems: Problem[] = [];
  const patterns = notApplicablePaths.map((path) => path.split('.'));
  const taken = without(tree, [], patterns, (path, entry) => {
    const because = textOf(entry.value);
    if (because !== undefined && because.trim() !== '')
      notApplicable.push({ section: path.join('.'), because: because.trim() });
    else {
      problems.push(
        problemAt(
          entry.key,
          'BK-0413',
          `${path.join('.')} does not apply, but the plan does not say why.`,
          {
            mend: 'Write not-applicable: and the reason in a sentence.',
          },
        ),
      );
    }
  });
  return { tree: taken, notApplicable, problems };
}

type Take = (path: readonly string[], entry: MapEntry) => void;

function without(
  tree: Tree,
  path: readonly string[],
  patterns: readonly (readonly string[])[],
  take: Take,
): Tree {
  if (tree.type === 'scalar') return tree;
  const deeper = (key: string) =>
    patterns.filter(([step]) => step === '*' || step === key).map(([, ...rest]) => rest);
  if (tree.type === 'list') {
    const all = patterns.filter(([step]) => step === '*').map(([, ...rest]) => rest);
    if (all.length === 0) return tree;
    return {
      ...tree,
      items: tree.items.map((item, index) => without(item, [...path, String(index)], all, take)),
    };
  }
  const entries = new Map<string, MapEntry>();
  for (const [key, entry] of tree.entries) {
    const below = deeper(key);
    const said = entry.value.type === 'map' ? entry.value.entries.get('not-applicable') : undefined;
    if (
      said &&
      entry.value.type === 'map' &&
      entry.value.entries.size === 1 &&
      below.some((rest) => rest.length === 0)
    ) {
      take([...path, key], said);
    } else {
      entries.set(key, {
        ...entry,
        value: below.length > 0 ? without(entry.value, [...path, key], below, take) : entry.value,
      });
    }
  }
  return { ...tree, entries };
}
