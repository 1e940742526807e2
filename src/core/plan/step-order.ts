// The order of a playbook's steps: names given twice, needs that nothing meets, steps that wait for each other.
import { entriesOfPlaybook } from './definitions.ts';
import type { EntryAt } from './definitions.ts';
import { SAFE_TO_RETURN, VERIFIED } from '../rollback/graph.ts';
import { didYouMean } from './nearest.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';
import { at, itemsOf, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** What is wrong with the order of a playbook's steps. */
export function stepOrderProblems(playbook: string, tree: Tree): readonly Problem[] {
  const entries = entriesOfPlaybook(playbook, tree);
  const byName = new Map<string, EntryAt>();
  const problems: Problem[] = [];
  for (const entry of entries) {
    if (entry.name === undefined) continue;
    const first = byName.get(entry.name);
    if (!first) byName.set(entry.name, entry);
    else {
      const { line } = problemAt(first.nameSpan, 'BK-0419', '');
      problems.push(
        problemAt(
          entry.nameSpan,
          'BK-0419',
          `Playbook ${playbook} has two entries named "${entry.name}"; the other is on line ${line}.`,
          {
            why: 'needs:, the journal and people on the phone tell steps apart by name.',
            mend: 'Rename one of them.',
          },
        ),
      );
    }
  }
  return [
    ...problems,
    ...entries.flatMap(reserved),
    ...entries.flatMap((entry) => needsOf(entry, byName)),
    ...circles(playbook, entries, byName),
  ];
}

/** A run adds steps of its own. */
const reservedNames: { readonly [name: string]: string } = {
  [VERIFIED]: 'the verification, which every run adds as its last step',
  [SAFE_TO_RETURN]: 'the look at what we go back to, which a run may add as its first step',
};

function reserved({ name, nameSpan, playbook }: EntryAt): readonly Problem[] {
  const what =
    name !== undefined && Object.hasOwn(reservedNames, name) ? reservedNames[name] : undefined;
  if (what === undefined) return [];
  return [
    problemAt(nameSpan, 'BK-0419', `Playbook ${playbook} has an entry named "${name}".`, {
      why: `That is the name of ${what}.`,
      mend: 'Rename it.',
    }),
  ];
}

function needsOf(entry: EntryAt, byName: ReadonlyMap<string, EntryAt>): readonly Problem[] {
  return itemsOf(at(entry.tree, 'needs')).flatMap((need) => {
    const name = textOf(need);
    if (name === undefined) return [];
    const target = byName.get(name);
    if (!target) {
      return [
        problemAt(
          need.span,
          'BK-0412',
          `Step ${entry.name} needs "${name}", which playbook ${entry.playbook} does not have.`,
          {
            mend: didYouMean(
              name,
              [...byName.keys()].filter((known) => known !== entry.name),
            ),
          },
        ),
      ];
    }
    if (target.stage <= entry.stage) return [];
    return [
      problemAt(
        need.span,
        'BK-0420',
        `Step ${entry.name} needs "${name}", which comes in a later stage.`,
        {
          mend: 'Move one of the two, or take the need out.',
        },
      ),
    ];
  });
}

/** Steps of one stage that wait for each other. What waits for the entry before it counts too. */
function circles(
  playbook: string,
  entries: readonly EntryAt[],
  byName: ReadonlyMap<string, EntryAt>,
): readonly Problem[] {
  const waitsFor = new Map<EntryAt, readonly EntryAt[]>();
  entries.forEach((entry, index) => {
    const needs = at(entry.tree, 'needs');
    const before = entries[index - 1];
    const follows = before?.stage === entry.stage ? [before] : [];
    const named = itemsOf(needs).flatMap((need) => byName.get(textOf(need) ?? '') ?? []);
    waitsFor.set(entry, needs ? named.filter((target) => target.stage === entry.stage) : follows);
  });
  // Takes out what waits for nothing that is left; what remains at the end waits in a circle, or for one.
  const left = new Set(entries);
  for (let changed = true; changed;) {
    changed = false;
    for (const entry of left) {
      if (waitsFor.get(entry)?.some((target) => left.has(target))) continue;
      left.delete(entry);
      changed = true;
    }
  }
  const told = new Set<EntryAt>();
  return [...left].flatMap((entry) => {
    const circle = circleFrom(entry, waitsFor, left);
    if (circle.some((each) => told.has(each))) return [];
    for (const each of circle) told.add(each);
    const [first = entry] = circle;
    const names = [...circle, first].map((each) => each.name ?? '?').join(' -> ');
    return [
      problemAt(
        first.nameSpan,
        'BK-0420',
        `Steps of playbook ${playbook} wait for each other: ${names}.`,
        {
          why: 'None of them could ever begin.',
          mend: 'Take one of these needs out; needs: [] starts with the stage.',
        },
      ),
    ];
  });
}

function circleFrom(
  start: EntryAt,
  waitsFor: ReadonlyMap<EntryAt, readonly EntryAt[]>,
  left: ReadonlySet<EntryAt>,
): readonly EntryAt[] {
  const path: EntryAt[] = [];
  for (let current: EntryAt | undefined = start; current;) {
    const seen = path.indexOf(current);
    if (seen >= 0) return path.slice(seen);
    path.push(current);
    current = waitsFor.get(current)?.find((target) => left.has(target));
  }
  return path;
}
