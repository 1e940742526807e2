// The demo's own times, measured by the demo: from the break to detected, decided, restored and verified, and the whole.
import { execFileSync } from 'node:child_process';
import type { Bench } from './bench.ts';
import { program } from './help.ts';

const rounds = 3;

/** The line of facts that the demo prints for programs. Epoch milliseconds. */
interface Facts {
  readonly type: string;
  readonly brokeAt: number;
  readonly noticedAt: number;
  readonly decidedAt: number;
  readonly servingAt: number;
  readonly endedAt: number;
}

/** The bench. */
export const demo: Bench = {
  name: 'demo',
  run: async () => {
    const shown = Array.from({ length: rounds }, show);
    const seconds = (from: (one: Shown) => number, to: (one: Shown) => number): readonly number[] =>
      shown.map((one) => (to(one) - from(one)) / 1000);
    const broke = (one: Shown): number => one.facts.brokeAt;
    return [
      {
        what: 'break to detected',
        unit: 's',
        samples: seconds(broke, ({ facts }) => facts.noticedAt),
      },
      {
        what: 'break to decided',
        unit: 's',
        samples: seconds(broke, ({ facts }) => facts.decidedAt),
      },
      {
        what: 'break to restored (RTO of its plan)',
        unit: 's',
        samples: seconds(broke, ({ facts }) => facts.servingAt),
        bar: { most: 60 },
      },
      {
        what: 'break to verified',
        unit: 's',
        samples: seconds(broke, ({ facts }) => facts.endedAt),
      },
      {
        what: 'command to the verified rollback',
        unit: 's',
        samples: seconds(
          ({ beganAt }) => beganAt,
          ({ facts }) => facts.endedAt,
        ),
        bar: { most: 60 },
      },
      {
        what: 'the whole command',
        unit: 's',
        samples: seconds(
          ({ beganAt }) => beganAt,
          ({ overAt }) => overAt,
        ),
      },
    ];
  },
};

interface Shown {
  readonly beganAt: number;
  readonly facts: Facts;
  readonly overAt: number;
}

function show(): Shown {
  const beganAt = Date.now();
  const said = execFileSync(process.execPath, [program, 'demo', '--json'], {
    encoding: 'utf8',
    timeout: 180_000,
  });
  const overAt = Date.now();
  // Each line is JSON that we print ourselves.
  const lines = said
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Facts);
  const facts = lines.find(({ type }) => type === 'demo');
  if (facts === undefined) throw new Error('[bench] The demo told no facts.');
  return { beganAt, facts, overAt };
}
