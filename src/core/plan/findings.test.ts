// Tests of findings: what a valid plan leaves open, each rule once, with its severity and place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from './parse.ts';
import { renderFinding } from './problem.ts';
import type { Finding } from './problem.ts';

const head = 'backout: 1\nname: move\n';
const watched = `${head}systems: { m: { uses: x } }\nsignals: { a: { from: m } }\n`;

function findingsOf(text: string): readonly Finding[] {
  const parsed = parsePlan({ file: 'p.plan.yaml', text });
  assert.ok(parsed.type === 'plan', JSON.stringify(parsed));
  return parsed.findings;
}

function expectFinding(
  text: string,
  rule: string,
  severity: Finding['severity'],
  line: number,
): Finding {
  const found = findingsOf(text).find((finding) => finding.rule === rule);
  assert.ok(
    found,
    `${rule} is not among ${findingsOf(text)
      .map((finding) => finding.rule)
      .join(', ')}`,
  );
  assert.deepEqual([found.severity, found.line], [severity, line], renderFinding(found));
  return found;
}

const trigger = (more: string) =>
  `${watched}playbooks: { p: { scope: full, stages: [{ s: [{ checkpoint: c }] }] } }\ncheckpoints: { c: { checks: [a] } }\ntriggers:\n  t: { class: data, when: { signal: a, above: 1 }, playbook: p, ${more} }\n`;

test('an unused definition is a warning at its name', () => {
  expectFinding(`${head}systems: { m: { uses: x } }\n`, 'system-is-used', 'warn', 3);
  expectFinding(watched, 'signal-is-used', 'warn', 4);
  expectFinding(`${head}people: { ada: {} }\n`, 'person-is-used', 'warn', 3);
  expectFinding(
    `${watched}checks: { c: { holds: { signal: a, above: 1 } } }\n`,
    'check-is-used',
    'warn',
    5,
  );
  expectFinding(`${watched}checkpoints: { c: { checks: [a] } }\n`, 'checkpoint-is-used', 'warn', 5);
  expectFinding(
    `${watched}checkpoints: { c: { checks: [a] } }\nplaybooks: { p: { scope: full, stages: [{ s: [{ checkpoint: c }] }] } }\n`,
    'playbook-is-used',
    'warn',
    6,
  );
});

test('whoever may be called and has none of the addresses that calls go to blocks', () => {
  const plan = (ada: string): string =>
    `${head}systems: { mail: { uses: smtp } }\npeople: { ada: ${ada} }\nroles: { owner: ada }\nnotices: { calls: [{ channel: mail, to: email }] }\n`;
  expectFinding(plan('{ chat: ada }'), 'person-is-reachable', 'block', 4);
  const reachable = findingsOf(plan('{ email: ada@example.com }'));
  assert.ok(reachable.every(({ rule }) => rule !== 'person-is-reachable'));
});

test('a phase without failure triggers blocks', () => {
  expectFinding(`${head}phases:\n  - name: canary\n`, 'phase-has-failure-criteria', 'block', 4);
});

test('a phase from which no playbook leads back is a warning', () => {
  expectFinding(`${head}phases:\n  - name: canary\n`, 'phase-has-way-back', 'warn', 4);
});

test('a trigger that no phase arms blocks', () => {
  expectFinding(
    `${trigger('mode: advise')}phases: [{ name: canary }]\n`,
    'trigger-is-armed',
    'block',
    8,
  );
});

test('a review without deadline or declared silence is a warning, and the defaults are taken', () => {
  const text = trigger('mode: review, review: { by: owner }').replace(
    'systems',
    'people: { ada: {} }\nroles: { owner: ada }\nsystems',
  );
  expectFinding(text, 'review-has-deadline', 'warn', 10);
  expectFinding(text, 'review-says-silence', 'warn', 10);
});

test('a role that nobody holds blocks, and so does a plan without owner', () => {
  expectFinding(`${head}roles:\n  deputies:\n    technical: null\n`, 'role-filled', 'block', 5);
  expectFinding(head, 'owner-declared', 'block', 2);
});

