// Journal appends: to one stream, one after another, and to 32 streams at once, on the managed Postgres with fsync on.
import type { Store } from '../src/store/store.ts';
import { openStore } from '../src/store/store.ts';
import type { Bench } from './bench.ts';
import { withFolder } from './folder.ts';

const appendsAlone = 500;
const streams = 32;
const appendsEach = 25;
const rounds = 7;

/** The bench. */
export const appends: Bench = {
  name: 'appends',
  run: () =>
    withFolder(async (folder) => {
      const store = await openStore({ folder });
      try {
        await fill(store, 'warm', 50);
        const alone = await fill(store, 'alone', appendsAlone);
        return [
          { what: 'an append of one event, one stream', unit: 'ms', samples: alone },
          {
            what: 'appends, one stream',
            unit: '/s',
            samples: [(appendsAlone * 1000) / alone.reduce((sum, each) => sum + each, 0)],
          },
          {
            what: `appends, ${streams} streams at once`,
            unit: '/s',
            samples: await together(store),
          },
        ];
      } finally {
        await store.close();
      }
    }),
};

/** Appends events to a stream, each after the other; how long each took, in milliseconds. */
async function fill(store: Store, stream: string, count: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let expected = 0; expected < count; expected++) {
    const body = {
      type: 'StepConfirmed',
      step: 'route-back',
      attempt: 1,
      done: 'applied',
      evidence: { legacy: 100 },
    };
    const began = performance.now();
    const appended = await store.journal.append([
      { stream, expected, events: [{ actor: { kind: 'backout', name: 'bench' }, body }] },
    ]);
    took.push(performance.now() - began);
    if (appended.type !== 'appended')
      throw new Error(`[bench] An append was refused: ${appended.type}.`);
  }
  return took;
}

async function together(store: Store): Promise<readonly number[]> {
  const rates: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    const names = Array.from({ length: streams }, (_, n) => `together-${round}-${n}`);
    await Promise.all(names.map((name) => fill(store, name, appendsEach)));
    rates.push((streams * appendsEach) / ((performance.now() - began) / 1000));
  }
  return rates;
}
