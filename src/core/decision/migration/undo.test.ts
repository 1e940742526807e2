// When a run may be undone, by given, when, then: nothing under way, nothing newer built on it, and not undone already.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person } from '../../../testing/given.ts';
import {
  type MigrationStory,
  breach,
  known,
  trigger,
  watched,
} from '../../../testing/migrations.ts';
import type { Outcome, Undoes } from '../../rollback/events.ts';
import type { MigrationCommand } from './commands.ts';

const ada = person('ada');

function rollBack(story: MigrationStory, run: number, changed = 2, outcome?: Outcome): void {
  const order = { type: 'OrderRun', playbook: 'full', because: 'errors', kind: 'live' } as const;
  story.when({ ...order, newRun: run }, ada);
  story.when({ type: 'FinishRun', run, outcome: outcome ?? 'rolled-back-verified', changed });
}

function order(run: number, newRun: number, over: Partial<Undoes> = {}): MigrationCommand {
  const undoes = { run, leads: 'forward', ...over } as const;
  return {
    type: 'OrderUndo',
    roles: ['technical'],
    undoes,
    playbook: 'full',
    because: 'fixed',
    kind: 'live',
    newRun,
  };
}

function undo(
  story: MigrationStory,
  run: number,
  newRun: number,
  over: Partial<Undoes> = {},
  outcome: Outcome = 'undone-verified',
): void {
  story.when(order(run, newRun, over), ada);
  story.when({ type: 'FinishRun', run: newRun, outcome, changed: 2 });
}

test('the undo of a run is a decision of a person, with the run that it undoes', () => {
  const story = watched([]);
  rollBack(story, 1);
  assert.deepEqual(story.when(order(1, 2, { from: 'route' }), ada), ['DecisionMade 2']);
  const made = story.events.at(-1);
  assert.ok(made?.body.type === 'DecisionMade');
  assert.deepEqual(
    [made.actor, made.body.answer, made.body.how, made.body.run, made.body.undoes],
    [ada, 'undo', 'person', 2, { run: 1, from: 'route', leads: 'forward' }],
  );
});

test('nothing is undone while a run is under way', () => {
  const story = watched([]);
  rollBack(story, 1);
  const again = { type: 'OrderRun', playbook: 'full', because: 'x', kind: 'live' } as const;
  story.when({ ...again, newRun: 2 }, ada);
  assert.equal(story.refused(order(1, 3), ada), 'run-under-way');
});

test('a run that changed nothing is no run to undo', () => {
  const story = watched([]);
  rollBack(story, 1, 0);
  assert.equal(story.refused(order(1, 2), ada), 'nothing-to-undo');
  assert.equal(story.refused(order(5, 2), ada), 'nothing-to-undo');
});

test('what a newer run was built on is not undone below it, until that one is undone', () => {
  const story = watched([]);
  rollBack(story, 1);
  rollBack(story, 2);
  rollBack(story, 3, 0);
  const refused = story.ask(order(1, 4), ada);
  assert.ok(refused.type === 'rejected' && refused.code === 'run-overtaken');
  assert.match(refused.because, /Undo run 2 first: backout undo 2/);
  undo(story, 2, 4);
  undo(story, 1, 5);
  assert.deepEqual(
    known(story).past.map(({ run }) => run),
    [5, 4, 2, 1],
  );
});

test('a run is undone once; its undo can be undone, and then the run again', () => {
  const story = watched([]);
  rollBack(story, 1);
  undo(story, 1, 2);
  const refused = story.ask(order(1, 3), ada);
  assert.ok(refused.type === 'rejected' && refused.code === 'undone-already');
  assert.match(refused.because, /backout undo 2/);
  undo(story, 2, 3, { leads: 'back' });
  undo(story, 1, 4);
  assert.equal(story.refused(order(3, 5), ada), 'run-overtaken');
});

test('an undo that was aborted or only partial leaves the rest to be undone', () => {
  const story = watched([]);
  rollBack(story, 1);
  undo(story, 1, 2, { from: 'carry' });
  undo(story, 1, 3, {}, 'aborted');
  undo(story, 1, 4);
  assert.equal(story.refused(order(1, 5), ada), 'undone-already');
  story.when(order(1, 5, { from: 'carry' }), ada);
});

test('an undo is none of the rollbacks that guards count, and the undo of it is one', () => {
  const story = watched([trigger('errors', 'automatic')], {
    atMost: { count: 1, perMs: 3_600_000 },
  });
  rollBack(story, 1);
  undo(story, 1, 2);
  assert.equal(known(story).runsBeganAt.length, 1);
  undo(story, 2, 3, { leads: 'back' });
  assert.equal(known(story).runsBeganAt.length, 2);
});

test('a breach while an undo leads forward asks people at once; one that leads back is left in peace', () => {
  const story = watched([trigger('errors', 'review')]);
  rollBack(story, 1);
  story.when(order(1, 2), ada);
  assert.deepEqual(breach(story, 'errors'), ['TriggerBreached errors', 'DecisionWanted 3']);
  const other = watched([trigger('errors', 'review')]);
  rollBack(other, 1);
  undo(other, 1, 2);
  other.when(order(2, 3, { leads: 'back' }), ada);
  assert.deepEqual(breach(other, 'errors'), ['TriggerBreached errors']);
});