test('a playbook that nothing verifies blocks', () => {
  expectFinding(trigger('mode: advise'), 'playbook-is-verified', 'block', 5);
});

test('a step that destroys blocks until the plan says which environment its system is', () => {
  const destroys = (environment: string): string => `${head}people: { ada: {} }
roles: { owner: ada }
systems:
  copies: { uses: postgres, url: "\${COPIES_URL}"${environment} }
playbooks:
  full:
    scope: full
    stages:
      - clean:
          - step: drop-copies
            owner: owner
            timebox: 1m
            uses: sql/holds
            with: { system: copies, check: "select true" }
            destructive: { names: copies, at-most: 5 }
`;
  expectFinding(destroys(''), 'destructive-names-environment', 'block', 17);
  const named = findingsOf(destroys(', environment: production'));
  assert.ok(named.every(({ rule }) => rule !== 'destructive-names-environment'));
});

test('rolling back because the only source fell silent blocks', () => {
  expectFinding(
    trigger('mode: automatic, no-data: { is: roll-back }'),
    'blind-never-rolls-back',
    'block',
    8,
  );
});

test('a comparison that this version does not judge is held', () => {
  const text = trigger('mode: advise').replace('above: 1 }', 'worse-than: legacy }');
  assert.match(expectFinding(text, 'condition-is-judged', 'hold', 8).message, /cannot fire yet/);
  const beside = text.replace(
    '{ signal: a, worse-than: legacy }',
    '{ any: [{ signal: a, worse-than: legacy }, { signal: a, above: 1 }] }',
  );
  assert.match(expectFinding(beside, 'condition-is-judged', 'hold', 8).message, /in part/);
});

test('a secret in plain text blocks, and its frame does not show it', () => {
  const token = expectFinding(
    `${head}systems: { m: { uses: x, token: abc123secret } }\n`,
    'secret-is-referenced',
    'block',
    3,
  );
  assert.equal(
    token.frame,
    '   3 | systems: { m: { uses: x, token: ••• } }\n     |                          ^^^^^',
  );
  const url = expectFinding(
    `${head}systems:\n  m:\n    uses: x\n    url: postgres://app:hunter2@db/x\n`,
    'secret-is-referenced',
    'block',
    6,
  );
  assert.ok(!renderFinding(url).includes('hunter2'));
  assert.ok(
    !findingsOf(`${head}systems: { m: { uses: x, token: "\${T}" } }\n`).some(
      (finding) => finding.rule === 'secret-is-referenced',
    ),
  );
});

for (const rule of [
  'objectives-rto',
  'objectives-rpo',
  'phases',
  'triggers',
  'ladders',
  'safeguards-backups',
  'baseline',
  'communications',
]) {
  test(`a plan that is silent about ${rule} is told so, unless it says that this does not apply`, () => {
    expectFinding(head, `${rule}-declared`, 'warn', 2);
    const path = rule.split('-');
    const silenced = `${head}${path.map((key, depth) => `${'  '.repeat(depth)}${key}:\n`).join('')}${'  '.repeat(path.length)}not-applicable: it is a toy\n`;
    assert.ok(!findingsOf(silenced).some((finding) => finding.rule === `${rule}-declared`));
  });
}

test('a finding is shown with its mark, place and mend', () => {
  const finding = findingsOf(`${head}people: { ada: {} }\n`).find(
    (each) => each.rule === 'person-is-used',
  );
  assert.equal(
    finding && renderFinding(finding),
    [
      '◐ person-is-used   Person ada holds no role.',
      '  p.plan.yaml:3:11',
      '   3 | people: { ada: {} }',
      '     |           ^^^ Use it, or take it out.',
    ].join('\n'),
  );
});

test('a secret file with a relative path is a warning', () => {
  const text = `${head}systems: { m: { uses: x, token: "\${file:secrets/x}" } }\n`;
  expectFinding(text, 'secret-file-is-absolute', 'warn', 3);
  const absolute = findingsOf(text.replace('secrets/x', '/run/secrets/x'));
  assert.ok(!absolute.some((finding) => finding.rule === 'secret-file-is-absolute'));
});
