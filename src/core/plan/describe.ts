// What a path through a plan is called in a sentence: `triggers.errors.when` is "Trigger errors, when".
import { at, textOf } from './tree.ts';
import type { Step, Tree } from './tree.ts';

const singular: { readonly [section: string]: string } = {
  people: 'Person',
  ladders: 'Ladder',
  systems: 'System',
  signals: 'Signal',
  triggers: 'Trigger',
  playbooks: 'Playbook',
  checks: 'Check',
  checkpoints: 'Checkpoint',
};
const single = new Set(['backout', 'name', 'title', 'maintainer', 'include']);
const plurals: { readonly [section: string]: string } = {
  phases: 'Phase',
  obligations: 'Obligation',
};

/** The subject of a sentence about the thing at `path`, in the words of the plan. */
export function describe(tree: Tree, path: readonly Step[]): string {
  const [head, second, ...rest] = path.map(String);
  if (head === undefined) return 'The plan';
  if (second === undefined) return single.has(head) ? `The plan's ${head}` : `Section ${head}`;
  if (head === 'playbooks') return describePlaybook(tree, path);
  const noun = singular[head];
  if (noun !== undefined) return [`${noun} ${second}`, ...words(rest)].join(', ');
  const listed = plurals[head];
  if (listed !== undefined) {
    const title = textOf(at(tree, head, second, 'name'));
    return [`${listed} ${title ?? `number ${Number(second) + 1}`}`, ...words(rest)].join(', ');
  }
  return [`Section ${head}`, ...words([second, ...rest])].join(', ');
}

/** Numbers of items say nothing to a reader; the frame shows which one it is. */
function words(path: readonly string[]): readonly string[] {
  return path.filter((part) => !/^\d+$/.test(part));
}

function describePlaybook(tree: Tree, path: readonly Step[]): string {
  const [, playbook, , stageIndex, stage, entryIndex, ...rest] = path;
  const name = `Playbook ${String(playbook)}`;
  if (String(path[2]) !== 'stages') return [name, ...path.slice(2).map(String)].join(', ');
  if (stageIndex === undefined) return `${name}, stages`;
  if (stage === undefined) return `${name}, stage number ${Number(stageIndex) + 1}`;
  if (entryIndex === undefined) return `${name}, stage ${String(stage)}`;
  const entry = at(tree, ...path.slice(0, 6));
  const step = textOf(at(entry, 'step'));
  const checkpoint = textOf(at(entry, 'checkpoint'));
  const title = step
    ? `step ${step}`
    : checkpoint
      ? `checkpoint ${checkpoint}`
      : `entry number ${Number(entryIndex) + 1} of stage ${String(stage)}`;
  return [name, title, ...rest.map(String)].join(', ');
}
