// Live streams: however often and wherever a watcher is cut off, it gets every event once and in order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Journal } from '../../src/core/journal/journal.ts';
import { type Asking, asking } from './asking.ts';

const stream = 'run-9';

async function add(journal: Journal, count: number): Promise<void> {
  const { length: expected } = await journal.read(stream);
  const events = Array.from({ length: count }, () => ({
    actor: { kind: 'backout', name: 'b' } as const,
    body: { type: 'StepOverdue', step: 'x' },
  }));
  await journal.append([{ stream, expected, events }]);
}

interface Told {
  readonly ids: readonly number[];
  readonly text: string;
}

/** Listens until `count` events came, and hangs up. */
async function listen(
  app: Asking,
  headers: Record<string, string>,
  count: number,
  query = '',
): Promise<Told> {
  const response = await app.get(`/api/v1/streams/${stream}/live${query}`, headers);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const reader = (response.body ?? new ReadableStream<Uint8Array>()).getReader();
  const decoder = new TextDecoder();
  let text = '';
  let ids: readonly number[] = [];
  while (ids.length < count || !text.includes('event: heartbeat')) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    ids = idsIn(text);
  }
  await reader.cancel();
  return { ids, text };
}

/** The ids of whole messages, as a browser would remember them. */
function idsIn(text: string): readonly number[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const id = /^id: (\d+)$/m.exec(block)?.[1];
      return id === undefined ? [] : [Number(id)];
    });
}

test(
  'a watcher that resumes with Last-Event-ID loses nothing and gets nothing twice',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            appended: fc.integer({ min: 0, max: 6 }),
            heard: fc.integer({ min: 0, max: 4 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        async (rounds) => {
          const app = await asking();
          let all = 0;
          let last = 0;
          const got: number[] = [];
          const round = async (appended: number, heard: number): Promise<void> => {
            await add(app.journal, appended);
            all += appended;
            const { ids } = await listen(
              app,
              last === 0 ? {} : { 'last-event-id': String(last) },
              Math.min(heard, all - last),
            );
            got.push(...ids);
            last = ids.at(-1) ?? last;
          };
          for (const { appended, heard } of rounds) await round(appended, heard);
          await round(1, Number.MAX_SAFE_INTEGER);
          assert.deepEqual(
            got,
            Array.from({ length: all }, (_, index) => index + 1),
          );
        },
      ),
      { numRuns: 40 },
    );
  },
);

test('a new event reaches a watcher that waits, and each says its place and the whole event', async () => {
  const app = await asking();
  await add(app.journal, 2);
  const waiting = listen(app, {}, 1, '?from=3');
  await add(app.journal, 1);
  const { ids, text } = await waiting;
  assert.deepEqual(ids, [3]);
  assert.match(text, /retry: 1000/);
  const data = /^data: (\{.*\})$/m.exec(text)?.[1] ?? '{}';
  const [, , third] = await app.journal.read(stream);
  assert.deepEqual(JSON.parse(data), third);
});

test('a stream ends when the server closes, so that its watchers come back to another', async () => {
  const closing = new AbortController();
  const app = await asking({ closing: closing.signal });
  const response = await app.get('/api/v1/streams/run-9/live');
  const whole = response.text();
  closing.abort();
  assert.match(await whole, /event: heartbeat/);
});

test('a place that is no number is refused', async () => {
  const app = await asking();
  assert.equal((await app.get('/api/v1/streams/run-9/live?from=0')).status, 404);
  assert.equal((await app.get('/api/v1/streams/run-9/live', { 'last-event-id': 'x' })).status, 404);
});
