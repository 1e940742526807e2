// Runs `npm ci` when node_modules is not what the lockfile says, shows that it is at work, and explains what it could not get.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findNode24, whyNoNode24 } from '../bin/node24.js';

const deadlineMinutes = 15;

/** Makes node_modules what the lockfile says. False when it could not; then the reason has been printed. */
export async function ensureInstalled(root) {
  if (!isInstalled(root) || findNode24() === undefined) {
    const output = await runNpmCi(root);
    if (output !== undefined) {
      console.error(explain(output));
      return false;
    }
  }
  if (findNode24() !== undefined) return true;
  console.error(`${whyNoNode24()}\n${roomLeft(root)}`);
  return false;
}

/** npm leaves an optional package out without a word when it cannot be got, and a full disk is the usual cause. */
function roomLeft(root) {
  const { bavail, bsize } = statfsSync(root);
  const megabytes = Math.floor((bavail * bsize) / 1e6);
  return `npm leaves a package out silently when the disk is full: ${megabytes} MB are free here, about 500 are needed. It also does when the registry lacks it.`;
}

/** npm writes node_modules/.package-lock.json last, so a broken-off installation has none. */
function isInstalled(root) {
  const installedPath = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedPath)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedPath, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const found = installed[path];
    return path === '' || (found === undefined ? optional === true : found.version === version);
  });
}

/** Undefined when all went well, else everything npm said. */
function runNpmCi(root) {
  const npm = npmCommand();
  const args = [
    ...npm.args,
    'ci',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--fetch-retry-mintimeout=1000',
    '--fetch-retry-maxtimeout=10000',
  ];
  const done = showProgress('Installing what the lockfile names (npm ci)');
  return new Promise((resolve) => {
    let output = '';
    const child = spawn(npm.file, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: deadlineMinutes * 60_000,
    });
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('error', (error) => {
      done('failed');
      resolve(`${error.code} ${error.message}`);
    });
    child.on('close', (code, signal) => {
      done(code === 0 ? 'done' : 'failed');
      if (code === 0) resolve(undefined);
      else
        resolve(
          signal === 'SIGTERM'
            ? `${output}\nETIMEDOUT stopped after ${deadlineMinutes} minutes`
            : output,
        );
    });
  });
}

/** The npm that runs us, when npm does; else the one on the path. */
function npmCommand() {
  const running = process.env.npm_execpath;
  return running !== undefined && basename(running) === 'npm-cli.js'
    ? { file: process.execPath, args: [running] }
    : { file: 'npm', args: [] };
}

/** On a terminal one line that counts seconds, elsewhere a plain line each ten seconds. */
function showProgress(what) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const live = process.stderr.isTTY === true && process.env.TERM !== 'dumb';
  if (!live) console.error(`${what} ...`);
  const timer = setInterval(
    () =>
      process.stderr.write(
        live ? `\r${what} ... ${seconds()} s` : `  still at work, ${seconds()} s\n`,
      ),
    live ? 1000 : 10_000,
  );
  return (end) => {
    clearInterval(timer);
    console.error(live ? `\r${what} ... ${end}, ${seconds()} s` : `  ${end}, ${seconds()} s`);
  };
}

const reasons = [
  [
    /ENOSPC/,
    'the disk is full. Make about 1 GB of room here and in the npm cache (npm config get cache)',
  ],
  [
    /EACCES|EPERM|EROFS/,
    'this folder or the npm cache may not be written. Make them yours (chown), or clone where you may write',
  ],
  [
    /\bE40[13]\b/,
    'the npm registry refused us. Check the registry and its credentials (npm config get registry)',
  ],
  [
    /\bE404\b|ETARGET/,
    'the npm registry does not have a package that the lockfile names. Check that yours mirrors all of npm (npm config get registry)',
  ],
  [
    /EINTEGRITY/,
    'a package is not the one the lockfile names. Clear the npm cache (npm cache clean --force) and try again; if it stays, do not trust your registry',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|CERT|EIDLETIMEOUT/,
    'the npm registry could not be reached. Check the network, the proxy (npm config get proxy) and the registry (npm config get registry)',
  ],
  [/ENOENT.*npm/, 'there is no npm. Install Node with npm, from https://nodejs.org or your system'],
  [
    /EUSAGE/,
    'package.json and package-lock.json do not agree. Whoever changed package.json runs npm install and commits the lockfile',
  ],
];

/** What npm said, in one sentence that a person can act on, with npm's own first lines below. */
function explain(output) {
  const reason =
    reasons.find(([pattern]) => pattern.test(output))?.[1] ??
    'npm ci failed; what it said is below';
  const lines = output.trim().split('\n');
  const errors = lines.filter((line) => line.startsWith('npm error'));
  const shown = (errors.length > 0 ? errors : lines).slice(0, 8).map((line) => `  ${line}`);
  return `[first] Cannot install: ${reason}.\n${shown.join('\n')}`;
}
