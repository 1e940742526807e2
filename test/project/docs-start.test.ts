// The 15 minutes of docs/start.md are real: its files are written, its commands run, and they say what the page shows.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { root } from '../../scripts/tool.ts';
import { textOf } from './tree.ts';

/** What the page says to do, in its order; `shows` is the block of output after it. */
type Act =
  | { readonly type: 'file'; readonly path: string; readonly text: string }
  | { readonly type: 'run'; readonly how: string; readonly text: string; readonly shows: string };

const deadlineMs = 60_000;
const timeout = 5 * deadlineMs;
const folder = mkdtempSync(join(tmpdir(), 'backout-start-'));
const background: ChildProcess[] = [];
let acts: readonly Act[] = [];

before(async () => {
  // Postgres refuses to run as root and then runs as another user, who must be able to reach its data.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'bin'));
  const npx = `#!/bin/sh\nshift\nexec "${process.execPath}" "${join(root, 'bin/backout.js')}" "$@"\n`;
  writeFileSync(join(folder, 'bin/npx'), npx, { mode: 0o755 });
  const [service, page] = [await freePort(), await freePort()];
  acts = actsIn(textOf('docs/start.md').replaceAll(/\b4700\b/g, service))
    .map((act) => (act.type === 'file' ? act : { ...act, shows: act.shows.replace('4600', page) }))
    .map((act) =>
      act.type === 'run' && act.text.includes('backout serve')
        ? { ...act, text: `${act.text.trim()} --port ${page}\n` }
        : act,
    );
});

after(async () => {
  for (const child of background) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true });
});

test(
  'every file and command of the first 15 minutes works as the page says',
  { timeout },
  async (t) => {
    assert.ok(acts.length > 12);
    for (const act of acts) {
      if (act.type === 'file') {
        mkdirSync(dirname(join(folder, act.path)), { recursive: true });
        writeFileSync(join(folder, act.path), act.text);
        continue;
      }
      // What is done in the clone is what demo and package tests do; the environment is given below.
      if (act.how === 'clone' || act.how === 'everywhere') continue;
      await t.test(act.text.trim().split('\n').join('; '), async () => {
        const said = act.how === 'background' ? await start(act) : await run(act);
        for (const line of linesOf(act.shows)) assert.ok(fits(line, said), `${line}\n\n${said}`);
      });
    }
  },
);

/** Runs a block to its end; one that waits for something to happen is tried until it works. */
async function run({ how, text }: Act & { type: 'run' }): Promise<string> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const { child, output } = shell(`set -e\n${text}`);
    const [exit] = await once(child, 'close');
    if (exit === 0) return output();
    assert.ok(how === 'until-it-works' && Date.now() < until, `${text}\n${output()}`);
    await pause(200);
  }
}

/** Starts what goes on, and waits for what it shows; what shows nothing is ready when it can be asked. */
async function start({ text, shows }: Act & { type: 'run' }): Promise<string> {
  const { child, output } = shell(`exec ${text.trim()}`);
  background.push(child);
  const until = Date.now() + deadlineMs;
  while (!linesOf(shows).every((line) => fits(line, output()))) {
    assert.ok(child.exitCode === null && Date.now() < until, `${text}\n${output()}`);
    await pause(100);
  }
  return output();
}

function shell(text: string): { readonly child: ChildProcess; readonly output: () => string } {
  const path = `${join(folder, 'bin')}:${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const { NODE_TEST_CONTEXT: _, BACKOUT_URL: __, BACKOUT_DATABASE_URL: ___, ...env } = process.env;
  const child = spawn('sh', ['-c', text], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, PATH: path, BACKOUT_DATA: join(folder, 'data') },
    timeout: 2 * deadlineMs,
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  }
  return { child, output: () => said };
}

function linesOf(shows: string): readonly string[] {
  return shows.split('\n').filter((line) => line.trim() !== '');
}

/** Whether a line of the page is in what was said; `…` on the page stands for anything. */
function fits(line: string, said: string): boolean {
  const parts = line.trim().split(' … ');
  const rest = parts.map((part) => part.replace(/ …$/, ''));
  return said
    .split('\n')
    .some((each) =>
      rest.every((part) => each.replaceAll('…', '').includes(part.replaceAll('…', ''))),
    );
}

function actsIn(page: string): readonly Act[] {
  const found: Act[] = [];
  for (const match of page.matchAll(/^```(\w+)(?: ([^\n]+))?\n([\s\S]*?)^```$/gm)) {
    const [, language = '', how = '', text = ''] = match;
    const last = found.at(-1);
    if (how.startsWith('file=')) found.push({ type: 'file', path: how.slice(5), text });
    else if (language === 'sh') found.push({ type: 'run', how, text, shows: '' });
    else if (language === 'text' && last?.type === 'run')
      found.splice(-1, 1, { ...last, shows: text });
  }
  return found;
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return String(typeof address === 'object' ? address?.port : address);
}
