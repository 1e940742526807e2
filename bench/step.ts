// Step overhead: from a step's dispatch to its confirmation in the journal, when the system says at once that all is so.
import type { JournalEvent } from '../src/core/journal/event.ts';
import type { RunEvent } from '../src/core/rollback/events.ts';
import type { Bench } from './bench.ts';
import { withPretended } from './pretended.ts';

const steps = 40;

const plan = `
backout: 1
name: steps
people: { ada: { name: Ada } }
roles: { owner: ada }
systems:
  it: { uses: pretend }
phases:
  - { name: cutover, failure: { not-applicable: nothing is watched }, rollback: full }
playbooks:
  full:
    scope: full
    stages:
      - back:
${Array.from({ length: steps }, (_, n) => `          - { step: step-${n}, owner: owner, timebox: 20s, uses: pretend/so, with: { system: it } }`).join('\n')}
`;

/** The bench. */
export const step: Bench = {
  name: 'step',
  run: () =>
    withPretended(plan, async ({ control, event }) => {
      for (const run of [1, 2]) {
        const answer = await control.order(
          'steps',
          { playbook: 'full', because: 'the bench', kind: 'drill' },
          'the bench',
        );
        if (answer.type === 'rejected') throw new Error(`[bench] ${answer.because}`);
        await event(`run-${run}`, ({ body }) => body.type === 'RunEnded');
      }
      // The first run has opened connections and warmed everything up.
      const samples = overheads(await control.events('run-2'));
      return [{ what: 'a step that is already so, dispatch to confirmed', unit: 'ms', samples }];
    }),
};

function overheads(events: readonly JournalEvent[]): readonly number[] {
  const dispatched = new Map<string, number>();
  const took: number[] = [];
  for (const event of events) {
    // The cast holds because a run's stream holds only events of runs.
    const body = event.body as RunEvent;
    if (body.type === 'StepDispatched') dispatched.set(body.step, event.at);
    if (body.type === 'StepConfirmed')
      took.push(event.at - (dispatched.get(body.step) ?? event.at));
  }
  return took;
}
