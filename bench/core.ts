// Core: how fast a run of 40 steps folds, and how fast it is decided command by command. No I/O at all.
import { fold } from '../src/core/journal/aggregate.ts';
import { runAggregate } from '../src/core/rollback/run.ts';
import { type RunStory, begun, carryOut, started, step } from '../src/testing/playbooks.ts';
import type { Bench } from './bench.ts';

const steps = 40;
const rounds = 30;

/** The bench. */
export const core: Bench = {
  name: 'core',
  run: async () => {
    const { events } = wholeRun();
    return [
      {
        what: `evolve: events folded of a run of ${steps} steps`,
        unit: '/s',
        samples: rates(events.length * 20, () => {
          for (let again = 0; again < 20; again++)
            fold(runAggregate.evolve, runAggregate.initial, events);
        }),
      },
      {
        what: `decide and evolve: events of a run of ${steps} steps`,
        unit: '/s',
        samples: rates(events.length, wholeRun),
      },
    ];
  },
};

/** A run that went well from its start to its end. */
function wholeRun(): RunStory {
  const names = Array.from({ length: steps }, (_, n) => (n === 0 ? 's0' : `s${n}<s${n - 1}`));
  const story = started(...names.map((name) => step(name)));
  for (let n = 0; n < steps; n++) carryOut(story, `s${n}`);
  if (begun(story).status !== 'ended') throw new Error('[bench] The run did not end.');
  return story;
}

/** Events a second, in each of several rounds; the first ones only warm up. */
function rates(events: number, round: () => unknown): readonly number[] {
  for (let warm = 0; warm < 10; warm++) round();
  return Array.from({ length: rounds }, () => {
    const began = performance.now();
    round();
    return events / ((performance.now() - began) / 1000);
  });
}
