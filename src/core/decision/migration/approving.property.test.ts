// Approvals in whatever order people ask, approve, change their mind, change the plan and let time pass: no run begins with too few.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { person } from '../../../testing/given.ts';
import {
  type MigrationStory,
  armPlan,
  breach,
  trigger,
  watched,
} from '../../../testing/migrations.ts';
import type { Actor, JournalEvent } from '../../journal/event.ts';
import type { MigrationCommand } from './commands.ts';
import type { MigrationEvent } from './events.ts';

const names = ['ada', 'Ada', 'ben', 'chi', 'dee', 'mallory'] as const;
const until = Date.UTC(2026, 10, 28, 3);

/** A plan in which these many others approve; route-back is approved beforehand by ben, until two hours from the beginning. */
function planOf(run: number) {
  return {
    roles: { owner: ['ada'], deputies: { technical: ['ben', 'chi'], communications: ['dee'] } },
    governance: {
      approvals: { run, within: 900_000 },
      'pre-approved': [{ playbooks: ['route-back'], kinds: ['live'], until, 'approved-by': 'ben' }],
      waivers: [],
    },
  };
}

const who = fc.record({ name: fc.constantFrom(...names), proof: fc.boolean() });

const move = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('order' as const),
      who,
      playbook: fc.constantFrom('full', 'route-back'),
      kind: fc.constantFrom('live' as const, 'drill' as const),
      narrow: fc.boolean(),
      breakGlass: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('approve' as const), who, decision: fc.nat(6) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('withdraw' as const), who, decision: fc.nat(6) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('refuse' as const), who, decision: fc.nat(6) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('edit' as const),
      version: fc.constantFrom('f1', 'f2'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('time' as const),
      ms: fc.constantFrom(60_000, 600_000, 1_800_000),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'breach' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'end' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('review' as const), who, run: fc.nat(9) }),
  },
);

test('no run that a person orders begins with fewer approvals than the plan wants, and whoever asks never counts', () => {
  let begun = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 3 }),
      fc.array(move, { maxLength: 60, size: 'max' }),
      (wanted, moves) => {
        const triggers = [trigger('errors', 'review')];
        const story = watched(triggers, {}, planOf(wanted));
        let run = 0;
        for (const each of moves) {
          const at = story.events.length;
          run += 1;
          if (each.type === 'time') story.pass(each.ms);
          else if (each.type === 'breach') breach(story, 'errors');
          else {
            const [command, actor] = commandOf(each, story, run, wanted);
            if (command !== null) story.ask(command, actor);
          }
          for (const event of story.events.slice(at)) begun += judge(story, event, wanted);
        }
      },
    ),
    { numRuns: 400 },
  );
  assert.ok(begun > 50, `only ${begun} runs began on approvals, which proves little`);
});

type Event = JournalEvent<MigrationEvent>;

