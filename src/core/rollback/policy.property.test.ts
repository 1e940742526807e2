// What holds for every failure, whatever the policy and in whatever order news, time and people come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { course, tellCourse } from '../../../test/core/course.ts';
import { begun } from '../../testing/playbooks.ts';
import { policyOfNode } from './attempt.ts';
import type { RunEvent } from './events.ts';

test('a failure is answered as the policy of its step says, and a spent retry calls people', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (story, _, before, added) => {
        const bodies = added.map(({ body }) => body);
        for (const failure of bodies) {
          if (failure.type !== 'StepAttemptFailed' || before.type !== 'run') continue;
          const node = begun(story).graph.nodes.find(({ id }) => id === failure.step);
          if (node === undefined) return assert.fail(failure.step);
          const reaction = policyOfNode(node)[failure.class];
          const blocked = bodies.find(isBlock(failure.step));
          if (blocked === undefined) {
            assert.equal(reaction, 'retry');
            assert.ok(bodies.some(({ type }) => type === 'StepRetryPlanned'));
            continue;
          }
          assert.equal(blocked.reaction, reaction === 'retry' ? 'climb' : reaction);
          const pauses = bodies.some(({ type }) => type === 'RunPaused');
          assert.equal(pauses, reaction === 'stop' && before.status === 'running');
        }
      });
    }),
    { numRuns: 1500 },
  );
});

test('a step is never tried again by itself more often than its policy allows', () => {
  fc.assert(
    fc.property(course, (each) => {
      const retries = new Map<string, number>();
      tellCourse(each, (story, _, __, added) => {
        for (const { body } of added) {
          if (body.type === 'StepRetried') retries.set(body.step, 0);
          if (body.type !== 'StepRetryPlanned') continue;
          const times = (retries.get(body.step) ?? 0) + 1;
          retries.set(body.step, times);
          const work = begun(story).graph.nodes.find(({ id }) => id === body.step)?.work;
          if (work?.type === 'state') assert.ok(times <= work.retry.times);
        }
      });
    }),
    { numRuns: 1500 },
  );
});

function isBlock(step: string) {
  return (body: RunEvent): body is RunEvent & { type: 'StepBlocked' } =>
    body.type === 'StepBlocked' && body.step === step;
}
