// The engine of the demo: `backout serve` as real processes on one store, of which one may be killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A running `backout serve`. */
export interface EngineNode {
  /** What the demo calls it. */
  readonly name: string;
  readonly pid: number;
  /** Is this the node that calls itself so in the journal? Its own name there holds its pid. */
  readonly is: (node: string) => boolean;
  readonly kill: () => void;
  /** SIGTERM: it drains. Resolves when the process is gone. */
  readonly stop: () => Promise<void>;
}

/** What a node needs. */
export interface EngineNodeOptions {
  readonly name: string;
  readonly storeFolder: string;
  readonly env: { readonly [name: string]: string };
  readonly log: (line: string) => void;
}

/** A node that does not drain in this time is killed. Milliseconds. */
const STOP_MS = 8_000;

/** A node must say that it serves within this time. Milliseconds. */
const START_MS = 30_000;

/** Runs in the node before anything else: when the demo dies, however it dies, the node's stdin ends and it drains. */
const drainWithParent = `data:text/javascript,${encodeURIComponent(
  `process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume().unref();`,
)}`;

/** Starts a node and waits until it serves. */
export async function startNode(options: EngineNodeOptions): Promise<EngineNode> {
  const program = fileURLToPath(new URL('../../bin/backout.js', import.meta.url));
  const args = [program, 'serve', '--data', options.storeFolder, '--port', '0'];
  const child = spawn(process.execPath, ['--import', drainWithParent, ...args], {
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await serving(child, options);
  return {
    name: options.name,
    pid: child.pid ?? 0,
    is: (node) => node.split('-').includes(String(child.pid)),
    kill: () => child.kill('SIGKILL'),
    stop: () => stop(child),
  };
}

async function serving(child: ChildProcess, { name, log }: EngineNodeOptions): Promise<void> {
  let said = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => fail('did not serve in time'), START_MS);
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`[demo] ${name} ${why}: ${said.trim()}`));
    };
    const hear = (chunk: Buffer): void => {
      const text = chunk.toString();
      said = (said + text).slice(-4_000);
      for (const line of text.split('\n')) if (line.trim() !== '') log(`[${name}] ${line}`);
      if (!/Working\./.test(said)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => fail(`ended with code ${code}`));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = new AbortController();
  await Promise.race([
    exited,
    sleep(STOP_MS, undefined, { signal: timer.signal }).catch(() => undefined),
  ]);
  timer.abort();
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await exited;
  }
}