/** Judges the beginning of a run by the events alone; answers 1 when it began on approvals. */
function judge(story: MigrationStory, event: Event, wanted: number): number {
  const { body } = event;
  if (body.type === 'ReviewGiven') {
    const owed = story.events.find(
      (each) => each.body.type === 'ReviewOwed' && each.body.run === body.run,
    );
    assert.ok(
      owed !== undefined && !same(owed.actor.name, event.actor.name),
      'reviewed by oneself',
    );
  }
  if (body.type !== 'DecisionMade' || body.run === null || body.how !== 'person') return 0;
  const before = story.events.slice(0, event.seq - 1);
  const request = before.findLast(
    (each) => each.body.type === 'ApprovalWanted' && each.body.decision === body.decision,
  );
  const asked = before.some(
    (each) => each.body.type === 'DecisionWanted' && each.body.decision === body.decision,
  );
  if (request === undefined && !asked) {
    // It began at once: nothing was wanted, it was approved beforehand by somebody else, or the glass was broken.
    if (wanted === 0) return 0;
    if (body.glassBroken === true) {
      assert.ok(event.actor.proof === 'token' && event.actor.name !== 'mallory');
      assert.ok(
        story.events.some((each) => each.body.type === 'ReviewOwed' && each.body.run === body.run),
      );
    } else {
      assert.match(body.envelope ?? '', /^pre-approved by ben/);
      assert.ok(event.at < until && body.playbook === 'route-back' && body.kind === 'live');
      assert.ok(!same(event.actor.name, 'ben'));
    }
    return 0;
  }
  const by = approvalsOf(before, body.decision);
  // The yes that answers a trigger's question is the last approval.
  const all =
    asked && !by.some((each) => same(each, event.actor.name)) ? [...by, event.actor.name] : by;
  const distinct = new Set(all.map((each) => each.toLowerCase()));
  assert.equal(distinct.size, all.length, 'somebody counts twice');
  const spared = asked && body.playbook === 'route-back' && event.at < until;
  assert.ok(distinct.size >= (spared ? 1 : wanted), `began with ${distinct.size} of ${wanted}`);
  if (request?.body.type === 'ApprovalWanted') {
    assert.ok(!distinct.has(request.actor.name.toLowerCase()), 'whoever asked counts');
    const { fingerprint, playbook, kind, scope } = request.body;
    assert.deepEqual([playbook, kind, scope], [body.playbook, body.kind, body.scope]);
    const armed = before.findLast((each) => each.body.type === 'PlanArmed')?.body;
    assert.ok(armed?.type === 'PlanArmed' && armed.fingerprint === fingerprint, 'another plan');
    assert.ok(event.at < request.body.until, 'approved too late');
  }
  return 1;
}

/** Who has approved, by the events: another version of the plan begins anew. */
function approvalsOf(events: readonly Event[], decision: number): readonly string[] {
  let by: readonly string[] = [];
  let fingerprint = '';
  for (const { body, actor } of events) {
    if (body.type === 'PlanArmed') {
      if (body.fingerprint !== fingerprint) by = [];
      fingerprint = body.fingerprint;
    }
    if (!('decision' in body) || body.decision !== decision) continue;
    if (body.type === 'ApprovalGiven') by = [...by, actor.name];
    if (body.type === 'ApprovalWithdrawn') by = by.filter((each) => !same(each, actor.name));
    if (body.type === 'ApprovalVoided') by = [];
  }
  return by;
}

function commandOf(
  each: Exclude<Move, { type: 'time' | 'breach' }>,
  story: MigrationStory,
  newRun: number,
  wanted: number,
): readonly [MigrationCommand | null, Actor?] {
  const because = 'errors';
  switch (each.type) {
    case 'order': {
      const { playbook, kind, breakGlass, narrow } = each;
      const scope = narrow ? { scope: { region: ['eu'] } } : {};
      return [
        { type: 'OrderRun', playbook, kind, because, breakGlass, newRun, ...scope },
        actorOf(each.who),
      ];
    }
    case 'approve':
      return [{ type: 'Approve', decision: open(story, each.decision), newRun }, actorOf(each.who)];
    case 'withdraw':
      return [{ type: 'Withdraw', decision: open(story, each.decision) }, actorOf(each.who)];
    case 'refuse':
      return [
        { type: 'Dismiss', decision: open(story, each.decision), because },
        actorOf(each.who),
      ];
    case 'review':
      return [{ type: 'CloseReview', run: each.run, because }, actorOf(each.who)];
    case 'edit':
      return [
        armPlan(
          [trigger('errors', 'review')],
          { cooldownMs: 0, atMost: null },
          each.version,
          planOf(wanted),
        ),
      ];
    case 'end': {
      const { state } = story;
      return state.type === 'migration' && state.activeRun !== null
        ? [{ type: 'FinishRun', run: state.activeRun, outcome: 'aborted' }]
        : [null];
    }
  }
}

/** One of the decisions that wait; now and then one that does not. */
function open({ state }: MigrationStory, pick: number): number {
  const waiting = state.type === 'none' ? [] : [...state.requests, ...state.questions];
  return waiting[pick]?.decision ?? waiting[0]?.decision ?? pick;
}

type Move = typeof move extends fc.Arbitrary<infer Each> ? Each : never;

function actorOf({ name, proof }: { readonly name: string; readonly proof: boolean }): Actor {
  return proof ? { ...person(name), proof: 'token' } : person(name);
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
