// What holds for the undo of every run, whatever happened in it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { course, tellCourse } from '../../../test/core/course.ts';
import { begun, type RunStory } from '../../testing/playbooks.ts';
import { type Graph, flawOf } from './graph.ts';
import { compileUndo } from './undo.ts';

test('an undo covers exactly what was changed or may have been, in reverse, and never turns in a circle', () => {
  let undone = 0;
  fc.assert(
    fc.property(course, (each) => {
      const story = tellCourse(each);
      end(story);
      const undo = compileUndo(begun(story));
      const touched = touchedIn(story);
      if (undo.type === 'refused') {
        assert.equal(undo.code, 'nothing-to-undo');
        return assert.deepEqual([...touched], []);
      }
      undone += 1;
      const { graph } = undo;
      assert.equal(flawOf(graph), null);
      const steps = graph.nodes.map(({ id }) => id).filter((id) => id !== 'verified');
      assert.deepEqual(new Set(steps), touched);
      assert.equal(steps.length, touched.size);
      const [was, is] = [ancestors(each.graph), ancestors(graph)];
      for (const id of touched) {
        for (const ground of was.get(id) ?? [])
          if (touched.has(ground))
            assert.ok(is.get(ground)?.has(id), `${ground} is undone before ${id}`);
        for (const later of is.get(id) ?? []) assert.ok(was.get(later)?.has(id));
      }
    }),
    { numRuns: 1500 },
  );
  assert.ok(undone > 100, `only ${undone} of the runs had something to undo`);
});

test('the undo from a step on is a part of the whole undo, and holds nothing that came before that step', () => {
  fc.assert(
    fc.property(course, fc.nat(), (each, pick) => {
      const story = tellCourse(each);
      end(story);
      const ids = each.graph.nodes.map(({ id }) => id);
      const from = ids[pick % ids.length] ?? '';
      const part = compileUndo(begun(story), from);
      if (part.type === 'refused') return;
      const was = ancestors(each.graph);
      const touched = touchedIn(story);
      const steps = part.graph.nodes.map(({ id }) => id).filter((id) => id !== 'verified');
      const wanted = ids.filter(
        (id) => touched.has(id) && (id === from || was.get(id)?.has(from) === true),
      );
      assert.deepEqual(new Set(steps), new Set(wanted));
      assert.equal(flawOf(part.graph), null);
    }),
  );
});

/** People abort what has not ended; what is at work is lost with its node. */
function end(story: RunStory): void {
  if (begun(story).status !== 'ended') story.when({ type: 'AbortRun', because: 'enough' });
  for (const [step, { status, attempt, node }] of Object.entries(begun(story).steps)) {
    if (status === 'running' && node !== null)
      story.when({ type: 'ReportLost', step, attempt, node });
  }
  assert.equal(begun(story).status, 'ended');
}

/** What the journal says was changed or may have been: told by the events alone. */
function touchedIn(story: RunStory): ReadonlySet<string> {
  const works = new Map(begun(story).graph.nodes.map(({ id, work }) => [id, work.type]));
  return new Set(
    story.events.flatMap(({ body }) => {
      if (body.type === 'StepObserved') return works.get(body.step) === 'state' ? [body.step] : [];
      if (body.type !== 'StepConfirmed' || body.done !== 'by-hand') return [];
      const work = works.get(body.step);
      return work === 'state' || work === 'manual' ? [body.step] : [];
    }),
  );
}

function ancestors({ nodes }: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const needs = new Map(nodes.map((node) => [node.id, node.needs]));
  const above = (id: string, seen: Set<string>): Set<string> => {
    for (const need of needs.get(id) ?? []) {
      if (seen.has(need)) continue;
      seen.add(need);
      above(need, seen);
    }
    return seen;
  };
  return new Map(nodes.map(({ id }) => [id, above(id, new Set())]));
}
