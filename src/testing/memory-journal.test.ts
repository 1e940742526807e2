// The memory journal keeps the same contract as the one in Postgres, on a clock of the test's own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { journalContract, put } from '../../test/store/journal-contract.ts';
import type { Job } from '../core/journal/journal.ts';
import { memoryJournal } from './memory-journal.ts';

journalContract('memory', async () => {
  const taken: Job[] = [];
  const journal = memoryJournal({ now: Date.now, enqueue: (jobs) => void taken.push(...jobs) });
  return { journal, jobs: () => taken, close: async () => undefined };
});

test('its time is the time of the clock that it was given, and never runs back within a stream', async () => {
  let now = 1_000;
  const journal = memoryJournal({ now: () => now });
  await journal.append([{ ...put('clock', 0, 'A'), deadline: 2_000 }]);
  now = 500;
  await journal.append([put('clock', 1, 'B')]);
  assert.deepEqual(
    (await journal.read('clock')).map(({ at }) => at),
    [1_000, 1_000],
  );
  assert.deepEqual(await journal.due(), { streams: [], next: 2_000 });
  now = 2_000;
  assert.deepEqual(await journal.due(), { streams: ['clock'], next: null });
});

test('what a writer changes after the append does not change the journal', async () => {
  const journal = memoryJournal({ now: () => 0 });
  const append = put('kept', 0, 'A');
  await journal.append([append]);
  Object.assign(append.events[0]?.body ?? {}, { type: 'Forged' });
  assert.equal((await journal.read('kept'))[0]?.body.type, 'A');
});
