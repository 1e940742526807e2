// What holds for every run, whatever the playbook and in whatever order crashes, delays, doubles and people come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { beDiligent, course, tellCourse } from '../../../test/core/course.ts';
import { begun, stepIn } from '../../testing/playbooks.ts';
import { fold } from '../journal/aggregate.ts';
import type { JournalEvent } from '../journal/event.ts';
import type { RunEvent } from './events.ts';
import { evolve } from './evolve.ts';
import type { Graph } from './graph.ts';
import { runAggregate } from './run.ts';
import type { Run } from './state.ts';
import { waitsFor } from './waits.ts';

test('a run has ended, or says what it waits for and will be looked at again', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (story) => {
        const run = begun(story);
        if (run.status === 'ended') return assert.equal(runAggregate.deadline(run), null);
        const waits = waitsFor(run);
        assert.notDeepEqual(waits, []);
        const somebody = waits.some((wait) => wait.for === 'a person');
        assert.ok(somebody || runAggregate.deadline(run) !== null, JSON.stringify(waits));
      });
    }),
    { numRuns: 1500 },
  );
});

test('each wait says what comes when nobody answers, and when that is, it comes', () => {
  fc.assert(
    fc.property(course, (each) => {
      const story = tellCourse(each);
      const run = begun(story);
      for (const wait of waitsFor(run)) {
        assert.notEqual(wait.otherwise.words, '', wait.sentence);
        const node = run.graph.nodes.find(({ id }) => id === wait.step);
        if (wait.for === 'a person' && node?.ladder !== undefined)
          assert.match(wait.who ?? '', /^(technical \(ben\)|owner \(ada\)|node-1)$/);
      }
      const soonest = waitsFor(run)
        .filter(({ otherwise }) => otherwise.at !== null)
        .toSorted((a, b) => (a.otherwise.at ?? 0) - (b.otherwise.at ?? 0))[0];
      if (soonest === undefined) return;
      assert.equal(soonest.otherwise.at, runAggregate.deadline(run));
      const { length } = story.events;
      story.pass((soonest.otherwise.at ?? 0) - story.now);
      const came = story.events.slice(length).map(({ body }) => body);
      assert.ok(
        came.some(
          (body) => body.type === 'RunEnded' || ('step' in body && body.step === soonest.step),
        ),
      );
    }),
    { numRuns: 1500 },
  );
});

test('a look at a run that is due settles everything that is due', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (story, command) => {
        if (command.type !== 'Tick') return;
        const deadline = runAggregate.deadline(story.state);
        assert.ok(deadline === null || deadline > story.now, `${deadline} at ${story.now}`);
      });
    }),
  );
});

test('no step begins before everything that it needs is over', () => {
  fc.assert(
    fc.property(course, (each) => {
      const before = ancestors(each.graph);
      const over = new Set<string>();
      tellCourse(each, (_, __, ___, added) => {
        for (const { body } of added) {
          if (body.type === 'StepConfirmed' || body.type === 'StepSkipped') over.add(body.step);
          if (
            body.type !== 'StepDispatched' &&
            body.type !== 'StepAsked' &&
            body.type !== 'StepAttemptBegan'
          )
            continue;
          for (const need of before.get(body.step) ?? [])
            assert.ok(over.has(need), `${body.step} began before ${need} was over`);
        }
      });
    }),
    { numRuns: 1500 },
  );
});

test('an attempt is begun once and applies once, and numbers only grow', () => {
  fc.assert(
    fc.property(course, (each) => {
      const seen = new Set<string>();
      const newest = new Map<string, number>();
      tellCourse(each, (_, __, ___, added) => {
        for (const { body } of added) {
          if (body.type === 'StepAttemptBegan' || body.type === 'StepApplied') {
            const key = `${body.type} ${body.step} ${body.attempt}`;
            assert.ok(!seen.has(key), key);
            seen.add(key);
          }
          if (body.type === 'StepDispatched') {
            assert.ok(body.attempt >= (newest.get(body.step) ?? 0));
            newest.set(body.step, body.attempt);
          }
          if (body.type === 'StepApplied')
            assert.equal(body.attempt, newest.get(body.step), 'only the newest attempt counts');
        }
      });
    }),
  );
});

