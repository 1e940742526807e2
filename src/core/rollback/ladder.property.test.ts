// What holds for every ladder, whatever the playbook and in whatever order time, news and people come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { course, tellCourse } from '../../../test/core/course.ts';
import { begun, stepIn } from '../../testing/playbooks.ts';
import type { RunEvent } from './events.ts';
import { rungsOf } from './ladder.ts';

const day = 24 * 60 * 60_000;

test('however long nobody does anything, calls end, and the run has ended or still names whom it waits for', () => {
  fc.assert(
    fc.property(course, (each) => {
      const story = tellCourse(each);
      const { length } = story.events;
      // Passing looks whenever a deadline comes; it throws when one comes back for ever.
      story.pass(day);
      const late = story.events.slice(length).map(({ body }) => body);
      for (const node of begun(story).graph.nodes) {
        const calls = late.filter((body) => body.type === 'StepCalled' && body.step === node.id);
        // Those of one blocking and those after the silence of who had taken it.
        assert.ok(
          calls.length <= 2 * (node.ladder?.length ?? 0) + 2,
          `${node.id}: ${calls.length}`,
        );
      }
      const quiet = story.events.length;
      story.pass(day);
      const again = story.events.slice(quiet).map(({ body }) => body.type);
      assert.ok(
        again.every((type) => type === 'StepDispatched'),
        again.join(),
      );
    }),
    { numRuns: 1000 },
  );
});

test('when nobody answers, every rung is called in its order and the contingency takes over', () => {
  fc.assert(
    fc.property(course, (each) => {
      const story = tellCourse(each);
      story.pass(day);
      const run = begun(story);
      if (run.status !== 'running' && run.status !== 'paused') return;
      for (const node of run.graph.nodes) {
        const step = stepIn(story, node.id);
        const { calling } = step;
        if (node.ladder === undefined) continue;
        if ((step.status !== 'asked' && step.status !== 'blocked') || calling === null) continue;
        assert.equal(calling.next, rungsOf(node, step, calling).length, node.id);
        assert.equal(calling.taken, null, 'silence ends what somebody took');
        if (node.contingency !== undefined)
          assert.equal(step.handedOver?.role, node.contingency.role);
      }
    }),
    { numRuns: 1000 },
  );
});

test('people are called only for what waits for them, in order, and never while somebody is at it', () => {
  fc.assert(
    fc.property(course, (each) => {
      const next = new Map<string, number>();
      const taken = new Map<string, number>();
      const over = new Set<string>();
      tellCourse(each, (story, _, __, added) => {
        for (const { body, at } of added) {
          if (!('step' in body)) continue;
          const { step: id } = body;
          if (begins(body)) {
            next.set(id, 0);
            taken.delete(id);
          }
          if (ends(body)) next.delete(id);
          if (body.type === 'StepAcknowledged') taken.set(id, at);
          const box = begun(story).graph.nodes.find((node) => node.id === id)?.timeboxMs ?? 0;
          if (body.type === 'StepCalled') {
            const since = taken.get(id);
            assert.ok(since === undefined || at >= since + box, `${id} was taken`);
            const expected = next.get(id);
            if (expected === undefined) return assert.fail(`${id} waits for nobody`);
            assert.ok(body.rung === expected || (since !== undefined && body.rung === 0));
            next.set(id, body.rung + 1);
            taken.delete(id);
          }
          if (body.type === 'StepHandedOver') {
            assert.ok(!over.has(id), `${id} was handed over before`);
            over.add(id);
            const since = taken.get(id);
            assert.ok(since === undefined || at >= since + box, `${id} was taken`);
          }
        }
      });
    }),
    { numRuns: 1500 },
  );
});

test('nobody is called for a run that is being aborted or has ended', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (_, __, before, added) => {
        if (before.type !== 'run' || (before.status !== 'aborting' && before.status !== 'ended'))
          return;
        assert.ok(
          added.every(({ body }) => body.type !== 'StepCalled' && body.type !== 'StepHandedOver'),
        );
      });
    }),
    { numRuns: 3000 },
  );
});

function begins(body: RunEvent): boolean {
  return body.type === 'StepBlocked' || body.type === 'StepAsked';
}

function ends(body: RunEvent): boolean {
  return (
    body.type === 'StepConfirmed' || body.type === 'StepSkipped' || body.type === 'StepRetried'
  );
}
