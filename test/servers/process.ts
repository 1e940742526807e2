// A server as a child process of a test: a free port, a folder of its own, ready when it answers, gone when stopped.
import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const readyTimeoutMs = 20_000;

/** A fresh folder under the system's temporary one. */
export function temporaryFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `backout-${name}-`));
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a server on TCP has such an address
  server.close();
  await once(server, 'close');
  return port;
}

/** How to start it, and how to see that it is ready. */
export interface Command {
  readonly program: string;
  readonly words: readonly string[];
  readonly folder: string;
  readonly stopSignal?: NodeJS.Signals;
  readonly options?: SpawnOptions;
  /** Default: 20 s. */
  readonly readyTimeoutMs?: number;
  readonly isReady: () => Promise<boolean>;
}

/** Starts the program and waits until it is ready; gives what stops it and removes its folder. */
export async function startProcess(command: Command): Promise<() => Promise<void>> {
  const { program, words, folder } = command;
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], ...command.options });
  let said = '';
  const listen = (chunk: Buffer): void => void (said = (said + chunk.toString()).slice(-4000));
  child.stdout?.on('data', listen);
  child.stderr?.on('data', listen);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill(command.stopSignal ?? 'SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const giveUpAt = Date.now() + (command.readyTimeoutMs ?? readyTimeoutMs);
  while (!(await command.isReady())) {
    if (child.exitCode !== null || Date.now() > giveUpAt) {
      await stop();
      throw new Error(`${program} did not become ready:\n${said}`);
    }
    await wait(50);
  }
  return stop;
}