test('what a fenced attempt says never changes the run', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (story, _, before, added) => {
        if (added.some(({ body }) => body.type === 'StepLateResultRecorded')) {
          assert.equal(added.length, 1);
          assert.deepEqual(story.state, before);
        }
      });
    }),
  );
});

test('an ended run never changes again', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (story, _, before) => {
        if (before.type === 'run' && before.status === 'ended')
          assert.deepEqual(story.state, before);
      });
    }),
  );
});

test('an aborted run never ends while a system is being changed', () => {
  fc.assert(
    fc.property(course, (each) => {
      const { graph: of } = each;
      const end = begun(tellCourse(each));
      if (end.end?.outcome !== 'aborted') return;
      for (const node of of.nodes)
        assert.ok(node.work.type !== 'state' || end.steps[node.id]?.status !== 'running');
    }),
  );
});

test('a run is verified only after looks that all held, by one sampler, for as long as declared', () => {
  fc.assert(
    fc.property(course, (each) => {
      let looks: {
        readonly at: number;
        readonly holds: boolean;
        readonly gaplessSince: number;
        readonly attempt: number;
      }[] = [];
      tellCourse(each, (story, command, _, added) => {
        if (command.type === 'ReportVerification')
          looks = [...looks, { ...command, at: story.now }];
        if (
          !added.some(
            ({ body }) => body.type === 'RunEnded' && body.outcome === 'rolled-back-verified',
          )
        )
          return;
        const decisive = looks.at(-1);
        if (decisive === undefined) return assert.fail('verified without a look');
        const since = story.now - 60_000;
        const ofAttempt = looks.filter((look) => look.attempt === decisive.attempt);
        assert.ok(decisive.gaplessSince <= since);
        assert.ok(
          (ofAttempt[0]?.at ?? Number.POSITIVE_INFINITY) <= since,
          'the sampler looked for the whole time',
        );
        assert.ok(ofAttempt.every((look) => look.holds || look.at <= since));
      });
    }),
    { numRuns: 1500 },
  );
});

test('with diligent nodes and people every run ends', () => {
  fc.assert(
    fc.property(course, fc.boolean(), (each, skipping) => {
      const story = tellCourse(each);
      beDiligent(story, skipping);
      assert.equal(begun(story).status, 'ended');
      if (begun(story).end?.outcome === 'rolled-back-verified')
        assert.equal(stepIn(story, 'verified').status, 'done');
    }),
    { numRuns: 1500 },
  );
});

test('the journal gives the same run from any prefix on, also when a newer Backout wrote into it', () => {
  fc.assert(
    fc.property(course, fc.nat(), fc.array(fc.nat(), { maxLength: 5 }), (each, cut, foreign) => {
      const story = tellCourse(each);
      const { events } = story;
      const at = cut % (events.length + 1);
      const half = fold(evolve, runAggregate.initial, events.slice(0, at));
      // The cast holds because a state is plain JSON: that is what this property is about.
      const kept = JSON.parse(JSON.stringify(half)) as Run;
      assert.deepEqual(fold(evolve, kept, events.slice(at)), story.state);
      assert.deepEqual(
        fold(evolve, runAggregate.initial, withForeign(events, foreign)),
        story.state,
      );
    }),
  );
});

test('each part of a history folds, also alone', () => {
  fc.assert(
    fc.property(course, fc.nat(), (each, from) => {
      const { events } = tellCourse(each);
      assert.doesNotThrow(() =>
        fold(evolve, runAggregate.initial, events.slice(from % events.length)),
      );
    }),
  );
});

function ancestors({ nodes }: Graph): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>();
  for (const node of nodes) {
    const own = new Set(node.needs);
    for (const need of node.needs) for (const far of all.get(need) ?? []) own.add(far);
    all.set(node.id, own);
  }
  return all;
}

/** Events that this version does not know, put in at these places. */
function withForeign(
  events: readonly JournalEvent<RunEvent>[],
  places: readonly number[],
): readonly JournalEvent<RunEvent>[] {
  const mixed = [...events];
  for (const place of places) {
    const at = place % (mixed.length + 1);
    const body = { type: 'StepTeleported', step: 's0', to: 'mars' };
    // The cast does not hold on purpose: a newer Backout wrote this event.
    mixed.splice(at, 0, {
      ...(events[0] as JournalEvent<RunEvent>),
      body: body as unknown as RunEvent,
    });
  }
  return mixed;
}
