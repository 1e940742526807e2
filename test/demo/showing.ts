// The real `backout demo` as a process in a temporary folder of its own, with everything that it must not leave behind.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Facts } from '../../src/demo/facts.ts';

const program = fileURLToPath(new URL('../../bin/backout.js', import.meta.url));

/** A demo that has not ended by then is killed. Milliseconds. */
const SHOWING_MS = 110_000;

/** What was started may take so long to be gone after the demo's own end. Milliseconds. */
const GONE_MS = 5_000;

/** A machine that is too busy for the shop is given so many chances. */
const CHANCES = 3;

/** What a demo told of itself when everything stood. */
export interface Ready {
  readonly page: string;
  readonly pids: readonly number[];
}

/** A demo that has ended. */
export interface Shown {
  readonly exit: number | null;
  /** The line of facts; undefined when it did not come to that. */
  readonly facts: (Facts & { readonly complaints: readonly string[] }) | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A demo that runs. */
export interface Showing {
  readonly process: ChildProcess;
  readonly ready: Promise<Ready>;
  readonly ended: Promise<Shown>;
}

/** Shows a whole demo with `--json` and makes sure that it leaves nothing behind. `during` takes part in it. */
export async function show(
  args: readonly string[],
  during: (showing: Showing) => Promise<unknown> = async () => undefined,
): Promise<Shown> {
  for (let chance = 1; ; chance++) {
    const shown = await showOnce(args, during);
    if (chance === CHANCES || !/machine has too little time/.test(shown.stderr)) return shown;
  }
}

function showOnce(
  args: readonly string[],
  during: (showing: Showing) => Promise<unknown>,
): Promise<Shown> {
  return withFolder(async (folder) => {
    const showing = start(args, folder);
    const { ended } = showing;
    const [shown] = await Promise.all([ended, Promise.race([during(showing), ended])]);
    await leavesNothing(folder);
    return shown;
  });
}

/** A folder that takes the place of the system's temporary one; whatever still knows it at the end is killed. */
export async function withFolder<Result>(
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'backout-showing-'));
  chmodSync(folder, 0o711); // the databases may run as another user, who must pass here
  try {
    return await use(folder);
  } finally {
    processesOf(folder).forEach(kill);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Starts a demo. */
export function start(args: readonly string[], folder: string): Showing {
  const child = spawn(process.execPath, [program, 'demo', '--json', ...args], {
    env: { ...process.env, TMPDIR: folder },
    detached: true, // leads a group of processes, as a terminal would have it
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: SHOWING_MS,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  const ready = new Promise<Ready>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said.stdout += chunk.toString();
      const line = lineOf(said.stdout, 'demo-ready');
      // Our own program wrote it.
      if (line !== undefined) resolve(line as Ready);
    });
  });
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const ended = once(child, 'close').then(
    // A process that has closed gives its code, or null when a signal ended it; our own program wrote the line.
    ([exit]: readonly unknown[]): Shown => ({
      exit: exit as number | null,
      facts: lineOf(said.stdout, 'demo') as Shown['facts'],
      ...said,
    }),
  );
  return { process: child, ready, ended };
}

/** The JSON line of this type, once it is whole. */
function lineOf(stdout: string, type: string): unknown {
  const whole = stdout.split('\n').slice(0, -1);
  const found = whole.find((line) => line.startsWith(`{"type":"${type}"`));
  return found === undefined ? undefined : JSON.parse(found);
}

/** Ctrl-C in a terminal: the demo hears it, and so does every process of its group. */
export function pressCtrlC({ process: { pid } }: Showing): void {
  if (pid !== undefined) process.kill(-pid, 'SIGINT');
}

/** Everything in the folder is gone but the kept journal, and every process that knows the folder. */
async function leavesNothing(folder: string): Promise<void> {
  const until = Date.now() + GONE_MS;
  while (processesOf(folder).length > 0 && Date.now() < until) await sleep(50);
  assert.deepEqual(processesOf(folder).map(commandOf), [], 'a process was left behind');
  const left = readdirSync(folder).filter((name) => !/^backout-demo-\w+\.jsonl$/.test(name));
  assert.deepEqual(left, [], 'files were left behind');
}

/** The processes that have the folder in their command line or environment, where the system shows them. */
export function processesOf(folder: string): readonly number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => `${textOf(pid, 'cmdline')}${textOf(pid, 'environ')}`.includes(folder));
}

function commandOf(pid: number): string {
  return `${pid} ${textOf(pid, 'cmdline').replaceAll('\0', ' ')}`;
}

/** Empty when the process is gone or belongs to somebody else. */
function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Waits until the page's API tells of an open question; gives its number. */
export async function questionOn(page: string): Promise<number> {
  const until = Date.now() + 60_000;
  while (Date.now() < until) {
    const answer = await fetch(new URL('/api/v1/migrations/shop', page)).catch(() => undefined);
    const migration =
      answer?.ok === true ? ((await answer.json()) as { questions: { decision: number }[] }) : null;
    const question = migration?.questions[0];
    if (question !== undefined) return question.decision;
    await sleep(200);
  }
  throw new Error('Nobody was asked anything.');
}

/** Answers a question through the page's API, as a viewer's browser would. */
export async function answerOn(
  page: string,
  order: { readonly [key: string]: unknown },
): Promise<void> {
  const { origin } = new URL(page);
  const answer = await fetch(`${origin}/api/v1/migrations/shop/decisions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ order, who: 'Vera' }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** The facts of a demo that ended well: exit 0, no complaint, nothing lost. */
export function wellEnded(shown: Shown): Facts {
  const { exit, facts, stderr } = shown;
  assert.deepEqual(facts?.complaints, [], stderr);
  assert.equal(exit, 0, stderr);
  assert.ok(facts);
  assert.ok(facts.book.promised > 0);
  assert.equal(facts.book.found, facts.book.promised);
  assert.equal(facts.journal.problems, 0);
  return facts;
}
