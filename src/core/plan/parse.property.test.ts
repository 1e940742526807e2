// Property and fuzz tests of parsing: whatever the text is, the answer is a plan or problems with real places.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { fingerprint } from './canonical.ts';
import { planCodes } from './codes.ts';
import { parsePlan } from './parse.ts';
import { renderFinding, renderProblem } from './problem.ts';

const example = readFileSync(
  new URL('../../../examples/ledger-cutover.plan.yaml', import.meta.url),
  'utf8',
);

/** The answer keeps its promises. */
function judge(text: string): void {
  const parsed = parsePlan({
    file: 'p.plan.yaml',
    text,
    read: (path) => ({ problem: `no ${path}` }),
  });
  if (parsed.type === 'plan') {
    assert.deepEqual(JSON.parse(JSON.stringify(parsed.plan)), parsed.plan, 'a Plan is plain JSON');
    for (const finding of parsed.findings) assert.ok(renderFinding(finding).length > 0);
    return;
  }
  assert.ok(parsed.problems.length > 0);
  const lines = text.split('\n');
  for (const problem of parsed.problems) {
    assert.ok(problem.code in planCodes);
    assert.ok(problem.line >= 1 && problem.line <= lines.length, 'the line exists');
    assert.ok(
      problem.column >= 1 && problem.column <= (lines[problem.line - 1]?.length ?? 0) + 1,
      'the column exists',
    );
    assert.ok(problem.length >= 1);
    if (problem.code !== 'BK-0401')
      assert.ok(problem.mend, `${problem.message} says how to mend it`);
    assert.doesNotMatch(problem.frame, /(?!\n)\p{Cc}/u, 'a frame moves no cursor');
    assert.ok(renderProblem(problem).includes(problem.code));
  }
}

const marks = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  '- ',
  ': ',
  ':',
  '\n',
  '  ',
  '\t',
  '"',
  "'",
  '&a ',
  '*a',
  '? ',
  '|',
  '>',
  '!',
  '!!str ',
  '%',
  '#',
  '---\n',
  '<<: ',
  '__proto__',
  'constructor',
  '\u0000',
  '\uFEFF',
  '\r\n',
  '${',
  '1e999',
  'é',
  '😀',
  '\uD800',
  'backout: 1\n',
  'name: a\n',
  'systems:\n',
  'include: ',
);

test('any text gets an answer', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), judge), { numRuns: 300 });
});

test('any heap of YAML marks gets an answer', () => {
  fc.assert(
    fc.property(
      fc.array(marks, { maxLength: 60 }).map((parts) => parts.join('')),
      judge,
    ),
    { numRuns: 1000 },
  );
});

test('the example with any bytes put in or taken out gets an answer', () => {
  const change = fc.record({
    at: fc.nat(example.length),
    take: fc.nat(40),
    put: fc.array(marks, { maxLength: 4 }).map((parts) => parts.join('')),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      let text = example;
      for (const { at, take, put } of changes)
        text = text.slice(0, at) + put + text.slice(at + take);
      judge(text);
    }),
    { numRuns: 120 },
  );
});

test('any JSON in any section gets an answer', () => {
  const section = fc.constantFrom(
    'review',
    'objectives',
    'obligations',
    'people',
    'roles',
    'ladders',
    'shifts',
    'systems',
    'baseline',
    'signals',
    'phases',
    'triggers',
    'guards',
    'playbooks',
    'checks',
    'checkpoints',
    'safeguards',
    'notices',
    'communications',
    'governance',
    'include',
  );
  const key = fc.constantFrom(
    'signal',
    'above',
    'all',
    'of',
    'at-least',
    'stages',
    'scope',
    'when',
    'not-applicable',
    'needs',
    'step',
    'with',
    'system',
    'by',
    'a',
    'toString',
    'holds',
    'uses',
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium' },
      fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 'a', 'full', '5m', '2%', '', '${A}', '${'),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(section, tree, { maxKeys: 5 }), (sections) => {
      judge(stringify({ backout: 1, name: 'fuzz', ...sections }));
    }),
    { numRuns: 1000 },
  );
});

test('the order of sections and definitions never changes the fingerprint', () => {
  const sections = example
    .split(/\n(?=[a-z]+:)/)
    .map((part) => part.trim())
    .filter((part) => /^[a-z]/.test(part));
  const parsed = parsePlan({ file: 'p.plan.yaml', text: example });
  assert.ok(parsed.type === 'plan');
  const expected = fingerprint(parsed.plan);
  fc.assert(
    fc.property(fc.shuffledSubarray(sections, { minLength: sections.length }), (shuffled) => {
      const again = parsePlan({ file: 'p.plan.yaml', text: shuffled.join('\n') });
      assert.equal(again.type === 'plan' && fingerprint(again.plan), expected);
    }),
    { numRuns: 20 },
  );
});

test('how a plan is split over files never changes the fingerprint', () => {
  const sections = example
    .split(/\n(?=[a-z]+:)/)
    .map((part) => part.trim())
    .filter((part) => /^[a-z]/.test(part));
  const parsed = parsePlan({ file: 'p.plan.yaml', text: example });
  assert.ok(parsed.type === 'plan');
  const expected = fingerprint(parsed.plan);
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: sections.length, maxLength: sections.length }),
      (away) => {
        // The plan file itself says which version of the language it speaks.
        const goes = (section: string, index: number) =>
          away[index] === true && !section.startsWith('backout:');
        const own = sections.filter((section, index) => !goes(section, index)).join('\n');
        const other = sections.filter(goes).join('\n');
        const again = parsePlan({
          file: 'p.plan.yaml',
          text: `${own}\ninclude: other.yaml\n`,
          read: () => ({ text: other || '{}' }),
        });
        assert.equal(again.type === 'plan' && fingerprint(again.plan), expected);
      },
    ),
    { numRuns: 20 },
  );
});
