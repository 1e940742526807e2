// What holds for every migration under watch, in whatever order the watch, people, runs and deadlines speak.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { person, storyOf } from '../../../testing/given.ts';
import {
  type MigrationStory,
  armPlan,
  known,
  trigger,
  verdict,
} from '../../../testing/migrations.ts';
import { fold } from '../../journal/aggregate.ts';
import type { JournalEvent } from '../../journal/event.ts';
import type { BlindPolicy, Trigger, Verdict } from '../trigger.ts';
import type { MigrationCommand } from './commands.ts';
import type { Guards, MigrationEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { migrationAggregate } from './migration.ts';
import type { Migration } from './state.ts';

const names = ['t0', 't1', 't2', 't3'] as const;
const begin = Date.UTC(2026, 10, 28, 1);

const blindPolicy: fc.Arbitrary<BlindPolicy> = fc.oneof(
  fc.record({ type: fc.constantFrom('hold' as const, 'review' as const, 'roll-back' as const) }),
  fc.constant({ type: 'ignore' as const, until: begin + 3_600_000 }),
);

const plan: fc.Arbitrary<{ readonly triggers: readonly Trigger[]; readonly guards: Guards }> =
  fc.record({
    triggers: fc.tuple(
      ...names.map((name) =>
        fc
          .record({
            mode: fc.constantFrom(
              'automatic' as const,
              'automatic' as const,
              'review' as const,
              'review' as const,
              'advise' as const,
              'shadow' as const,
            ),
            blind: blindPolicy,
            silence: fc.constantFrom('roll-back' as const, 'hold' as const),
          })
          .map(({ mode, blind, silence }) =>
            trigger(name, mode, { blind, review: { by: 'owner', withinMs: 300_000, silence } }),
          ),
      ),
    ),
    guards: fc.record({
      cooldownMs: fc.constantFrom(0, 1_800_000),
      atMost: fc.constantFrom(null, { count: 1, perMs: 7_200_000 }),
    }),
  });

const says: fc.Arbitrary<Verdict> = fc.constantFrom<Verdict[]>(
  { type: 'healthy' },
  { type: 'suspect' },
  { type: 'breached', why: 'condition' },
  { type: 'breached', why: 'condition' },
  { type: 'blind', cause: 'no-data' },
  { type: 'blind', cause: 'source-out' },
);

type Move =
  | { readonly type: 'time'; readonly ms: number }
  | { readonly type: 'saw'; readonly all: readonly (readonly [string, Verdict])[] }
  | { readonly type: 'phase'; readonly armed: readonly string[] }
  | {
      readonly type: 'end';
      readonly outcome: 'rolled-back-verified' | 'rolled-back-not-verified' | 'aborted';
    }
  | { readonly type: 'order'; readonly kind: 'live' | 'drill' }
  | {
      readonly type: 'answer';
      readonly what: 'Approve' | 'Hold' | 'Dismiss';
      readonly decision: number;
    };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('time' as const),
      ms: fc.constantFrom(0, 60_000, 300_000, 600_000, 3_600_000),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('saw' as const),
      all: fc.array(fc.tuple(fc.constantFrom(...names), says), { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('phase' as const),
      armed: fc.subarray([...names], { minLength: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('end' as const),
      outcome: fc.constantFrom(
        'rolled-back-verified' as const,
        'rolled-back-not-verified' as const,
        'aborted' as const,
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('order' as const),
      kind: fc.constantFrom('live' as const, 'drill' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('answer' as const),
      what: fc.constantFrom('Approve' as const, 'Hold' as const, 'Dismiss' as const),
      decision: fc.nat(3),
    }),
  },
);

const course = fc.record({ plan, moves: fc.array(move, { maxLength: 60, size: 'max' }) });

interface Course {
  readonly plan: { readonly triggers: readonly Trigger[]; readonly guards: Guards };
  readonly moves: readonly Move[];
}

type After = (
  story: MigrationStory,
  command: MigrationCommand,
  before: Migration,
  added: readonly JournalEvent<MigrationEvent>[],
) => void;

function tellCourse({ plan: of, moves }: Course, after: After = () => undefined): MigrationStory {
  const story = storyOf(migrationAggregate, { type: 'Tick', newRun: 0 }, begin);
  let newRun = 0;
  const say = (command: MigrationCommand): void => {
    const { state: before, events } = story;
    const told = events.length;
    const asked = story.ask(command, command.type === 'Tick' ? undefined : person('ada'));
    if (asked.type === 'accepted') after(story, command, before, events.slice(told));
    else assert.equal(events.length, told, 'a rejected command adds nothing');
  };
  say(armPlan(of.triggers, of.guards));
  say({ type: 'EnterPhase', phase: 'p', armed: [...names] });
  for (const made of moves) {
    newRun += 1;
    if (made.type === 'time') story.wait(made.ms);
    say(commandOf(made, story, newRun));
  }
  return story;
}

function commandOf(made: Move, story: MigrationStory, newRun: number): MigrationCommand {
  const { decisions, activeRun } = known(story);
  switch (made.type) {
    case 'time':
      return { type: 'Tick', newRun };
    case 'saw':
      return {
        type: 'RecordChanges',
        changes: made.all.map(([name, what]) => verdict(name, what)),
        newRun,
      };
    case 'phase':
      return { type: 'EnterPhase', phase: 'q', armed: made.armed };
    case 'end':
      return { type: 'FinishRun', run: activeRun ?? 0, outcome: made.outcome };
    case 'order':
      return { type: 'OrderRun', playbook: 'full', because: 'so', kind: made.kind, newRun };
    case 'answer': {
      const decision = decisions - made.decision;
      if (made.what === 'Hold') return { type: 'Hold', decision, forMs: 120_000 };
      return made.what === 'Dismiss'
        ? { type: 'Dismiss', decision, because: 'so' }
        : { type: 'Approve', decision, newRun };
    }
  }
}

test('a migration has one run at a time, and no run number twice', () => {
  fc.assert(
    fc.property(course, (each) => {
      const runs = new Set<number>();
      let active: number | null = null;
      tellCourse(each, (_, __, ___, added) => {
        for (const { body } of added) {
          if (body.type === 'RunFinished') active = null;
          if (body.type !== 'DecisionMade' || body.run === null) continue;
          assert.equal(active, null);
          assert.ok(!runs.has(body.run));
          runs.add(body.run);
          active = body.run;
        }
      });
    }),
    { numRuns: 500 },
  );
});

test('each question is answered or overtaken once, and by nothing that was not asked', () => {
  fc.assert(
    fc.property(course, (each) => {
      const open = new Set<number>();
      const closed = new Set<number>();
      const story = tellCourse(each, (_, __, ___, added) => {
        for (const { body } of added) {
          if (body.type === 'DecisionWanted') {
            assert.ok(!open.has(body.decision) && !closed.has(body.decision));
            open.add(body.decision);
          }
          if (body.type === 'DecisionMade' || body.type === 'DecisionOvertaken') {
            assert.ok(!closed.has(body.decision), `decision ${body.decision} twice`);
            if (body.type === 'DecisionOvertaken') assert.ok(open.has(body.decision));
            open.delete(body.decision);
            closed.add(body.decision);
          }
        }
      });
      assert.deepEqual(new Set(known(story).questions.map((question) => question.decision)), open);
    }),
    { numRuns: 500 },
  );
});

test('nothing rolls back by itself but an armed automatic trigger that is breached or blind by a policy that says so', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (story, command, before, added) => {
        for (const { body } of added) {
          if (body.type !== 'DecisionMade' || body.how !== 'automatic') continue;
          const of = each.plan.triggers.find((own) => own.name === body.trigger);
          assert.ok(
            of?.mode === 'automatic' &&
              before.type === 'migration' &&
              before.armed.includes(of.name),
          );
          assert.ok(command.type === 'RecordChanges');
          const seen = command.changes.filter(
            (change) => change.trigger === of.name && change.type === 'verdict',
          );
          assert.ok(
            seen.some(
              (change) =>
                change.type === 'verdict' &&
                (change.verdict.type === 'breached' ||
                  (change.verdict.type === 'blind' &&
                    change.verdict.cause === 'no-data' &&
                    of.blind.type === 'roll-back')),
            ),
          );
          assert.ok(
            (before.standing[of.name]?.heldUntil ?? 0) <= story.now,
            'a person said to hold',
          );
        }
      });
    }),
    { numRuns: 500 },
  );
});

