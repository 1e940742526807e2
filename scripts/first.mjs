// The door to the npm scripts: installs what the lockfile names when it is not there yet, then runs the script with Node 24.
// Plain JavaScript without dependencies, because on a fresh clone an old Node (from 18) runs it before anything is installed.
import { fileURLToPath } from 'node:url';
import { isNode24, runWithNode24 } from '../bin/node24.js';
import { ensureInstalled } from './install.mjs';

const programs = {
  demo: ['bin/backout.js', 'demo'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  bench: ['bench/main.ts'],
  simulate: ['scripts/simulate.ts'],
  chaos: ['scripts/chaos.ts'],
};

const [name = '', ...args] = process.argv.slice(2);
const program = programs[name];
if (program === undefined) {
  console.error(
    `[first] There is no script "${name}". Say one of: ${Object.keys(programs).join(', ')}.`,
  );
  process.exit(2);
}
const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
if (!(await ensureInstalled(root))) process.exit(3);
if (!isNode24())
  console.error(`This is Node ${process.versions.node}: going on with the Node 24 of this folder.`);
runWithNode24([...program, ...args]);
