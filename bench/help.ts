// `backout --help`, as a person waits for it: from the start of the process to its end, published and in a checkout.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { build } from '../scripts/build.ts';
import type { Bench } from './bench.ts';

const rounds = 15;
const bar = { most: 150 };

/** The program as it is started in a checkout: it runs the source. */
export const program = fileURLToPath(new URL('../bin/backout.js', import.meta.url));

/** The program as npm brings it: JavaScript. */
const published = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** The bench. */
export const help: Bench = {
  name: 'help',
  run: async () => {
    const { ok, output } = await build();
    if (!ok) throw new Error(`[bench] Cannot build: ${output}`);
    return [
      { what: 'backout --help, as published', unit: 'ms', samples: helpMs(published), bar },
      { what: 'backout --help, in a checkout', unit: 'ms', samples: helpMs(program), bar },
    ];
  },
};

function helpMs(file: string): readonly number[] {
  return Array.from({ length: rounds }, () => {
    const began = performance.now();
    execFileSync(process.execPath, [file, '--help']);
    return performance.now() - began;
  });
}
