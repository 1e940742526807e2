// Runs a development tool of node_modules with this Node and gives back what it said.
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** What a tool said, and whether it was content. */
export interface ToolResult {
  readonly ok: boolean;
  readonly output: string;
}

const deadlineMs = 5 * 60_000;

/** Runs a tool by its name in node_modules/.bin. */
export function runTool(name: string, args: readonly string[]): Promise<ToolResult> {
  return runNode([realpathSync(join(root, 'node_modules/.bin', name)), ...args]);
}

/** Runs this Node with arguments in the project's folder, at most 5 minutes. */
export function runNode(args: readonly string[]): Promise<ToolResult> {
  const { promise, resolve } = Promise.withResolvers<ToolResult>();
  // A tool that is itself a test run must not believe that it is a child of the run that started it.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const path = [join(root, 'node_modules/.bin'), env['PATH'] ?? ''].join(delimiter);
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: deadlineMs,
  });
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output += text.toString()));
  child.on('error', (error) => resolve({ ok: false, output: `${error.message}\n` }));
  child.on('close', (code, signal) => {
    const why =
      signal === null ? '' : `stopped by ${signal}, deadline ${deadlineMs / 60_000} minutes\n`;
    resolve({ ok: code === 0, output: output + why });
  });
  return promise;
}
