// The plans that simulated worlds migrate by: some of every shape, made once and the same on every machine.
import { fingerprint } from '../../core/plan/canonical.ts';
import { parsePlan } from '../../core/plan/parse.ts';
import type { Snapshot } from '../../engine/systems.ts';
import { type Chance, chanceOf } from './chance.ts';

/** So many plans there are; a seed picks one. */
const SHAPES = 48;

/** The plan that every simulated world knows by this name. */
export const PLAN = 'simulated';

/** All of them. Parsed as a user's would be, because a simulation of plans that nobody could write proves nothing. */
export const simulatedPlans: readonly Snapshot[] = Array.from({ length: SHAPES }, (_, shape) =>
  snapshotOf(chanceOf(shape + 1)),
);

function snapshotOf(chance: Chance): Snapshot {
  const parsed = parsePlan({ file: 'simulated.plan.yaml', text: JSON.stringify(planOf(chance)) });
  if (parsed.type !== 'plan') throw new Error(JSON.stringify(parsed, null, 1).slice(0, 3_000));
  return { plan: parsed.plan, fingerprint: fingerprint(parsed.plan), directory: '/' };
}

function planOf(chance: Chance): unknown {
  const proven = chance.happens(0.8);
  const told = chance.happens(0.25);
  return {
    backout: 1,
    name: PLAN,
    people: { ada: { name: 'Ada' }, bob: { name: 'Bob' } },
    roles: { owner: 'ada', deputies: { technical: 'bob' } },
    systems: {
      it: { uses: 'simulated', ...(chance.happens(0.6) ? { environment: 'production' } : {}) },
    },
    signals: {
      errors: { from: 'it', of: 'errors', every: chance.pick(['500ms', '1s']) },
      calm: { from: 'it', of: 'calm', every: '1s' },
    },
    triggers: { broken: triggerOf(chance) },
    phases: [{ name: 'cutover', failure: ['broken'], rollback: 'full' }],
    checks: { quiet: { holds: { signal: 'calm', below: 1 } } },
    checkpoints: { well: { checks: ['quiet'] } },
    playbooks: {
      full: {
        scope: 'full',
        stages: stagesOf(chance),
        ...(proven ? { verified: verifiedOf(chance) } : {}),
      },
    },
    ...(told ? { notices: { on: ['run-start', 'run-end'], to: [{ channel: 'it' }] } } : {}),
  };
}

function triggerOf(chance: Chance): unknown {
  return {
    class: 'availability',
    when: { signal: 'errors', above: 5, for: chance.pick(['0s', '1s']) },
    mode: chance.pick(['automatic', 'review']),
    review: { by: 'owner', within: '4s', silence: chance.pick(['roll-back', 'hold']) },
    playbook: 'full',
  };
}

function verifiedOf(chance: Chance): unknown {
  return {
    by: ['well'],
    hold: chance.pick(['1ms', '300ms', '1s', '10s']),
    within: '60s',
  };
}

/** One to five steps in one to three stages, some beside each other, some by hand, sometimes a checkpoint between. */
function stagesOf(chance: Chance): readonly unknown[] {
  const steps = Array.from({ length: chance.between(1, 5) }, (_, index) =>
    stepOf(chance, `step-${index + 1}`, index),
  );
  const cut = chance.between(1, steps.length);
  const checkpoint = chance.happens(0.25) ? [{ checkpoint: 'well', timebox: '20s' }] : [];
  const stages = [{ first: [...steps.slice(0, cut), ...checkpoint] }];
  return cut < steps.length ? [...stages, { second: steps.slice(cut) }] : stages;
}

function stepOf(chance: Chance, name: string, index: number): unknown {
  const own = { step: name, owner: 'owner', timebox: chance.pick(['5s', '20s', '60s']) };
  if (chance.happens(0.1))
    return { ...own, manual: { do: 'Call the bank.', evidence: 'required' } };
  return {
    ...own,
    uses: 'simulated/value',
    with: { system: 'it', name },
    retry: { times: chance.pick([0, 2, 5]), backoff: chance.pick(['100ms', '1s']) },
    // What is not said waits for the step before it in the same stage.
    ...(index > 0 && chance.happens(0.5) ? { needs: [] } : {}),
  };
}
