// What the engine may rely on in every dispatcher; run against pg-boss and against the one in memory.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Json } from '../../src/core/journal/event.ts';
import type { Job } from '../../src/core/journal/journal.ts';
import type { Dispatcher } from '../../src/engine/dispatcher.ts';
import { eventually } from './world.ts';

/** A dispatcher under test. */
export interface Dispatchers {
  /** Another node's dispatcher on the same jobs. */
  readonly open: () => Promise<Dispatcher>;
  /** Lays jobs ready in a transaction that is committed. */
  readonly lay: (jobs: readonly Job[]) => Promise<void>;
}

const job = (key: string, queue: 'step' | 'notice' = 'step'): Job => ({
  queue,
  key,
  data: { key },
});
const keyOf = (data: Json): string => (data as { readonly key: string }).key;

/** The contract. Each test starts with no jobs and no workers. */
export function dispatcherContract(dispatchers: () => Dispatchers): void {
  it('hands each job to one node, once when it goes well', async () => {
    const { open, lay } = dispatchers();
    const [a, b] = [await open(), await open()];
    const got: string[] = [];
    for (const node of [a, b])
      await node.work('step', 2, async (data) => void got.push(keyOf(data)));
    const keys = Array.from({ length: 20 }, (_, index) => `each-${index}`);
    await lay(keys.map((key) => job(key)));
    await eventually(
      'every job',
      () => got.length,
      (length) => length >= keys.length,
    );
    assert.deepEqual(got.toSorted(), keys.toSorted());
    await Promise.all([a.stop(0), b.stop(0)]);
  });

  it('gives a node no more jobs at once than it has slots', async () => {
    const { open, lay } = dispatchers();
    const node = await open();
    const releases: (() => void)[] = [];
    await node.work(
      'step',
      2,
      async () => new Promise<void>((resolve) => void releases.push(resolve)),
    );
    await lay([job('slot-1'), job('slot-2'), job('slot-3')]);
    await eventually(
      'two jobs',
      () => releases.length,
      (length) => length === 2,
    );
    releases[0]?.();
    await eventually(
      'the third',
      () => releases.length,
      (length) => length === 3,
    );
    for (const release of releases) release();
    await node.stop(5_000);
  });

  it('keeps queues apart', async () => {
    const { open, lay } = dispatchers();
    const node = await open();
    const got: string[] = [];
    await node.work('notice', 1, async (data) => void got.push(keyOf(data)));
    await lay([job('a-step'), job('a-notice', 'notice')]);
    await eventually(
      'the notice',
      () => got.length,
      (length) => length === 1,
    );
    assert.deepEqual(got, ['a-notice']);
    await node.work('step', 1, async (data) => void got.push(keyOf(data)));
    await eventually(
      'the step',
      () => got.length,
      (length) => length === 2,
    );
    await node.stop(0);
  });

  it('hands a job again whose handler threw', async () => {
    const { open, lay } = dispatchers();
    const node = await open();
    let tries = 0;
    await node.work('notice', 1, async () => {
      tries += 1;
      if (tries < 2) throw new Error('the channel is busy');
    });
    await lay([job('again', 'notice')]);
    await eventually(
      'the second try',
      () => tries,
      (all) => all === 2,
    );
    await node.stop(5_000);
  });

  it('takes nothing more once it is stopped, and waits for what is in hand', async () => {
    const { open, lay } = dispatchers();
    const [leaving, staying] = [await open(), await open()];
    const { promise, resolve } = Promise.withResolvers<void>();
    let [begun, ended] = [0, 0];
    await leaving.work('step', 1, async () => {
      begun += 1;
      await promise;
      ended += 1;
    });
    await lay([job('in-hand')]);
    await eventually(
      'the job',
      () => begun,
      (jobs) => jobs === 1,
    );
    const stopped = leaving.stop(20_000);
    await lay([job('afterwards')]);
    const got: string[] = [];
    await staying.work('step', 1, async (data) => void got.push(keyOf(data)));
    await eventually(
      'the other node to take it',
      () => got.length,
      (length) => length === 1,
    );
    assert.deepEqual([got, begun, ended], [['afterwards'], 1, 0]);
    resolve();
    await stopped;
    assert.equal(ended, 1);
    await staying.stop(0);
  });
}
