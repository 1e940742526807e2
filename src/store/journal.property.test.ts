// Whatever interleaves: chains stay whole, numbers have no gaps, and what was acknowledged is there, also after kill -9.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  assert as assertProperty,
  array,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  record,
  uniqueArray,
} from 'fast-check';
import { verifyChain } from '../core/journal/chain.ts';
import type { Journal } from '../core/journal/journal.ts';
import { event } from '../../test/store/journal-contract.ts';
import { temporaryServer, until, type TemporaryServer } from '../../test/store/temporary.ts';
import { StoreError } from './errors.ts';
import { postmasterPid } from './managed/server.ts';
import type { Store } from './store.ts';

let server: TemporaryServer;
let stores: readonly [Store, Store];
before(async () => {
  server = await temporaryServer();
  const url = await server.emptyDatabase();
  stores = [await server.store({ url }), await server.store({ url })];
});
after(() => server.stop());

let round = 0;

/** One writer's intention: which streams, how many events in each, by which process. */
const intention = record({
  streams: uniqueArray(integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
  count: integer({ min: 0, max: 3 }),
  elsewhere: boolean(),
  stale: boolean(),
  claim: constantFrom(null, 'x', 'y'),
});

test('for any interleaving of appends, every stream is whole and holds what was acknowledged', async () => {
  await assertProperty(
    asyncProperty(array(intention, { minLength: 1, maxLength: 25 }), async (intentions) => {
      const prefix = `r${round++}`;
      const acknowledged: string[] = [];
      await Promise.all(
        intentions.map(async ({ streams, count, elsewhere, stale, claim }, writer) => {
          const { journal } = stores[elsewhere ? 1 : 0];
          const appends = await Promise.all(
            streams.map(async (number, index) => {
              const stream = `${prefix}-${number}`;
              const known = (await journal.read(stream)).length;
              const ids = Array.from({ length: count }, (_, n) => `${writer}/${number}/${n}`);
              return {
                stream,
                expected: stale ? known + 1 : known,
                events: ids.map((id) => event('Noted', { id })),
                ...(claim !== null && index === 0 ? { claim: `${prefix}/${claim}` } : {}),
              };
            }),
          );
          const answer = await journal.append(appends);
          if (answer.type !== 'appended') return;
          acknowledged.push(
            ...appends.flatMap(({ stream, events }) =>
              events.map(({ body }) => `${stream} ${idOf(body)}`),
            ),
          );
        }),
      );
      assert.deepEqual((await kept(stores[0].journal, prefix)).toSorted(), acknowledged.toSorted());
    }),
    { numRuns: 25 },
  );
  assert.deepEqual((await stores[1].check()).problems, []);
});

test('no acknowledged event is lost when the server is killed in between, again and again', async () => {
  const prefix = 'killed';
  const acknowledged: string[] = [];
  const end = new AbortController();
  const writers = Array.from({ length: 6 }, async (_, writer) => {
    const { journal } = stores[writer % 2 === 0 ? 0 : 1];
    for (let n = 0; !end.signal.aborted; n++) {
      const stream = `${prefix}-${writer % 4}`;
      try {
        const expected = (await journal.read(stream)).length;
        const id = `${writer}/${n}`;
        const answer = await journal.append([
          { stream, expected, events: [event('Noted', { id })] },
        ]);
        if (answer.type === 'appended') acknowledged.push(`${stream} ${id}`);
      } catch (error) {
        assert.ok(error instanceof StoreError && error.code === 'unreachable', String(error));
      }
    }
  });
  for (let kill = 0; kill < 3; kill++) {
    const before = acknowledged.length;
    await until(
      'work',
      () => acknowledged.length,
      (count) => count > before + 30,
    );
    const pid = postmasterPid(server.managed.places);
    assert.ok(pid !== null);
    process.kill(pid, 'SIGKILL');
    await until(
      'another server',
      () => postmasterPid(server.managed.places),
      (now) => now !== pid && now !== null,
    );
  }
  const before = acknowledged.length;
  await until(
    'work',
    () => acknowledged.length,
    (count) => count > before + 30,
  );
  end.abort();
  await Promise.all(writers);
  const there = new Set(await kept(stores[0].journal, prefix));
  assert.deepEqual(
    acknowledged.filter((one) => !there.has(one)),
    [],
  );
  assert.deepEqual((await stores[0].check()).problems, []);
});

/** Every event of the four streams, each stream verified. */
async function kept(journal: Journal, prefix: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let number = 0; number < 4; number++) {
    const stream = `${prefix}-${number}`;
    const events = await journal.read(stream);
    assert.deepEqual(verifyChain(events), { type: 'whole' });
    ids.push(...events.map(({ body }) => `${stream} ${idOf(body)}`));
  }
  return ids;
}

function idOf(body: object): string {
  // Every body here was made with an id.
  return (body as { readonly id: string }).id;
}
