// What every journal must do, Postgres or memory: one suite that both pass.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { verifyChain } from '../../src/core/journal/chain.ts';
import type { JournalEvent, Json, NewEvent } from '../../src/core/journal/event.ts';
import type { Append, Appended, Job, Journal } from '../../src/core/journal/journal.ts';

/** A journal to try, with the jobs that it handed on. */
export interface TriedJournal {
  readonly journal: Journal;
  readonly jobs: () => readonly Job[] | Promise<readonly Job[]>;
  readonly close: () => Promise<void>;
}

/** Runs the contract against a journal; each test uses streams of its own. */
export function journalContract(name: string, makeJournal: () => Promise<TriedJournal>): void {
  describe(`the ${name} journal`, () => {
    let tried: TriedJournal;
    let journal: Journal;
    before(async () => {
      tried = await makeJournal();
      journal = tried.journal;
    });
    after(() => tried.close());

    test('numbers events from 1, chains them, and answers what a reader will read', async () => {
      const first = events(await journal.append([put('order', 0, 'A', 'B')]));
      const second = events(await journal.append([put('order', 2, 'C')]));
      const read = await journal.read('order');
      assert.deepEqual(read, [...first, ...second]);
      assert.deepEqual(
        read.map(({ seq }) => seq),
        [1, 2, 3],
      );
      assert.deepEqual(verifyChain(read), { type: 'whole' });
      assert.deepEqual(await journal.read('order', 3), second);
      assert.deepEqual(await journal.read('nowhere'), []);
    });

    test('gives back every JSON value as it was', async () => {
      const values: Json = {
        text: 'ünïcode 😀 \u0000 \u2028 \ud800 " \\ \n',
        numbers: [0, -1.5, 1e21, 5e-324, 0.1, 9007199254740991, 1.7976931348623157e308],
        nested: { b: [{ a: null }, [], {}], a: true, '': false, __proto_: 1 },
      };
      await journal.append([
        { stream: 'values', expected: 0, events: [event('Noted', { values })] },
      ]);
      const read = await journal.read('values');
      assert.deepEqual(read[0]?.body, { type: 'Noted', values });
      assert.deepEqual(verifyChain(read), { type: 'whole' });
    });

    test('refuses a writer who does not know the latest event, and writes nothing', async () => {
      await journal.append([put('contested', 0, 'A')]);
      assert.deepEqual(await journal.append([put('contested', 0, 'B')]), conflict('contested', 1));
      assert.deepEqual(await journal.append([put('contested', 2, 'B')]), conflict('contested', 1));
      assert.deepEqual(await journal.append([put('unborn', 1, 'B')]), conflict('unborn', 0));
      assert.equal((await journal.read('contested')).length, 1);
    });

    test('of many writers at once exactly one wins', async () => {
      const tries = Array.from({ length: 8 }, () => journal.append([put('race', 0, 'A')]));
      const types = (await Promise.all(tries)).map(({ type }) => type);
      assert.equal(types.filter((type) => type === 'appended').length, 1);
      assert.equal(types.filter((type) => type === 'conflict').length, 7);
      assert.equal((await journal.read('race')).length, 1);
    });

    test('writes to several streams or to none', async () => {
      await journal.append([put('both-b', 0, 'A')]);
      const refused = await journal.append([put('both-a', 0, 'A'), put('both-b', 0, 'B')]);
      assert.deepEqual(refused, conflict('both-b', 1));
      assert.deepEqual(await journal.read('both-a'), []);
      const written = events(await journal.append([put('both-b', 1, 'B'), put('both-a', 0, 'A')]));
      assert.deepEqual(
        written.map(({ stream, seq }) => [stream, seq]),
        [
          ['both-b', 2],
          ['both-a', 1],
        ],
      );
    });

    test('takes the same stream twice in one append, in the order given', async () => {
      const written = events(await journal.append([put('twice', 0, 'A'), put('twice', 1, 'B')]));
      assert.deepEqual(
        written.map(({ seq, body }) => [seq, body.type]),
        [
          [1, 'A'],
          [2, 'B'],
        ],
      );
    });

    test('events bear the time of their decision: never before the event before, never in the future', async () => {
      const begun = await journal.now();
      const timeOf = async (expected: number, at: number): Promise<number> =>
        events(await journal.append([{ ...put('timed', expected, 'A'), at }]))[0]?.at ?? 0;
      assert.equal(await timeOf(0, begun - 1000), begun - 1000);
      assert.equal(await timeOf(1, begun - 2000), begun - 1000);
      const capped = await timeOf(2, begun + 3_600_000);
      assert.ok(capped >= begun && capped <= (await journal.now()), String(capped - begun));
    });

    test('an append of nothing is fine', async () => {
      assert.deepEqual(await journal.append([]), { type: 'appended', events: [] });
    });

    test('no two streams hold the same claim, and a released claim is free', async () => {
      await journal.append([{ ...put('claim-a', 0, 'A'), claim: 'target/x' }]);
      const refused = await journal.append([{ ...put('claim-b', 0, 'A'), claim: 'target/x' }]);
      assert.deepEqual(refused, { type: 'claimed', claim: 'target/x', by: 'claim-a' });
      assert.deepEqual(await journal.read('claim-b'), []);
      events(await journal.append([{ ...put('claim-a', 1, 'B'), claim: 'target/x' }]));
      events(await journal.append([{ ...put('claim-a', 2, 'C'), release: true }]));
      events(await journal.append([{ ...put('claim-b', 0, 'A'), claim: 'target/x' }]));
    });

    test('of many that claim at once exactly one gets it', async () => {
      const tries = Array.from({ length: 8 }, (_, n) =>
        journal.append([{ ...put(`claimant-${n}`, 0, 'A'), claim: 'target/y' }]),
      );
      const types = (await Promise.all(tries)).map(({ type }) => type);
      assert.equal(types.filter((type) => type === 'appended').length, 1);
      assert.equal(types.filter((type) => type === 'claimed').length, 7);
    });

    test('lists the latest summaries of the streams whose name begins so, newest first', async () => {
      await journal.append([{ ...put('list-1', 0, 'A'), summary: { state: 'begun' } }]);
      await journal.append([{ ...put('list-2', 0, 'A', 'B'), summary: { state: 'begun' } }]);
      await journal.append([put('list-silent', 0, 'A')]);
      const [{ at } = { at: 0 }] = await journal.read('list-2');
      while ((await journal.now()) <= at);
      await journal.append([{ ...put('list-1', 1, 'B'), summary: { state: 'ended' } }]);
      const listed = await journal.list('list-');
      assert.deepEqual(
        listed.map(({ stream, seq, summary }) => [stream, seq, summary]),
        [
          ['list-1', 2, { state: 'ended' }],
          ['list-2', 2, { state: 'begun' }],
        ],
      );
      assert.deepEqual(
        (await journal.list('list-', 1)).map(({ stream }) => stream),
        ['list-1'],
      );
    });

    test('tells whose deadline has come and when the next one comes', async () => {
      const now = await journal.now();
      const far = now + 3_600_000;
      await journal.append([{ ...put('due-past', 0, 'A'), deadline: now - 5 }]);
      await journal.append([{ ...put('due-far', 0, 'A'), deadline: far }]);
      assert.deepEqual(await journal.due(), { streams: ['due-past'], next: far });
      await journal.append([put('due-far', 1, 'B')]); // says nothing of the deadline: it stays
      await journal.append([{ ...put('due-past', 1, 'B'), deadline: null }]);
      assert.deepEqual(await journal.due(), { streams: [], next: far });
      await journal.append([{ ...put('due-far', 2, 'C'), deadline: null }]);
      assert.deepEqual(await journal.due(), { streams: [], next: null });
    });

    test('never gives a number twice', async () => {
      const numbers = await Promise.all(
        Array.from({ length: 20 }, () => journal.nextNumber('run')),
      );
      assert.equal(new Set(numbers).size, 20);
      assert.ok((await journal.nextNumber('run')) > Math.max(...numbers));
      assert.equal(await journal.nextNumber('other'), 1);
    });

    test('says which stream got new events, until nobody wants to know', async () => {
      const heard: string[] = [];
      const came = new Promise<void>((resolve) => {
        const stop = journal.onAppended((stream) => {
          heard.push(stream);
          if (stream !== 'told') return;
          stop();
          resolve();
        });
      });
      await journal.append([put('told', 0, 'A')]);
      await came;
      await journal.append([put('told', 1, 'B')]);
      await journal.append([put('told-after', 0, 'B')]);
      assert.equal(heard.filter((stream) => stream === 'told').length, 1);
      assert.ok(!heard.includes('told-after'));
    });

    test('hands on jobs of what was written, and none of what was refused', async () => {
      const job: Job = { queue: 'step', key: 'job-1', data: { attempt: 1 } };
      await journal.append([{ ...put('jobs', 0, 'A'), jobs: [job] }]);
      const refused = { ...put('jobs', 0, 'A'), jobs: [{ ...job, key: 'job-2' }] };
      assert.equal((await journal.append([refused])).type, 'conflict');
      assert.deepEqual(await tried.jobs(), [job]);
    });
  });
}

/** An event by nobody in particular. */
export function event(type: string, fields: { readonly [key: string]: Json } = {}): NewEvent {
  const body = { type, ...fields };
  return { actor: { kind: 'backout', name: 'node-1' }, body };
}

/** An append of events of these types. */
export function put(stream: string, expected: number, ...types: readonly string[]): Append {
  return { stream, expected, events: types.map((type) => event(type)) };
}

/** The events of an append that must have gone well. */
export function events(appended: Appended): readonly JournalEvent[] {
  assert.equal(appended.type, 'appended', JSON.stringify(appended));
  return appended.type === 'appended' ? appended.events : [];
}

function conflict(stream: string, actual: number): Appended {
  return { type: 'conflict', stream, actual };
}
