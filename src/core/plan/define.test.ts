// Tests of plans written in TypeScript: what the compiler refuses, and that the result is the same as the YAML's.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidPlan, definePlan } from './define.ts';
import { parsePlan } from './parse.ts';

const written = {
  people: { ada: { name: 'Ada' } },
  roles: { owner: 'ada', deputies: { technical: 'ada' } },
  systems: { metrics: { uses: 'prometheus', url: '${PROM_URL}' } },
  signals: { errors: { from: 'metrics', query: 'x', every: '5s' } },
} as const;

const full = {
  scope: 'full',
  stages: [{ stabilise: [{ step: 'stop', owner: 'technical', timebox: '60s', uses: 'http/holds', with: { system: 'metrics' } }] }],
} as const;

test('a plan in TypeScript is the plan that the same YAML gives', () => {
  const plan = definePlan({
    backout: 1,
    name: 'move',
    ...written,
    phases: [{ name: 'cutover', failure: ['too-many'], rollback: 'full' }],
    triggers: {
      'too-many': { class: 'availability', when: { all: [{ signal: 'errors', above: '2%', for: '1m' }] }, mode: 'automatic', playbook: 'full' },
    },
    playbooks: { full: { ...full, verified: { by: ['works'] } } },
    checks: { low: { holds: { signal: 'errors', below: 0.01 } } },
    checkpoints: { works: { checks: ['low', 'errors'] } },
  });
  const parsed = parsePlan({
    file: 'move.plan.yaml',
    text: `
backout: 1
name: move
people: { ada: { name: Ada } }
roles: { owner: ada, deputies: { technical: ada } }
systems: { metrics: { uses: prometheus, url: "\${PROM_URL}" } }
signals: { errors: { from: metrics, query: x, every: 5s } }
phases: [{ name: cutover, failure: [too-many], rollback: full }]
triggers:
  too-many: { class: availability, when: { all: [{ signal: errors, above: 2%, for: 1m }] }, mode: automatic, playbook: full }
playbooks:
  full:
    scope: full
    stages: [{ stabilise: [{ step: stop, owner: technical, timebox: 60s, uses: http/holds, with: { system: metrics } }] }]
    verified: { by: [works] }
checks: { low: { holds: { signal: errors, below: 0.01 } } }
checkpoints: { works: { checks: [low, errors] } }
`,
  });
  assert.equal(parsed.type, 'plan');
  assert.deepEqual(plan, parsed.type === 'plan' && parsed.plan);
});

test('a plan in TypeScript that is wrong throws every problem at once', () => {
  assert.throws(
    // The compiler is silenced on purpose: JavaScript has none.
    () => definePlan({ backout: 1, name: 'Not a name', signals: { a: { from: 'nowhere' as never } } }),
    (error) => error instanceof InvalidPlan && error.problems.length === 2 && /BK-0411/.test(error.message) && /BK-0412/.test(error.message),
  );
});

test('wrong names and malformed scalars are type errors', () => {
  const refused: readonly (() => unknown)[] = [
    // @ts-expect-error a system that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, signals: { a: { from: 'metricz' } } }),
    // @ts-expect-error a person that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, roles: { owner: 'bob' } }),
    // @ts-expect-error a role that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full: { scope: 'full', stages: [{ a: [{ step: 's', owner: 'technicl', timebox: '1m', manual: { do: 'x' } }] }] } } }),
    // @ts-expect-error a duration with a word for its unit
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full: { scope: 'full', stages: [{ a: [{ step: 's', owner: 'technical', timebox: '5 minutes', manual: { do: 'x' } }] }] } } }),
    // @ts-expect-error a system in a step that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full: { scope: 'full', stages: [{ a: [{ step: 's', owner: 'technical', timebox: '1m', uses: 'http/holds', with: { system: 'routr' } }] }] } } }),
    // @ts-expect-error a checkpoint that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full: { ...full, verified: { by: ['works'] } } } }),
    // @ts-expect-error a playbook that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full }, triggers: { t: { class: 'data', when: { signal: 'errors', above: 1 }, mode: 'advise', playbook: 'ful' } } }),
    // @ts-expect-error a signal that is not defined, deep in a condition
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full }, triggers: { t: { class: 'data', when: { any: [{ all: [{ signal: 'error', above: 1 }] }] }, mode: 'advise', playbook: 'full' } } }),
    // @ts-expect-error a reconciliation that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full }, triggers: { t: { class: 'data', when: { reconciliation: 'accounts', 'differences-above': 1 }, mode: 'advise', playbook: 'full' } } }),
    // @ts-expect-error a trigger that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, phases: [{ name: 'p', failure: ['nothing'] }] }),
    // @ts-expect-error a check that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, checkpoints: { works: { checks: ['nothing'] } } }),
    // @ts-expect-error how long a signal must be bad, as a bare number
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full }, triggers: { t: { class: 'data', when: { signal: 'errors', above: 1, for: 60 }, mode: 'advise', playbook: 'full' } } }),
    // @ts-expect-error a review by a role that is not defined
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full }, triggers: { t: { class: 'data', when: { signal: 'errors', above: 1 }, mode: 'review', review: { by: 'securty' }, playbook: 'full' } } }),
    // @ts-expect-error a key that the language does not know
    () => definePlan({ backout: 1, name: 'x', ...written, playbooks: { full }, triggers: { t: { class: 'data', when: { signal: 'errors', abov: 1 }, mode: 'advise', playbook: 'full' } } }),
  ];
  // What the compiler refuses is refused at run time as well.
  for (const define of refused) assert.throws(define, InvalidPlan);
});
