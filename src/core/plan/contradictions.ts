// What a schema cannot see: steps that wait for each other, names given twice, statements that contradict each other.
import { entriesOfPlaybook } from './definitions.ts';
import type { EntryAt } from './definitions.ts';
import { didYouMean } from './nearest.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';
import { conditionsIn } from './references.ts';
import { parseRatio, parseSize } from './scalars.ts';
import { malformedReferenceIn } from './secrets.ts';
import { at, child, entriesOf, itemsOf, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** Every contradiction in a plan whose sections may be invalid otherwise. */
export function contradictions(tree: Tree): readonly Problem[] {
  return [
    ...entriesOf(at(tree, 'playbooks')).flatMap(([name, entry]) => inPlaybook(name, entry.value)),
    ...entriesOf(at(tree, 'triggers')).flatMap(([name, entry]) => inTrigger(name, entry.value)),
    ...entriesOf(at(tree, 'signals')).flatMap(([name, entry]) => inSignal(name, entry.value)),
    ...everyCondition(tree).flatMap(inCondition),
    ...namesTwice('Phase', itemsOf(at(tree, 'phases'))),
    ...malformedReferences(tree),
  ];
}

function inPlaybook(playbook: string, tree: Tree): readonly Problem[] {
  const entries = entriesOfPlaybook(playbook, tree);
  const byName = new Map<string, EntryAt>();
  const problems: Problem[] = [];
  for (const entry of entries) {
    if (entry.name === undefined) continue;
    const first = byName.get(entry.name);
    if (!first) byName.set(entry.name, entry);
    else {
      const { line } = problemAt(first.nameSpan, 'BK-0419', '');
      problems.push(problemAt(entry.nameSpan, 'BK-0419', `Playbook ${playbook} has two entries named "${entry.name}"; the other is on line ${line}.`, {
        why: 'needs:, the journal and people on the phone tell steps apart by name.',
        mend: 'Rename one of them.',
      }));
    }
  }
  return [...problems, ...entries.flatMap((entry) => needsOf(entry, byName)), ...circles(playbook, entries, byName)];
}

function needsOf(entry: EntryAt, byName: ReadonlyMap<string, EntryAt>): readonly Problem[] {
  return itemsOf(at(entry.tree, 'needs')).flatMap((need) => {
    const name = textOf(need);
    if (name === undefined) return [];
    const target = byName.get(name);
    if (!target) {
      return [problemAt(need.span, 'BK-0412', `Step ${entry.name} needs "${name}", which playbook ${entry.playbook} does not have.`, {
        mend: didYouMean(name, [...byName.keys()].filter((known) => known !== entry.name)),
      })];
    }
    if (target.stage <= entry.stage) return [];
    return [problemAt(need.span, 'BK-0420', `Step ${entry.name} needs "${name}", which comes in a later stage.`, {
      mend: 'Move one of the two, or take the need out.',
    })];
  });
}

/** Steps of one stage that wait for each other. What waits for the entry before it counts too. */
function circles(playbook: string, entries: readonly EntryAt[], byName: ReadonlyMap<string, EntryAt>): readonly Problem[] {
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
  for (let changed = true; changed; ) {
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
    return [problemAt(first.nameSpan, 'BK-0420', `Steps of playbook ${playbook} wait for each other: ${names}.`, {
      why: 'None of them could ever begin.',
      mend: 'Take one of these needs out; needs: [] starts with the stage.',
    })];
  });
}

function circleFrom(start: EntryAt, waitsFor: ReadonlyMap<EntryAt, readonly EntryAt[]>, left: ReadonlySet<EntryAt>): readonly EntryAt[] {
  const path: EntryAt[] = [];
  for (let current: EntryAt | undefined = start; current; ) {
    const seen = path.indexOf(current);
    if (seen >= 0) return path.slice(seen);
    path.push(current);
    current = waitsFor.get(current)?.find((target) => left.has(target));
  }
  return path;
}

function inTrigger(name: string, tree: Tree): readonly Problem[] {
  const mode = at(tree, 'mode');
  if (textOf(mode) !== 'review' || at(tree, 'review') || !mode) return [];
  return [problemAt(mode.span, 'BK-0413', `Trigger ${name} is in mode review but does not say who is asked.`, {
    why: 'A question to nobody is never answered.',
    mend: 'Add review: { by: owner, within: 5m, silence: hold }.',
  })];
}