test('advice and shadow never ask', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (_, __, ___, added) => {
        for (const { body } of added) {
          if (body.type !== 'DecisionWanted') continue;
          const mode = each.plan.triggers.find((own) => own.name === body.trigger)?.mode;
          assert.ok(mode === 'automatic' || mode === 'review');
        }
      });
    }),
    { numRuns: 500 },
  );
});

test('an armed breach that may act is never forgotten: it runs, asks, is held, or a person dismissed it', () => {
  fc.assert(
    fc.property(course, (each) => {
      const dismissed = new Set<string>();
      tellCourse(each, (story, _, __, added) => {
        for (const { body } of added) {
          if (body.type === 'DecisionMade' && body.answer === 'dismiss')
            dismissed.add(body.trigger ?? '');
          if (body.type === 'TriggerBreached') dismissed.delete(body.trigger);
        }
        const { triggers, armed, standing, questions, activeRun } = known(story);
        for (const { name, mode } of triggers) {
          const acts = (mode === 'automatic' || mode === 'review') && armed.includes(name);
          if (!acts || (standing[name]?.breach ?? null) === null || dismissed.has(name)) continue;
          const asked = questions.some((question) => question.trigger === name);
          const held = (standing[name]?.heldUntil ?? null) !== null;
          assert.ok(activeRun !== null || asked || held, `${name} is breached and nobody knows`);
        }
      });
    }),
    { numRuns: 1_000 },
  );
});

test('a look at a migration that is due settles everything that is due', () => {
  fc.assert(
    fc.property(course, (each) => {
      tellCourse(each, (story, command) => {
        if (command.type !== 'Tick') return;
        const deadline = migrationAggregate.deadline(story.state);
        assert.ok(deadline === null || deadline > story.now);
      });
    }),
  );
});

test('the journal gives the same migration from any prefix on, also when a newer Backout wrote into it', () => {
  fc.assert(
    fc.property(course, fc.nat(), (each, cut) => {
      const story = tellCourse(each);
      const { events } = story;
      const at = cut % (events.length + 1);
      // The cast does not hold on purpose: a newer Backout wrote this event.
      const foreign = {
        ...events[0],
        body: { type: 'MoonSeen', phase: 'full' },
      } as unknown as JournalEvent<MigrationEvent>;
      const half = asJson(fold(evolve, migrationAggregate.initial, events.slice(0, at)));
      assert.deepEqual(
        asJson(fold(evolve, half, [foreign, ...events.slice(at)])),
        asJson(story.state),
      );
    }),
  );
});

/** What a store would keep. The cast holds because a state is plain JSON. */
function asJson(migration: Migration): Migration {
  return JSON.parse(JSON.stringify(migration)) as Migration;
}
