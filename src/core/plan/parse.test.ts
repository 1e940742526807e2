// Tests of parsing: each code of the language with its frame, all problems at once, and hostile files.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { planCodes } from './codes.ts';
import type { PlanCode } from './codes.ts';
import type { ReadFile } from './include.ts';
import { parsePlan } from './parse.ts';
import type { Plan } from './plan.ts';
import { renderProblem } from './problem.ts';
import type { Problem } from './problem.ts';

const head = 'backout: 1\nname: move\n';

function problemsOf(text: string, read?: ReadFile): readonly Problem[] {
  const parsed = parsePlan({ file: 'p.plan.yaml', text, ...(read ? { read } : {}) });
  assert.equal(parsed.type, 'problems', 'the plan was taken');
  return parsed.type === 'problems' ? parsed.problems : [];
}

function planOf(text: string, read?: ReadFile): Plan {
  const parsed = parsePlan({ file: 'p.plan.yaml', text, ...(read ? { read } : {}) });
  if (parsed.type === 'problems') assert.fail(parsed.problems.map(renderProblem).join('\n'));
  return parsed.plan;
}

function filesOf(files: { readonly [path: string]: string }): ReadFile {
  return (path) =>
    files[path] === undefined ? { problem: 'no such file' } : { text: files[path] };
}

const nested = (levels: number) =>
  `${head}systems: { a: { uses: x, o: ${'['.repeat(levels)}${']'.repeat(levels)} } }\n`;

/** For each code a file that earns it, where, and the frame that the reader gets. */
const earned: {
  readonly [Code in PlanCode]: {
    readonly text: string;
    readonly read?: ReadFile;
    readonly at: string;
    readonly frame: string;
  };
} = {
  'BK-0401': {
    text: `${head}title: "Moved\n`,
    at: '3:14',
    frame: '   3 | title: "Moved\n     |              ^',
  },
  'BK-0402': { text: `${head}name: other\n`, at: '3:1', frame: '   3 | name: other\n     | ^^^^' },
  'BK-0403': {
    text: `${head}title: ${'x'.repeat(1024 * 1024)}\n`,
    at: '1:1',
    frame: '   1 | backout: 1\n     | ^',
  },
  'BK-0404': {
    text: nested(100),
    at: '3:87',
    frame: `   3 | …${'['.repeat(97)}${']'.repeat(13)}…\n     | ${' '.repeat(56)}^`,
  },
  'BK-0405': {
    text: `${head}systems:\n  a: { uses: x, a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a],\n    c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b], d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c],\n    e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d], f: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e] }\n`,
    at: '6:57',
    frame:
      '   6 |     e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d], f: [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e] }\n     |                                                         ^^',
  },
  'BK-0406': {
    text: `${head}systems: { a: &a { uses: x, self: *a } }\n`,
    at: '3:35',
    frame:
      '   3 | systems: { a: &a { uses: x, self: *a } }\n     |                                   ^^',
  },
  'BK-0407': {
    text: `${head}people: { __proto__: { name: Eve } }\n`,
    at: '3:11',
    frame: '   3 | people: { __proto__: { name: Eve } }\n     |           ^^^^^^^^^',
  },
  'BK-0408': {
    text: `${head}title: a\u0000b\n`,
    at: '3:9',
    frame: '   3 | title: a�b\n     |         ^',
  },
  'BK-0409': {
    text: `${head}shifts: { responders: 1e999 }\n`,
    at: '3:23',
    frame: '   3 | shifts: { responders: 1e999 }\n     |                       ^^^^^',
  },
  'BK-0410': {
    text: `${head}sistems: {}\n`,
    at: '3:1',
    frame: '   3 | sistems: {}\n     | ^^^^^^^',
  },
  'BK-0411': {
    text: `${head}objectives: { rto: 5 minutes }\n`,
    at: '3:20',
    frame: '   3 | objectives: { rto: 5 minutes }\n     |                    ^^^^^^^^^',
  },
  'BK-0412': {
    text: `${head}systems: { metrics: { uses: prometheus } }\nsignals: { a: { from: metrics-2 } }\n`,
    at: '4:23',
    frame: '   4 | signals: { a: { from: metrics-2 } }\n     |                       ^^^^^^^^^',
  },
  'BK-0413': { text: 'backout: 1\n', at: '1:1', frame: '   1 | backout: 1\n     | ^^^^^^^' },
  'BK-0414': {
    text: `${head}systems: { a: { uses: x, url: "\${my secret}" } }\n`,
    at: '3:31',
    frame:
      '   3 | systems: { a: { uses: x, url: "${my secret}" } }\n     |                               ^^^^^^^^^^^^^^',
  },
  'BK-0415': {
    text: `${head}include: gone.yaml\n`,
    read: filesOf({}),
    at: '3:10',
    frame: '   3 | include: gone.yaml\n     |          ^^^^^^^^^',
  },
  'BK-0416': {
    text: `${head}include: ./p.plan.yaml\n`,
    at: '3:10',
    frame: '   3 | include: ./p.plan.yaml\n     |          ^^^^^^^^^^^^^',
  },
  'BK-0417': {
    text: `${head}include: [a.yaml, ./a.yaml]\n`,
    read: filesOf({ 'a.yaml': 'people: {}' }),
    at: '3:19',
    frame: '   3 | include: [a.yaml, ./a.yaml]\n     |                   ^^^^^^^^',
  },
  'BK-0418': {
    text: `${head}include: [a.yaml]\npeople: { ada: {} }\n`,
    read: filesOf({ 'a.yaml': 'people: { ada: {} }' }),
    at: '4:11',
    frame: '   4 | people: { ada: {} }\n     |           ^^^',
  },
  'BK-0419': {
    text: `${head}phases: [{ name: a }, { name: a }]\n`,
    at: '3:31',
    frame: '   3 | phases: [{ name: a }, { name: a }]\n     |                               ^',
  },
  'BK-0420': {
    text: `${head}people: { ada: {} }\nroles: { owner: ada }\nplaybooks:\n  full:\n    scope: full\n    stages:\n      - s:\n          - { step: a, owner: owner, timebox: 1m, needs: [b], manual: { do: x } }\n          - { step: b, owner: owner, timebox: 1m, needs: [a], manual: { do: x } }\n`,
    at: '10:21',
    frame:
      '  10 |           - { step: a, owner: owner, timebox: 1m, needs: [b], manual: { do: x } }\n     |                     ^',
  },
  'BK-0421': {
    text: `${head}systems: { m: { uses: x } }\nsignals: { a: { from: m } }\nchecks: { c: { holds: { signal: a, above: 1%, clears-below: 2% } } }\n`,
    at: '5:61',
    frame:
      '   5 | checks: { c: { holds: { signal: a, above: 1%, clears-below: 2% } } }\n     |                                                             ^^',
  },
  'BK-0422': {
    text: '# nothing but a comment\n',
    at: '1:1',
    frame: '   1 | # nothing but a comment\n     | ^',
  },
};

