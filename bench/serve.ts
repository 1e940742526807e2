// Cold start of `backout serve`: from the start of the process, on a data folder that exists, until it says that it works.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Bench } from './bench.ts';
import { withFolder } from './folder.ts';
import { program } from './help.ts';

const rounds = 7;

/** A start or an end that takes longer is none. Milliseconds. */
const DEADLINE_MS = 60_000;

/** The bench. */
export const serve: Bench = {
  name: 'serve',
  run: () =>
    withFolder(async (folder) => {
      const first = await serveMs(folder);
      const samples: number[] = [];
      for (let round = 0; round < rounds; round++) samples.push(await serveMs(folder));
      return [
        { what: 'backout serve on a new data folder', unit: 'ms', samples: [first] },
        {
          what: 'backout serve on an existing data folder',
          unit: 'ms',
          samples,
          bar: { most: 2_000 },
        },
      ];
    }),
};

/** Starts it, waits for its word, and stops it; its Postgres stops with it, so the next start is as cold. */
async function serveMs(folder: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, [program, 'serve', '--data', folder, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  try {
    await saysThatItWorks(child);
    return performance.now() - began;
  } finally {
    child.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  }
}

async function saysThatItWorks({ stderr }: ChildProcess): Promise<void> {
  if (stderr === null) throw new Error('[bench] The server has no stderr.');
  const said: string[] = [];
  for await (const line of createInterface({ input: stderr })) {
    if (line.includes('Working.')) return;
    said.push(line);
  }
  throw new Error(`[bench] The server ended before it worked: ${said.join(' ')}`);
}
