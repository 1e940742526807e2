// Journals that earlier versions wrote are read as they were meant: the chain is whole, every event known, the run the same.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { firstUnknown, fold } from '../../src/core/journal/aggregate.ts';
import { verifyChain } from '../../src/core/journal/chain.ts';
import type { JournalEvent } from '../../src/core/journal/event.ts';
import { tell } from '../../src/core/journal/told.ts';
import type { MigrationEvent } from '../../src/core/decision/migration/events.ts';
import { migrationAggregate } from '../../src/core/decision/migration/migration.ts';
import { durationsOf } from '../../src/core/rollback/durations.ts';
import type { RunEvent } from '../../src/core/rollback/events.ts';
import { forecast } from '../../src/core/rollback/forecast.ts';
import { flawOf } from '../../src/core/rollback/graph.ts';
import { runAggregate } from '../../src/core/rollback/run.ts';
import type { BegunRun, Run } from '../../src/core/rollback/state.ts';
import { waitsFor } from '../../src/core/rollback/waits.ts';

/** A rollback of the demo's shop that was recorded by 0.1.0: one journal event a line. */
const recorded = readFileSync(new URL('0.1.0.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as JournalEvent);

// The casts hold because a stream's name begins with its kind.
const ofRun = recorded.filter(({ stream }) => stream === 'run-1') as JournalEvent<RunEvent>[];
const ofMigration = recorded.filter(
  ({ stream }) => stream === 'migration-shop',
) as JournalEvent<MigrationEvent>[];

function runAfter(events: readonly JournalEvent<RunEvent>[]): BegunRun {
  const run = fold(runAggregate.evolve, runAggregate.initial, events);
  if (run.type === 'none') throw new Error('The recorded run has not begun.');
  return run;
}

test('what 0.1.0 wrote is whole, and every event of it is known and told in words', () => {
  assert.ok(ofRun.length > 20 && ofMigration.length > 10);
  for (const events of [ofRun, ofMigration]) assert.equal(verifyChain(events).type, 'whole');
  assert.equal(firstUnknown(runAggregate, ofRun), null);
  assert.equal(firstUnknown(migrationAggregate, ofMigration), null);
  for (const event of recorded) assert.doesNotMatch(tell(event).words, /undefined|\[object/);
});

test('a run of 0.1.0 is the run that it was', () => {
  const run = runAfter(ofRun);
  assert.equal(run.end?.outcome, 'rolled-back-verified');
  assert.equal(flawOf(run.graph), null);
  const done = Object.entries(run.steps).map(([id, step]) => `${id} ${step.done}`);
  assert.deepEqual(done, [
    'stop-writes applied',
    'route-back applied',
    'stop-feed applied',
    'carry-home applied',
    'sequences applied',
    'flush-cache already-so',
    'start-writes applied',
    'customers-can-work passed',
    'verified passed',
  ]);
  const migration = fold(migrationAggregate.evolve, migrationAggregate.initial, ofMigration);
  assert.equal(migration.type === 'migration' && migration.activeRun, null);
});

test('a run of 0.1.0 that is under way when the nodes are upgraded goes on from any of its events', () => {
  for (let count = 1; count < ofRun.length; count += 1) {
    const run = runAfter(ofRun.slice(0, count));
    const context = {
      now: (ofRun[count - 1]?.at ?? 0) + 3_600_000,
      actor: { kind: 'backout', name: 'backout' } as const,
    };
    const ticked = runAggregate.decide({ type: 'Tick' }, run, context);
    if (ticked.type === 'rejected') throw new Error(`A tick after event ${count}: ${ticked.code}`);
    const stamp = { stream: 'run-1', at: context.now, hash: '' };
    const more = ticked.events.map((event, index) => ({ ...event, ...stamp, seq: count + index }));
    const later = fold(runAggregate.evolve, run as Run, more);
    const ends = later.type === 'run' && (later.end !== null || waitsFor(later).length > 0);
    assert.ok(ends, `it ends or names what it waits for after event ${count}`);
    const aborted = runAggregate.decide({ type: 'AbortRun', because: 'a test' }, run, context);
    assert.equal(aborted.type, 'accepted', `an abort after event ${count}`);
  }
});

test('what runs of 0.1.0 measured is what later runs are foreseen from', () => {
  const run = runAfter(ofRun);
  const durations = durationsOf([run]);
  const foreseen = forecast({ graph: run.graph, durations, now: 0 });
  assert.deepEqual(foreseen.unmeasured, ['flush-cache'], 'it was so already');
});