for (const [code, meaning] of Object.entries(planCodes)) {
  // Object.entries forgets that the keys are codes.
  const { text, read, at, frame } = earned[code as PlanCode];
  test(`${code} is told with its place and frame: ${meaning}`, () => {
    const problems = problemsOf(text, read);
    const problem = problems.find((each) => each.code === code);
    assert.ok(problem, `only ${problems.map(renderProblem).join('\n')}`);
    assert.equal(`${problem.line}:${problem.column}`, at);
    assert.equal(problem.frame, frame);
    assert.match(problem.message, /^["A-Z].*\.$/);
    assert.ok(problem.mend, `${code} says how to mend it`);
  });
}

test('a broken reference is shown as the reader of the design expects it', () => {
  const [problem] = problemsOf(
    `${head}systems: { m: { uses: x } }\nsignals: { gap: { from: m } }\nplaybooks: { full: { scope: full, stages: [{ s: [{ checkpoint: c }] }] } }\ncheckpoints: { c: { checks: [gap] } }\ntriggers:\n  data-drift:\n    class: data\n    when: { signal: gap, above: 1 }\n    mode: advise\n    playbook: ful\n`,
  );
  assert.ok(problem);
  assert.equal(
    renderProblem(problem),
    [
      'error  Trigger data-drift runs playbook "ful", which is not defined.   BK-0412',
      '  p.plan.yaml:12:15',
      '  12 |     playbook: ful',
      '     |               ^^^ did you mean "full"?',
    ].join('\n'),
  );
});

test('all problems are told at once, in the order of the file', () => {
  const problems = problemsOf(
    `${head}objectives: { rto: fast }\nsignals: { a: { from: nowhere, every: 0s } }\nphases: [{ name: P, failure: [x] }]\nextra: 1\n`,
  );
  assert.deepEqual(
    problems.map((problem) => [problem.line, problem.code]),
    [
      [3, 'BK-0411'],
      [4, 'BK-0412'],
      [4, 'BK-0411'],
      [5, 'BK-0411'],
      [5, 'BK-0412'],
      [6, 'BK-0410'],
    ],
  );
});

test('a misspelled key is the only complaint, not also that the right one is missing', () => {
  const problems = problemsOf(
    `${head}systems: { m: { uses: x } }\nsignals: { a: { from: m } }\nchecks: { c: { holds: { signal: a, abov: 1 } } }\n`,
  );
  assert.deepEqual(
    problems.map((problem) => [problem.code, problem.mend]),
    [['BK-0410', 'did you mean "above"?']],
  );
});

test('a step that says too little is told all that it lacks', () => {
  const problems = problemsOf(
    `${head}playbooks: { p: { scope: full, stages: [{ s: [{ step: x }] }] } }\n`,
  );
  assert.deepEqual(
    problems.map((problem) => problem.message),
    [
      'Playbook p, step x lacks "owner".',
      'Playbook p, step x lacks "timebox".',
      'Playbook p, step x lacks one of: uses, manual.',
    ],
  );
});

test('booleans of YAML 1.1 are texts, and the mend says so', () => {
  const [problem] = problemsOf(
    `${head}systems: { m: { uses: x } }\nsignals: { a: { from: m, independent: yes } }\n`,
  );
  assert.match(problem?.mend ?? '', /true or false/);
});

test('a byte order mark and carriage returns change nothing', () => {
  const text = `${head}title: Moves\npeople:\n  ada: { name: Ada }\n`;
  assert.deepEqual(planOf(`\uFEFF${text.replaceAll('\n', '\r\n')}`), planOf(text));
});

test('a tab as indentation is refused with its place', () => {
  const [problem] = problemsOf(`${head}people:\n\tada: {}\n`);
  assert.deepEqual([problem?.code, problem?.line], ['BK-0401', 4]);
});

test('two documents in one file are refused', () => {
  assert.equal(problemsOf(`${head}---\n${head}`)[0]?.code, 'BK-0401');
});

test('tags of other languages are refused, not run', () => {
  assert.equal(problemsOf(`${head}title: !!js/function "function () {}"\n`)[0]?.code, 'BK-0401');
});

test('an alias means what its anchor holds', () => {
  const plan = planOf(`${head}systems: { a: &it { uses: x, url: y }, b: *it }\n`);
  assert.deepEqual(plan.systems.a, plan.systems.b);
});

test('a file of ten megabytes is refused at once', () => {
  assert.equal(problemsOf(`${head}title: ${'long '.repeat(2_000_000)}`)[0]?.code, 'BK-0403');
});

test('hundreds of thousands of brackets end in a sentence, not in the end of the stack', () => {
  assert.match(problemsOf('['.repeat(300_000))[0]?.code ?? '', /BK-040[34]/);
  assert.match(problemsOf('- '.repeat(120_000))[0]?.code ?? '', /BK-040[34]/);
});

test('a name like constructor is refused where it is defined and unknown where it is used', () => {
  assert.equal(problemsOf(`${head}systems: { constructor: { uses: x } }\n`)[0]?.code, 'BK-0407');
  assert.equal(problemsOf(`${head}signals: { a: { from: constructor } }\n`)[0]?.code, 'BK-0412');
});

test('what does not apply is listed with its reason, silent, and absent from the plan', () => {
  const parsed = parsePlan({
    file: 'p.plan.yaml',
    text: `${head}communications: { not-applicable: nobody outside uses it }\nphases:\n  - name: shadow\n    failure: { not-applicable: no customer sees it }\n`,
  });
  assert.ok(parsed.type === 'plan');
  assert.deepEqual(parsed.plan['not-applicable'], [
    { section: 'communications', because: 'nobody outside uses it' },
    { section: 'phases.0.failure', because: 'no customer sees it' },
  ]);
  assert.equal(parsed.plan.communications, undefined);
  const rules = parsed.findings.map((finding) => finding.rule);
  assert.ok(
    !rules.includes('communications-declared') && !rules.includes('phase-has-failure-criteria'),
  );
});

test('what does not apply without a reason is refused', () => {
  assert.equal(problemsOf(`${head}communications: { not-applicable: "" }\n`)[0]?.code, 'BK-0413');
});

test('a plan in several files is the plan in one', () => {
  const people = 'people: { ada: { name: Ada } }\n';
  const signals = 'systems: { m: { uses: x } }\nsignals: { a: { from: m } }\n';
  const plan = planOf(
    `${head}include: [parts/who.yaml]\n`,
    filesOf({ 'parts/who.yaml': `${people}include: ../what.yaml\n`, 'what.yaml': signals }),
  );
  assert.deepEqual(plan, planOf(head + people + signals));
});

test('a problem in an included file is told with that file', () => {
  const [problem] = problemsOf(
    `${head}include: a.yaml\n`,
    filesOf({ 'a.yaml': '\nsignals: { a: { from: gone } }\n' }),
  );
  assert.deepEqual([problem?.file, problem?.line, problem?.column], ['a.yaml', 2, 23]);
});

test('many files that are too large together are refused', () => {
  const part = `# ${'x'.repeat(900_000)}\npeople: {}\n`;
  const problems = problemsOf(`${head}include: [a, b, c]\n`, () => ({ text: part }));
  assert.deepEqual(
    problems.map((problem) => [problem.code, problem.column]),
    [['BK-0403', 17]],
  );
});

test('a trigger that asks when it is blind has somebody to ask', () => {
  const plan = planOf(
    `${head}people: { ada: {} }\nroles: { owner: ada }\nsystems: { m: { uses: x } }\nsignals: { a: { from: m } }\ncheckpoints: { c: { checks: [a] } }\nplaybooks: { p: { scope: full, stages: [{ s: [{ checkpoint: c }] }] } }\ntriggers: { t: { class: data, when: { signal: a, above: 1 }, no-data: { is: review }, mode: automatic, playbook: p } }\n`,
  );
  assert.deepEqual(plan.triggers.t?.review, { by: 'owner', within: 300_000, silence: 'hold' });
  assert.deepEqual(plan.triggers.t?.['no-data'], { after: 30_000, is: 'review' });
});

test('a circle of includes is told with the way round', () => {
  const read = filesOf({ 'a.yaml': 'include: b.yaml', 'b.yaml': 'include: a.yaml' });
  assert.match(
    problemsOf(`${head}include: a.yaml\n`, read)[0]?.message ?? '',
    /a\.yaml -> b\.yaml -> a\.yaml/,
  );
});

test('a step without needs follows the one before it, and needs: [] starts with the stage', () => {
  const plan = planOf(
    `${head}people: { ada: {} }\nroles: { owner: ada }\nplaybooks:\n  full:\n    scope: full\n    stages:\n      - one:\n          - { step: a, owner: owner, timebox: 1m, manual: { do: x } }\n          - { step: b, owner: owner, timebox: 1m, manual: { do: x } }\n          - { step: c, owner: owner, timebox: 1m, needs: [], manual: { do: x } }\n      - two:\n          - { step: d, owner: owner, timebox: 1m, needs: [a, c], manual: { do: x } }\n`,
  );
  assert.deepEqual(
    plan.playbooks.full?.stages.map((stage) => stage.entries.map((entry) => entry.needs)),
    [[[], ['a'], []], [['a', 'c']]],
  );
});

test('a step cannot need what comes in a later stage', () => {
  const problems = problemsOf(
    `${head}people: { ada: {} }\nroles: { owner: ada }\nplaybooks:\n  full:\n    scope: full\n    stages:\n      - one: [{ step: a, owner: owner, timebox: 1m, needs: [b], manual: { do: x } }]\n      - two: [{ step: b, owner: owner, timebox: 1m, manual: { do: x } }]\n`,
  );
  assert.equal(problems[0]?.code, 'BK-0420');
});

test('the example plan is valid and leaves open only what this version does not judge', () => {
  const text = readFileSync(
    new URL('../../../examples/ledger-cutover.plan.yaml', import.meta.url),
    'utf8',
  );
  const parsed = parsePlan({ file: 'ledger-cutover.plan.yaml', text });
  if (parsed.type === 'problems') assert.fail(parsed.problems.map(renderProblem).join('\n'));
  assert.deepEqual(
    [...new Set(parsed.findings.map((finding) => finding.rule))],
    ['condition-is-judged'],
  );
  assert.deepEqual(parsed.plan.triggers.errors?.when, {
    type: 'threshold',
    signal: 'error-rate',
    comparison: 'above',
    limit: 0.02,
    for: 60_000,
    clears: 0.01,
    'at-least': 1,
  });
  assert.equal(parsed.plan.phases[1]?.['abort-by'], Date.UTC(2026, 10, 28, 3));
});

test('an entry may not have the name of the verification that every run adds', () => {
  const text = `${head}people: { ada: {} }\nroles: { owner: ada }\nplaybooks:\n  full:\n    scope: full\n    stages:\n      - s: [{ step: verified, owner: owner, timebox: 1m, manual: { do: x } }]\n`;
  const parsed = parsePlan({ file: 'a.plan.yaml', text });
  assert.equal(parsed.type, 'problems');
  if (parsed.type === 'problems')
    assert.deepEqual(
      parsed.problems.map((each) => each.code),
      ['BK-0419'],
    );
});
