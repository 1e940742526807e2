// What a schema cannot see: steps that wait for each other, names given twice, statements that contradict each other.
import { withoutFills } from './fills.ts';
import { problemAt } from './problem.ts';
import type { Problem } from './problem.ts';
import { conditionsIn } from './references.ts';
import { parseDuration, parseRatio, parseSize } from './scalars.ts';
import { scopeProblems } from './scopes.ts';
import { malformedReferenceIn } from './secrets.ts';
import { stepOrderProblems } from './step-order.ts';
import { at, child, entriesOf, itemsOf, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** Every contradiction in a plan whose sections may be invalid otherwise. */
export function contradictions(tree: Tree): readonly Problem[] {
  return [
    ...entriesOf(at(tree, 'playbooks')).flatMap(([name, entry]) =>
      stepOrderProblems(name, entry.value),
    ),
    ...entriesOf(at(tree, 'triggers')).flatMap(([name, entry]) => inTrigger(name, entry.value)),
    ...entriesOf(at(tree, 'signals')).flatMap(([name, entry]) => inSignal(name, entry.value)),
    ...everyCondition(tree).flatMap(inCondition),
    ...entriesOf(at(tree, 'ladders')).flatMap(([name, entry]) => rungOrder(name, entry.value)),
    ...namesTwice('Phase', itemsOf(at(tree, 'phases'))),
    ...malformedReferences(tree),
    ...scopeProblems(tree),
  ];
}

function inTrigger(name: string, tree: Tree): readonly Problem[] {
  const mode = at(tree, 'mode');
  if (textOf(mode) !== 'review' || at(tree, 'review') || !mode) return [];
  return [
    problemAt(
      mode.span,
      'BK-0413',
      `Trigger ${name} is in mode review but does not say who is asked.`,
      {
        why: 'A question to nobody is never answered.',
        mend: 'Add review: { by: owner, within: 5m, silence: hold }.',
      },
    ),
  ];
}

function inSignal(name: string, tree: Tree): readonly Problem[] {
  const [fresh, legacy, volume] = [
    child(tree, 'new'),
    child(tree, 'legacy'),
    child(tree, 'volume'),
  ];
  const given = fresh ?? legacy ?? volume;
  if (!given || (fresh && legacy)) return [];
  return [
    problemAt(
      given.key ?? given.value.span,
      'BK-0413',
      `Signal ${name} has two sides, but only one of them is said.`,
      {
        mend: 'Write both new: and legacy:, or neither.',
      },
    ),
  ];
}

/** Whoever means "five minutes after the one before" would otherwise be called too early, and out of turn. */
function rungOrder(name: string, tree: Tree): readonly Problem[] {
  const afters = itemsOf(tree).map((rung) => at(rung, 'after'));
  const waits = afters.map((after) => parseDuration(textOf(after) ?? '0s') ?? 0);
  return afters.flatMap((after, index) => {
    const before = waits[index - 1] ?? 0;
    if (after === undefined || (waits[index] ?? 0) >= before) return [];
    return [
      problemAt(after.span, 'BK-0421', `Ladder ${name} calls this rung before the one above it.`, {
        why: 'after: is counted from the beginning of the ladder, not from the rung before.',
        mend: 'Write a longer time, or move the rung up.',
      }),
    ];
  });
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
    problems.push(
      problemAt(
        clearsBelow.span,
        'BK-0421',
        'The condition is over at a higher value than it begins at.',
        {
          mend: 'clears-below must not be more than above.',
        },
      ),
    );
  }
  if (clearsAbove && below !== undefined && (limitOf(clearsAbove) ?? below) < below) {
    problems.push(
      problemAt(
        clearsAbove.span,
        'BK-0421',
        'The condition is over at a lower value than it begins at.',
        {
          mend: 'clears-above must not be less than below.',
        },
      ),
    );
  }
  const quorum = at(tree, 'at-least');
  const of = at(tree, 'of');
  if (
    of &&
    quorum?.type === 'scalar' &&
    typeof quorum.value === 'number' &&
    quorum.value > itemsOf(of).length
  ) {
    problems.push(
      problemAt(
        quorum.span,
        'BK-0421',
        `At least ${quorum.value} of ${itemsOf(of).length} conditions can never be true.`,
        {
          mend: `Write ${itemsOf(of).length} or less.`,
        },
      ),
    );
  }
  return problems;
}

function limitOf(tree: Tree | undefined): number | undefined {
  if (tree?.type !== 'scalar') return undefined;
  if (typeof tree.value === 'number') return tree.value;
  return typeof tree.value === 'string'
    ? (parseRatio(tree.value) ?? parseSize(tree.value))
    : undefined;
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
    return [
      problemAt(
        named.span,
        'BK-0419',
        `${noun} "${name}" is there twice; the first is on line ${first}.`,
        { mend: 'Rename one of them.' },
      ),
    ];
  });
}

function malformedReferences(tree: Tree): readonly Problem[] {
  switch (tree.type) {
    case 'map':
      return [...tree.entries.values()].flatMap((entry) => malformedReferences(entry.value));
    case 'list':
      return tree.items.flatMap(malformedReferences);
    case 'scalar': {
      const malformed =
        typeof tree.value === 'string' ? malformedReferenceIn(withoutFills(tree.value)) : undefined;
      if (malformed === undefined) return [];
      return [
        problemAt(tree.span, 'BK-0414', `"${malformed.slice(0, 60)}" is not a secret reference.`, {
          mend: 'Write ${NAME} for the environment, ${file:/run/secrets/x} for a file, or $${ for a plain ${.',
        }),
      ];
    }
  }
}
