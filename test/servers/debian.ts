// Finds programs, and installs them from Debian when this is root on Debian; their services are never started.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Missing } from './missing.ts';

const run = promisify(execFile);
const installTimeoutMs = 90_000;
const folders = ['/usr/bin', '/usr/sbin', '/usr/local/bin'];

/** The path of the program, installed from the package if it must be and may be. Throws Missing. */
export async function ensureProgram(program: string, packageName: string): Promise<string> {
  const found = findProgram(program);
  if (found !== undefined) return found;
  await install(packageName);
  const installed = findProgram(program);
  if (installed !== undefined) return installed;
  throw new Missing(`Debian's ${packageName} brought no ${program}`);
}

function findProgram(program: string): string | undefined {
  const path = process.env['PATH'] ?? '';
  return [...path.split(delimiter), ...folders]
    .map((folder) => join(folder, program))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function install(packageName: string): Promise<void> {
  const mayInstall = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (!mayInstall)
    throw new Missing(`${packageName} is not installed, and only root on Debian can install it`);
  try {
    await withoutServices(async () => {
      const options = {
        timeout: installTimeoutMs,
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      };
      const apt = (...words: readonly string[]): Promise<unknown> =>
        run('apt-get', ['-y', '-q', '-o', 'DPkg::Lock::Timeout=60', ...words], options);
      const wanted = ['install', '--no-install-recommends', packageName];
      // The lists of packages may be old or none at all.
      await apt(...wanted).catch(() => apt('update').then(() => apt(...wanted)));
    });
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : 'unknown';
    throw new Missing(`${packageName} could not be installed: ${why}`);
  }
}

/** Debian starts a service when its package is installed, unless this policy forbids it. */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d';
  const isOurs = !existsSync(policy);
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    if (isOurs) rmSync(policy, { force: true });
  }
}
