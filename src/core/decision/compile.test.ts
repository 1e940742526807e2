// From a plan's triggers to rules that are judged, and one look at a check's condition.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition as PlanCondition } from '../plan/condition.ts';
import { parsePlan } from '../plan/parse.ts';
import type { Plan } from '../plan/plan.ts';
import { compileGuards, compileTriggers, lookAtCondition, signalsOf } from './compile.ts';
import type { SignalReading } from './sample.ts';
import type { Trigger } from './trigger.ts';

const head = `
backout: 1
name: shop
people: { ada: { name: Ada } }
roles: { owner: ada }
systems:
  metrics: { uses: prometheus, url: "http://metrics" }
signals:
  errors: { from: metrics, query: e, every: 5s }
  seldom: { from: metrics, query: s, every: 1m }
playbooks:
  full:
    scope: full
    stages: [{ back: [{ step: a, owner: owner, timebox: 60s, manual: { do: go } }] }]
`;

function planOf(rest: string): Plan {
  const parsed = parsePlan({ file: 'plan.yaml', text: head + rest });
  if (parsed.type === 'plan') return parsed.plan;
  throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
}

function triggerOf(body: string): Trigger {
  const [trigger] = compileTriggers(
    planOf(`triggers:\n  t: { class: availability, playbook: full, ${body} }\n`),
  );
  assert.ok(trigger);
  return trigger;
}

test('a threshold becomes a rule with its own clear limit, cleared after twice its duration', () => {
  const { when } = triggerOf(
    'mode: automatic, when: { signal: errors, above: 2%, for: 1m, clears-below: 1% }',
  );
  assert.deepEqual(when, {
    type: 'rule',
    leaf: 't',
    signal: 'errors',
    rule: {
      type: 'threshold',
      direction: 'above',
      limit: 0.02,
      clearsAt: 0.01,
      forMs: 60_000,
      clearForMs: 120_000,
      atLeast: 1,
      everyMs: 5_000,
      blindAfterMs: 30_000,
    },
  });
});

test('a signal that is read seldom is not blind between two readings', () => {
  const { when } = triggerOf('mode: automatic, when: { signal: seldom, above: 1 }');
  assert.ok(when.type === 'rule');
  assert.equal(when.rule.blindAfterMs, 120_000);
});

test('all is all of them, any is one of them, and each leaf has a name of its own', () => {
  const both = triggerOf(
    'mode: automatic, when: { all: [{ signal: errors, above: 1 }, { any: [{ signal: errors, above: 2 }, { signal: seldom, above: 3 }] }] }',
  );
  assert.ok(both.when.type === 'at-least');
  assert.equal(both.when.count, 2);
  const [first, second] = both.when.of;
  assert.ok(first?.type === 'rule' && second?.type === 'at-least');
  assert.equal(first.leaf, 't/1');
  assert.equal(second.count, 1);
  assert.deepEqual(
    second.of.map((leaf) => (leaf.type === 'rule' ? leaf.leaf : '')),
    ['t/2/1', 't/2/2'],
  );
});

test('what this version does not judge says so', () => {
  const { when } = triggerOf('mode: advise, when: { signal: errors, worse-than: legacy }');
  assert.equal(when.type, 'not-judged');
});

test('blindness that is ignored keeps its date, and a trigger without a review asks the owner and then holds', () => {
  const trigger = triggerOf(
    'mode: automatic, no-data: { is: { ignore-until: 2026-12-01 } }, when: { signal: errors, above: 1 }',
  );
  assert.deepEqual(trigger.blind, { type: 'ignore', until: Date.UTC(2026, 11, 1) });
  assert.deepEqual(trigger.review, { by: 'owner', withinMs: 300_000, silence: 'hold' });
});

test('guards keep the cool-down and how often', () => {
  assert.deepEqual(compileGuards(planOf('guards: { cooldown: 30m, at-most: 1 per 6h }\n')), {
    cooldownMs: 1_800_000,
    atMost: { count: 1, perMs: 21_600_000 },
  });
});

const bad: PlanCondition = {
  type: 'threshold',
  signal: 'errors',
  comparison: 'above',
  limit: 2,
  for: 60_000,
  clears: 1,
  'at-least': 5,
};
const low: PlanCondition = { ...bad, signal: 'login', comparison: 'below', limit: 1 };
const number = (value: number): SignalReading => ({ type: 'number', at: 0, value });

test('one look at a check says true, false or unknown, never a guess', () => {
  assert.equal(lookAtCondition(bad, { errors: number(3) }), 'true');
  assert.equal(lookAtCondition(bad, { errors: number(2) }), 'false');
  assert.equal(lookAtCondition(bad, { errors: number(Number.NaN) }), 'unknown');
  assert.equal(
    lookAtCondition(bad, { errors: { type: 'error', at: 0, because: 'refused' } }),
    'unknown',
  );
  assert.equal(lookAtCondition(bad, {}), 'unknown');
  assert.equal(lookAtCondition({ type: 'all', of: [bad, low] }, { errors: number(3) }), 'unknown');
  assert.equal(lookAtCondition({ type: 'all', of: [bad, low] }, { errors: number(1) }), 'false');
  assert.equal(lookAtCondition({ type: 'any', of: [bad, low] }, { errors: number(3) }), 'true');
  assert.equal(
    lookAtCondition(
      { type: 'at-least', count: 2, of: [bad, low] },
      { errors: number(3), login: number(0) },
    ),
    'true',
  );
});

test('a condition names the signals that it looks at', () => {
  assert.deepEqual(signalsOf({ type: 'any', of: [bad, { type: 'all', of: [low] }] }), [
    'errors',
    'login',
  ]);
});
