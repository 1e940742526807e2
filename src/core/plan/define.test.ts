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
  stages: [
    {
      stabilise: [
        {
          step: 'stop',
          owner: 'technical',
          timebox: '60s',
          uses: 'http/holds',
          with: { system: 'metrics' },
        },
      ],
    },
  ],
} as const;

test('a plan in TypeScript is the plan that the same YAML gives', () => {
  const plan = definePlan({
    backout: 1,
    name: 'move',
    ...written,
    phases: [{ name: 'cutover', failure: ['too-many'], rollback: 'full' }],
    triggers: {
      'too-many': {
        class: 'availability',
        when: { all: [{ signal: 'errors', above: '2%', for: '1m' }] },
        mode: 'automatic',
        playbook: 'full',
      },
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
    () =>
      definePlan({ backout: 1, name: 'Not a name', signals: { a: { from: 'nowhere' as never } } }),
    (error) =>
      error instanceof InvalidPlan &&
      error.problems.length === 2 &&
      /BK-0411/.test(error.message) &&
      /BK-0412/.test(error.message),
  );
});

/** What each refused plan below has beside its mistake. */
const base = { backout: 1, name: 'x', ...written } as const;
const when = { signal: 'errors', above: 1 } as const;

test('wrong names and malformed scalars are type errors', () => {
  const refused: readonly (() => unknown)[] = [
    () =>
      definePlan({
        ...base,
        signals: {
          a: {
            // @ts-expect-error a system that is not defined
            from: 'metricz',
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        roles: {
          // @ts-expect-error a person that is not defined
          owner: 'bob',
        },
      }),
    () =>
      definePlan({
        ...base,
        playbooks: {
          full: {
            scope: 'full',
            stages: [
              {
                a: [
                  {
                    step: 's',
                    // @ts-expect-error a role that is not defined
                    owner: 'technicl',
                    timebox: '1m',
                    manual: { do: 'x' },
                  },
                ],
              },
            ],
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        playbooks: {
          full: {
            scope: 'full',
            stages: [
              {
                a: [
                  {
                    step: 's',
                    owner: 'technical',
                    // @ts-expect-error a duration with a word for its unit
                    timebox: '5 minutes',
                    manual: { do: 'x' },
                  },
                ],
              },
            ],
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        playbooks: {
          full: {
            scope: 'full',
            stages: [
              {
                a: [
                  {
                    step: 's',
                    owner: 'technical',
                    timebox: '1m',
                    uses: 'http/holds',
                    with: {
                      // @ts-expect-error a system in a step that is not defined
                      system: 'routr',
                    },
                  },
                ],
              },
            ],
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        playbooks: {
          full: {
            ...full,
            verified: {
              by: [
                // @ts-expect-error a checkpoint that is not defined
                'works',
              ],
            },
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        playbooks: { full },
        triggers: {
          t: {
            class: 'data',
            when,
            mode: 'advise',
            // @ts-expect-error a playbook that is not defined
            playbook: 'ful',
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        playbooks: { full },
        triggers: {
          t: {
            class: 'data',
            when: {
              any: [
                {
                  all: [
                    {
                      // @ts-expect-error a signal that is not defined, deep in a condition
                      signal: 'error',
                      above: 1,
                    },
                  ],
                },
              ],
            },
            mode: 'advise',
            playbook: 'full',
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        playbooks: { full },
        triggers: {
          t: {
            class: 'data',
            when: {
              // @ts-expect-error a reconciliation that is not defined
              reconciliation: 'accounts',
              'differences-above': 1,
            },
            mode: 'advise',
            playbook: 'full',
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        phases: [
          {
            name: 'p',
            failure: [
              // @ts-expect-error a trigger that is not defined
              'nothing',
            ],
          },
        ],
      }),
    () =>
      definePlan({
        ...base,
        checkpoints: {
          works: {
            checks: [
              // @ts-expect-error a check that is not defined
              'nothing',
            ],
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        checks: {
          low: {
            holds: {
              signal: 'errors',
              below: 1,
              // @ts-expect-error how long it must hold, as a bare number
              for: 60,
            },
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        playbooks: { full },
        triggers: {
          t: {
            class: 'data',
            when,
            mode: 'review',
            review: {
              // @ts-expect-error a review by a role that is not defined
              by: 'securty',
            },
            playbook: 'full',
          },
        },
      }),
    () =>
      definePlan({
        ...base,
        checks: {
          low: {
            holds: {
              signal: 'errors',
              // @ts-expect-error a key that the language does not know
              abov: 1,
            },
          },
        },
      }),
  ];
  // What the compiler refuses is refused at run time as well.
  for (const define of refused) assert.throws(define, InvalidPlan);
});
