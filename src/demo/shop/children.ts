// Starts the parts of the shop as child processes, and ends them all, whatever happens to the parent.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A part that runs and listens. */
export interface Child {
  readonly name: PartName;
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** The parts of the shop. */
export type PartName = 'legacy' | 'ledger' | 'router' | 'flags' | 'feed' | 'customers';

/** How to start a part. */
export interface ChildOptions {
  readonly args?: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Hears what the part says on stderr, and its end when nobody asked for it. */
  readonly log: (line: string) => void;
}

/** How long a part has to say that it listens, in milliseconds. */
const readyMsMax = 15_000;

/** How long a part has to stop by itself, in milliseconds. */
const stopMsMax = 3000;

/** The file of a part or command: TypeScript where this file is, JavaScript once compiled. */
export function processFile(name: PartName | 'carry'): string {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./processes/${name}.${extension}`, import.meta.url));
}

/** Starts a part in its own process group. It ends when its stdin does, so it never outlives its parent. */
export async function startChild(name: PartName, options: ChildOptions): Promise<Child> {
  const child = spawn(
    process.execPath,
    [processFile(name), '--port', '0', ...(options.args ?? [])],
    { env: options.env, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (said.length < 20) said.push(line);
    options.log(`[${name}] ${line}`);
  });
  child.stdin.on('error', () => undefined); // It is gone; its exit tells.
  const exited = exitOf(child);
  const stop = () => stopChild(child, exited);
  try {
    const port = await readyPort(name, child, exited, said);
    void logUnwantedEnd(name, exited, child, options.log);
    return { name, url: `http://127.0.0.1:${port}`, pid: child.pid ?? 0, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `code ${code}`));
  });
}

/** Reads the part's one line on stdout: `{"ready":true,"port":…}`. */
async function readyPort(
  name: PartName,
  child: ChildProcess,
  exited: Promise<string>,
  said: readonly string[],
): Promise<number> {
  const { stdout } = child;
  if (stdout === null) throw new Error(`[shop] Cannot start ${name}: it has no stdout.`);
  const lines = createInterface({ input: stdout });
  const deadline = AbortSignal.timeout(readyMsMax);
  const failed = (why: string) =>
    new Error(`[shop] Cannot start ${name}: ${why}. ${said.join(' ').slice(0, 600)}`);
  return new Promise((resolve, reject) => {
    lines.once('line', (line) => resolve((JSON.parse(line) as { readonly port: number }).port));
    deadline.addEventListener('abort', () => reject(failed(`not ready after ${readyMsMax} ms`)));
    void exited.then((how) => reject(failed(`it ended with ${how}`)));
  });
}

const wantedEnds = new WeakSet<ChildProcess>();

async function logUnwantedEnd(
  name: PartName,
  exited: Promise<string>,
  child: ChildProcess,
  log: (line: string) => void,
): Promise<void> {
  const how = await exited;
  if (!wantedEnds.has(child)) log(`[${name}] ended by itself with ${how}`);
}

async function stopChild(child: ChildProcess, exited: Promise<string>): Promise<void> {
  wantedEnds.add(child);
  child.stdin?.end();
  const timer = setTimeout(() => killGroup(child), stopMsMax);
  await exited;
  clearTimeout(timer);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already, which is what was wanted.
  }
}
