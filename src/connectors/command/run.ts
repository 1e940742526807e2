// Runs a command as a child process in a group of its own, which is ended as a whole: no shell, no strays.
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Call } from '../../connector.ts';
import { Ended, withEnding } from '../ending.ts';
import { guard, unguard } from './guardian.ts';
import { createOutput } from './output.ts';

/** What to run, and with what around it. */
export interface Run {
  readonly argv: readonly string[];
  readonly directory: string;
  readonly environment: { readonly [name: string]: string };
  /** Given on standard input. */
  readonly input?: string;
  /** How much of the beginning of what it prints is kept. Default: 32 KiB. */
  readonly keepBytes?: number;
  /**
   * A word that the program says on standard error once it has begun something elsewhere, which it ends when its standard
   * input does. The input is then held open, and the program is given a moment to end that before it is ended itself.
   */
  readonly lifeline?: string;
}

/** What became of it. */
export type Ran =
  | ({ readonly type: 'exited'; readonly code: number; readonly ms: number } & Said)
  /** By a signal that was not ours. */
  | ({ readonly type: 'killed'; readonly by: string; readonly ms: number } & Said)
  /** By us: at its deadline, by a cancel, or because it printed without end. */
  | ({
      readonly type: 'stopped';
      readonly why: Ended | 'printed-too-much';
      readonly ms: number;
    } & Said)
  | { readonly type: 'not-started'; readonly code: string };

interface Said {
  readonly out: string;
  readonly errors: string;
}

/** How long a group has to end after SIGTERM before it gets SIGKILL. */
const graceMs = 1000;
/** How long the kernel may take to carry out SIGKILL. */
const deathMs = 500;
/** How long to listen for the last words of strays after the command itself has exited. */
const lastWordsMs = 1000;
/** How long what was begun elsewhere may take to end: more than the second that is between asking and making it. */
const farewellMs = 2000;
const printedMaxBytes = 16 * 1024 * 1024;

/** Runs it to its end, or to the end of the call. Resolves only when no process of its group is left. */
export async function runCommand(run: Run, call: Call): Promise<Ran> {
  return withEnding(call, Infinity, async (signal) => {
    const [program = '', ...words] = run.argv;
    const startedAt = performance.now();
    const child = start(program, words, run);
    if (typeof child === 'string') return { type: 'not-started', code: child };
    if (child.pid !== undefined) guard(child.pid);
    child.stdin.on('error', () => undefined); // a command need not read its input
    child.stdin.write(run.input ?? '');
    if (run.lifeline === undefined) child.stdin.end();
    const ended = await waitFor(child, signal, run);
    if (child.pid !== undefined) unguard(child.pid);
    return ended.type === 'not-started'
      ? ended
      : { ...ended, ms: Math.round(performance.now() - startedAt) };
  });
}

/** The child, or the code of what the kernel says at once, such as E2BIG. */
function start(program: string, words: readonly string[], run: Run): Child | string {
  try {
    return spawn(program, words, {
      cwd: run.directory,
      env: run.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type WithoutMs<T> = T extends { readonly ms: number } ? Omit<T, 'ms'> : T;

async function waitFor(
  child: Child,
  signal: AbortSignal,
  { keepBytes, lifeline }: Run,
): Promise<WithoutMs<Ran>> {
  const [out, errors] = [createOutput(keepBytes), createOutput()];
  const { promise: stopWanted, resolve: wantStop } = Promise.withResolvers<
    Ended | 'printed-too-much'
  >();
  const onAbort = (): void => wantStop(endedBy(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  for (const [stream, output] of [
    [child.stdout, out],
    [child.stderr, errors],
  ] as const) {
    stream.on('data', (chunk: Buffer) => {
      output.push(chunk);
      if (output.sizeBytes() > printedMaxBytes) wantStop('printed-too-much');
    });
  }
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const exit = exitOf(child);
  const first = await Promise.race([
    exit,
    stopWanted.then((why) => ({ type: 'stop', why }) as const),
  ]);
  signal.removeEventListener('abort', onAbort);
  if (first.type === 'not-started') return first;
  if (first.type !== 'stop') await soon(closed, lastWordsMs);
  else if (lifeline !== undefined && errors.text().includes(lifeline)) {
    child.stdin.end();
    await soon(closed, farewellMs);
  }
  await endGroup(child, exit);
  child.stdout.destroy();
  child.stderr.destroy();
  const said = { out: out.text(), errors: errors.text() };
  return first.type === 'stop'
    ? { type: 'stopped', why: first.why, ...said }
    : { ...first, ...said };
}

type Exit =
  | { readonly type: 'exited'; readonly code: number }
  | { readonly type: 'killed'; readonly by: string }
  | { readonly type: 'not-started'; readonly code: string };

function exitOf(child: Child): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message;
      if (child.pid === undefined) resolve({ type: 'not-started', code });
    });
    child.once('exit', (code, by) => {
      if (code === null) resolve({ type: 'killed', by: by ?? 'a signal' });
      else resolve({ type: 'exited', code });
    });
  });
}

/** Ends what is left of the group: asked first, then made to. */
async function endGroup(child: Child, exit: Promise<Exit>): Promise<void> {
  if (!signalGroup(child, 'SIGTERM')) return void (await exit);
  await untilGone(child, graceMs);
  signalGroup(child, 'SIGKILL');
  await exit;
  await untilGone(child, deathMs);
}

/** Where nobody collects dead processes, a group never looks empty: hence the bound. */
async function untilGone(child: Child, boundMs: number): Promise<void> {
  const giveUpAt = performance.now() + boundMs;
  while (performance.now() < giveUpAt && signalGroup(child, 0)) await soon(never, 20);
}

/** Whether there was anybody to signal. */
function signalGroup(child: Child, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}

const never = new Promise<void>(() => undefined);

function soon(promise: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void promise.finally(() => clearTimeout(timer)).then(resolve);
  });
}

function endedBy(signal: AbortSignal): Ended {
  const reason: unknown = signal.reason;
  return reason instanceof Ended ? reason : new Ended('cancelled', 0);
}
