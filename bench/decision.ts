// Decision latency: from the first bad sample, with `for: 0s`, to the first call that changes a system.
import type { Bench } from './bench.ts';
import { type Pretended, until, withPretended } from './pretended.ts';

const breaches = 30;

const plan = `
backout: 1
name: decided
people: { ada: { name: Ada } }
roles: { owner: ada }
systems:
  it: { uses: pretend }
signals:
  errors: { from: it, of: errors, every: 200ms }
phases:
  - { name: cutover, failure: [errors], rollback: full }
triggers:
  errors: { class: availability, when: { signal: errors, above: 5, for: 0s }, mode: automatic, playbook: full }
playbooks:
  full:
    scope: full
    stages:
      - back: [{ step: route-back, owner: owner, timebox: 20s, uses: pretend/weight, with: { system: it, legacy: 100 } }]
`;

/** The bench. */
export const decision: Bench = {
  name: 'decision',
  run: () =>
    withPretended(plan, async (pretended) => {
      // One breach more than is counted: the first one opens what the others find open.
      for (let run = 1; run <= breaches + 1; run++) await breach(pretended, run);
      return [
        {
          what: 'first bad sample to first apply, for: 0s',
          unit: 'ms',
          samples: pretended.system.latencies.slice(1),
          bar: { most: 250 },
        },
      ];
    }),
};

/** Breaks the system, and waits until a run has mended it and the trigger is quiet again. */
async function breach({ system, control, event }: Pretended, run: number): Promise<void> {
  system.weight = 0;
  system.errors = 10;
  await event(`run-${run}`, ({ body }) => body.type === 'RunEnded');
  await until(async () => {
    const migration = await control.migration('decided');
    if (migration.type === 'none') return false;
    return (
      migration.activeRun === null &&
      Object.values(migration.standing).every((each) => each.breach === null)
    );
  });
}
