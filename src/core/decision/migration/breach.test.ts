// From a breach to a run or a question, by given, when, then: modes, two at once, guards, phases, shadow and advice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storyOf } from '../../../testing/given.ts';
import {
  armPlan,
  breach,
  heal,
  known,
  saw,
  trigger,
  verdict,
  watched,
} from '../../../testing/migrations.ts';
import { migrationAggregate } from './migration.ts';

test('an automatic trigger rolls back by itself, and the record names it', () => {
  const story = watched([trigger('errors', 'automatic')]);
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'DecisionMade 1']);
  const made = story.events.at(-1);
  assert.deepEqual(made?.actor, { kind: 'trigger', name: 'errors' });
  assert.ok(made?.body.type === 'DecisionMade');
  assert.equal(made.body.how, 'automatic');
  assert.equal(made.body.run, 7);
  assert.deepEqual(made.body.evidence, { errors: { value: 0.04 } });
  assert.equal(known(story).activeRun, 7);
});

test('a trigger in review asks its role, with a deadline and what silence means', () => {
  const story = watched([trigger('errors', 'review')]);
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'DecisionWanted 1']);
  const [question] = known(story).questions;
  assert.equal(question?.by, 'technical');
  assert.equal(question?.until, story.now + 300_000);
  assert.equal(question?.silence, 'roll-back');
  assert.deepEqual(question?.evidence, { errors: { value: 0.04 } });
});

for (const mode of ['advise', 'shadow'] as const) {
  test(`a trigger that may only ${mode} never acts and never asks, whatever ends`, () => {
    const story = watched([trigger('errors', mode), trigger('other', 'automatic')]);
    assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'TriggerAdvised errors']);
    story.when({ type: 'OrderRun', playbook: 'full', because: 'drill', kind: 'live', newRun: 8 });
    assert.deepEqual(story.when({ type: 'FinishRun', run: 8, outcome: 'aborted' }), [
      'RunFinished aborted',
    ]);
    assert.deepEqual(story.pass(3_600_000), []);
    assert.deepEqual(known(story).questions, []);
  });
}

test('the same breach told again leads to no second decision', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  assert.deepEqual(breach(story, 'errors'), []);
  story.when({ type: 'Dismiss', because: 'known noise' });
  assert.deepEqual(breach(story, 'errors'), []);
});

test('a breach that cleared and comes back is another breach, with another question', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  story.when({ type: 'Dismiss', because: 'deploy' });
  assert.deepEqual(heal(story, 'errors'), ['TriggerCleared errors']);
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'DecisionWanted 2']);
  assert.equal(known(story).standing['errors']?.breach, 2);
});

test('two automatic triggers that are breached in the same instant start one run, and both are in the record', () => {
  const story = watched([trigger('errors', 'automatic'), trigger('latency', 'automatic')]);
  assert.deepEqual(breach(story, 'errors', 'latency'), [
    'TriggerBreached errors',
    'DecisionMade 1',
    'TriggerBreached latency',
  ]);
  assert.equal(known(story).runsBeganAt.length, 1);
});

test('an automatic trigger overtakes a review that waits', () => {
  const story = watched([trigger('slow', 'review'), trigger('errors', 'automatic')]);
  breach(story, 'slow');
  assert.deepEqual(breach(story, 'errors'), [
    'TriggerBreached errors',
    'DecisionMade 2',
    'DecisionOvertaken 1',
  ]);
  assert.deepEqual(known(story).questions, []);
});

test('within the cool-down an automatic trigger asks instead, and says why', () => {
  const story = watched([trigger('errors', 'automatic')], { cooldownMs: 1_800_000 });
  breach(story, 'errors');
  story.when({ type: 'FinishRun', run: 7, outcome: 'rolled-back-verified' });
  heal(story, 'errors');
  story.wait(1_200_000);
  assert.deepEqual(story.pass(0), ['HoldEnded errors']);
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'DecisionWanted 2']);
  assert.match(
    known(story).questions[0]?.because ?? '',
    /cool-down after the last run has 600 s left/,
  );
});

test('after the cool-down it acts by itself again', () => {
  const story = watched([trigger('errors', 'automatic')], { cooldownMs: 1_800_000 });
  breach(story, 'errors');
  story.when({ type: 'FinishRun', run: 7, outcome: 'rolled-back-verified' });
  heal(story, 'errors');
  story.pass(1_800_000);
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'DecisionMade 2']);
});

test('when at most so many runs may begin, the next one is asked for', () => {
  const story = watched([trigger('errors', 'automatic')], {
    atMost: { count: 1, perMs: 21_600_000 },
  });
  breach(story, 'errors');
  story.when({ type: 'FinishRun', run: 7, outcome: 'rolled-back-verified' });
  heal(story, 'errors');
  story.pass(3_600_000);
  breach(story, 'errors');
  assert.match(
    known(story).questions[0]?.because ?? '',
    /1 of at most 1 runs began within the last 360 min/,
  );
});

test('a phase arms its own triggers only', () => {
  const story = watched([trigger('errors', 'automatic'), trigger('drift', 'automatic')]);
  story.when({ type: 'EnterPhase', phase: 'canary', armed: ['errors'] });
  assert.deepEqual(breach(story, 'drift'), []);
  assert.deepEqual(known(story).standing, {});
});

test('a trigger that rests in one phase begins anew in the next', () => {
  const story = watched([trigger('errors', 'review')]);
  breach(story, 'errors');
  story.when({ type: 'Dismiss', because: 'canary only' });
  story.when({ type: 'EnterPhase', phase: 'quiet', armed: [] });
  story.when({ type: 'EnterPhase', phase: 'soak', armed: ['errors'] });
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'DecisionWanted 2']);
});

test('entering the phase that is on already changes nothing', () => {
  const story = watched([trigger('errors', 'automatic')]);
  assert.deepEqual(story.when({ type: 'EnterPhase', phase: 'cutover', armed: ['errors'] }), []);
});

test('a plan that is armed anew keeps what is open of the triggers that it still has', () => {
  const story = watched([trigger('errors', 'review'), trigger('slow', 'review')]);
  breach(story, 'errors', 'slow');
  assert.deepEqual(story.when(armPlan([trigger('errors', 'review')])), []);
  assert.deepEqual(story.when(armPlan([trigger('errors', 'review')], undefined, 'f2')), [
    'PlanArmed',
  ]);
  assert.deepEqual(Object.keys(known(story).standing), ['errors']);
});

test('what the watch says of triggers that the plan does not have is left aside', () => {
  const story = watched([trigger('errors', 'automatic')]);
  story.when({ type: 'EnterPhase', phase: 'soak', armed: ['errors', 'ghost'] });
  assert.deepEqual(breach(story, 'ghost'), []);
});

test('a suspicion is recorded of the signal, and decides nothing', () => {
  const story = watched([trigger('errors', 'automatic')]);
  const change = {
    type: 'signal',
    trigger: 'errors',
    leaf: 'errors',
    signal: 'error-rate',
    from: 'healthy',
    to: 'suspect',
    evidence: {},
  } as const;
  assert.deepEqual(saw(story, [change, verdict('errors', { type: 'suspect' })]), [
    'SignalChanged errors',
  ]);
});

test('nothing can be asked of a plan that is not watched', () => {
  const story = storyOf(migrationAggregate, { type: 'Tick', newRun: 1 });
  assert.equal(story.refused({ type: 'Tick', newRun: 1 }), 'plan-not-armed');
  assert.equal(story.refused({ type: 'Approve', newRun: 1 }), 'plan-not-armed');
});
