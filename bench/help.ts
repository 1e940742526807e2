// `backout --help`, as a person waits for it: from the start of the process to its end.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Bench } from './bench.ts';

const rounds = 15;

/** The program as users start it. */
export const program = fileURLToPath(new URL('../bin/backout.js', import.meta.url));

/** The bench. */
export const help: Bench = {
  name: 'help',
  run: async () => [
    {
      what: 'backout --help',
      unit: 'ms',
      samples: Array.from({ length: rounds }, helpMs),
      bar: { most: 150 },
    },
  ],
};

function helpMs(): number {
  const began = performance.now();
  execFileSync(process.execPath, [program, '--help']);
  return performance.now() - began;
}
