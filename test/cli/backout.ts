// Runs the real `backout` as a process of its own, in a folder of its own, and waits for what it says.
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/backout.js', import.meta.url));

/** What a command said and how it ended. */
export interface Said {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is started. */
export interface StartOptions {
  readonly cwd: string;
  readonly env?: { readonly [name: string]: string };
  /** A command that has not ended by then is killed, and the test fails; for a server longer than the whole test. Milliseconds. */
  readonly withinMs?: number;
  /** A file that the command reads as its input. */
  readonly stdin?: string;
}

/** The longest that anything is waited for. Milliseconds. */
const deadlineMs = 60_000;

/** A command that is under way. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Said>;
  #stdout = '';
  #stderr = '';
  readonly #heard = new Set<() => void>();

  constructor(
    words: readonly string[],
    { cwd, env = {}, withinMs = deadlineMs, stdin }: StartOptions,
  ) {
    this.child = spawn(process.execPath, [program, ...words], {
      cwd,
      stdio: [stdin === undefined ? 'ignore' : openSync(stdin, 'r'), 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], HOME: cwd, TZ: 'UTC', ...env },
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#tellAll();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#tellAll();
    });
    this.ended = new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.child.kill('SIGKILL');
        reject(new Error(`backout ${words.join(' ')} did not end.\n${this.said}`));
      }, withinMs);
      this.child.once('close', (exit) => {
        clearTimeout(late);
        resolve({ exit, stdout: this.#stdout, stderr: this.#stderr });
        this.#tellAll();
      });
    });
  }

  /** Both streams, for messages. */
  get said(): string {
    return `stdout:\n${this.#stdout}\nstderr:\n${this.#stderr}`;
  }

  /** The first match, as soon as it is said anywhere. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = AbortSignal.timeout(deadlineMs);
    for (;;) {
      const found = pattern.exec(this.#stdout) ?? pattern.exec(this.#stderr);
      if (found !== null) return found;
      if (deadline.aborted || this.child.exitCode !== null)
        throw new Error(`Never said ${pattern}.\n${this.said}`);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#heard.delete(wake);
          deadline.removeEventListener('abort', wake);
          resolve();
        };
        this.#heard.add(wake);
        deadline.addEventListener('abort', wake, { once: true });
      });
    }
  }

  #tellAll(): void {
    for (const wake of this.#heard) wake();
  }
}

/** Starts a command. */
export function start(words: readonly string[], options: StartOptions): Running {
  return new Running(words, options);
}

/** Runs a command to its end. */
export async function backout(words: readonly string[], options: StartOptions): Promise<Said> {
  return start(words, options).ended;
}

/** The JSON lines of a command that was run with --json. */
export function linesOf({
  stdout,
}: Said): readonly { readonly [key: string]: unknown; readonly type: string }[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly type: string });
}

/** A folder that is gone with the test; the user that Postgres runs as may pass through it. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'backout-cli-'));
  chmodSync(path, 0o755);
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}
