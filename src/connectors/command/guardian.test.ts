// A node that is killed leaves no command behind: what it had begun ends with it, children of children too.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const folder = mkdtempSync(join(tmpdir(), 'backout-guardian-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A process that runs these commands one after the other, as a node would. Its input comes after the guardian was told. */
const asNode = (commands: readonly (readonly string[])[]): string => `
import { runCommand } from ${JSON.stringify(new URL('run.ts', import.meta.url).href)};
const call = { signal: new AbortController().signal, deadline: Date.now() + 600_000 };
for (const argv of ${JSON.stringify(commands)})
  await runCommand({ argv, directory: ${JSON.stringify(folder)}, environment: { PATH: process.env.PATH }, input: 'go\\n' }, call);
`;

async function until(what: string, holds: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  while (!holds()) {
    assert.ok(Date.now() < giveUpAt, `waited in vain for ${what}`);
    await sleep(20);
  }
}

/** What the command wrote into the file; empty while it has not. */
function written(name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8').trim();
  } catch {
    return '';
  }
}

/** A process that was killed and is not yet collected does no work any more. */
function works(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

const skip = process.platform === 'linux' ? false : 'reads the state of processes from /proc';

test(
  'the command of a killed node ends with all its children, and earlier ones are forgotten',
  { skip },
  async () => {
    const commands = [
      ['true'],
      ['sh', '-c', 'true'],
      ['sh', '-c', 'trap "" TERM; read -r go; sleep 600 & echo "$$ $!" > begun; wait; sleep 600'],
    ];
    const node = spawn(process.execPath, ['--input-type=module', '-e', asNode(commands)]);
    await until('the command', () => written('begun') !== '');
    const pids = written('begun').split(' ').map(Number);
    assert.ok(pids.every(works), 'both are at work');
    node.kill('SIGKILL');
    await once(node, 'exit');
    await until('their end', () => !pids.some(works));
  },
);
