// `npm run bench`: measures how fast Backout is and shows a table. `-- --only <name>` runs one bench, `-- --json` prints JSON lines.
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Bench, type Row, rowOf, tableOf } from './bench.ts';
import { appends } from './appends.ts';
import { core } from './core.ts';
import { decision } from './decision.ts';
import { demo } from './demo.ts';
import { help } from './help.ts';
import { planParse } from './plan-parse.ts';
import { serve } from './serve.ts';
import { step } from './step.ts';

const benches: readonly Bench[] = [planParse, core, appends, step, decision, serve, help, demo];

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const { only, json } = values;
const chosen = benches.filter(({ name }) => only === undefined || name === only);
if (chosen.length === 0) {
  console.error(
    `[bench] There is no bench "${only}". Say one of: ${benches.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}

const rows: Row[] = [];
for (const bench of chosen) {
  const [load = 0] = loadavg();
  console.error(`${bench.name} … (load ${load.toFixed(1)})`);
  for (const measured of await bench.run()) {
    const row = rowOf(bench.name, measured);
    rows.push(row);
    if (json) console.log(JSON.stringify(row));
  }
}
if (!json) console.log(tableOf(rows).join('\n'));
// A figure is not a test: a missed bar is said in the table and fails nothing.
process.exit(0);