function inSignal(name: string, tree: Tree): readonly Problem[] {
  const [fresh, legacy, volume] = [child(tree, 'new'), child(tree, 'legacy'), child(tree, 'volume')];
  const given = fresh ?? legacy ?? volume;
  if (!given || (fresh && legacy)) return [];
  return [problemAt(given.key ?? given.value.span, 'BK-0413', `Signal ${name} has two sides, but only one of them is said.`, {
    mend: 'Write both new: and legacy:, or neither.',
  })];
}

function everyCondition(tree: Tree): readonly Tree[] {
  return [
    ...entriesOf(at(tree, 'triggers')).map(([, entry]) => at(entry.value, 'when')),
    ...entriesOf(at(tree, 'checks')).map(([, entry]) => at(entry.value, 'holds')),
    ...itemsOf(at(tree, 'phases')).map((phase) => at(phase, 'point-of-no-return', 'when')),
  ].flatMap((condition) => (condition ? conditionsIn(condition) : []));
}

function inCondition(tree: Tree): readonly Problem[] {
  const [above, below] = [limitOf(at(tree, 'above')), limitOf(at(tree, 'below'))];
  const [clearsBelow, clearsAbove] = [at(tree, 'clears-below'), at(tree, 'clears-above')];
  const problems: Problem[] = [];
  if (clearsBelow && above !== undefined && (limitOf(clearsBelow) ?? above) > above) {
    problems.push(problemAt(clearsBelow.span, 'BK-0421', 'The condition is over at a higher value than it begins at.', {
      mend: 'clears-below must not be more than above.',
    }));
  }
  if (clearsAbove && below !== undefined && (limitOf(clearsAbove) ?? below) < below) {
    problems.push(problemAt(clearsAbove.span, 'BK-0421', 'The condition is over at a lower value than it begins at.', {
      mend: 'clears-above must not be less than below.',
    }));
  }
  const quorum = at(tree, 'at-least');
  const of = at(tree, 'of');
  if (of && quorum?.type === 'scalar' && typeof quorum.value === 'number' && quorum.value > itemsOf(of).length) {
    problems.push(problemAt(quorum.span, 'BK-0421', `At least ${quorum.value} of ${itemsOf(of).length} conditions can never be true.`, {
      mend: `Write ${itemsOf(of).length} or less.`,
    }));
  }
  return problems;
}

function limitOf(tree: Tree | undefined): number | undefined {
  if (tree?.type !== 'scalar') return undefined;
  if (typeof tree.value === 'number') return tree.value;
  return typeof tree.value === 'string' ? (parseRatio(tree.value) ?? parseSize(tree.value)) : undefined;
}

function namesTwice(noun: string, items: readonly Tree[]): readonly Problem[] {
  const seen = new Map<string, number>();
  return items.flatMap((item) => {
    const named = at(item, 'name');
    const name = textOf(named);
    if (!named || name === undefined) return [];
    const { line } = problemAt(named.span, 'BK-0419', '');
    const first = seen.get(name);
    seen.set(name, first ?? line);
    if (first === undefined) return [];
    return [problemAt(named.span, 'BK-0419', `${noun} "${name}" is there twice; the first is on line ${first}.`, { mend: 'Rename one of them.' })];
  });
}

function malformedReferences(tree: Tree): readonly Problem[] {
  switch (tree.type) {
    case 'map':
      return [...tree.entries.values()].flatMap((entry) => malformedReferences(entry.value));
    case 'list':
      return tree.items.flatMap(malformedReferences);
    case 'scalar': {
      const malformed = typeof tree.value === 'string' ? malformedReferenceIn(tree.value) : undefined;
      if (malformed === undefined) return [];
      return [problemAt(tree.span, 'BK-0414', `"${malformed.slice(0, 60)}" is not a secret reference.`, {
        mend: 'Write ${NAME} for the environment, ${file:/run/secrets/x} for a file, or $${ for a plain ${.',
      })];
    }
  }
}
