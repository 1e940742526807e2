// `npm run chaos`: kills, freezes and cuts off real nodes and their real Postgres during real runs, and prints what was lost.
import { parseArgs } from 'node:util';
import { type Takeover, runChaos } from '../test/chaos/chaos.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    nodes: { type: 'string', default: '4' },
    kills: { type: 'string', default: '200' },
    'store-kills': { type: 'string', default: '50' },
    freezes: { type: 'string', default: '50' },
    partitions: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '40' },
    quiet: { type: 'boolean', default: false },
  },
});

const began = Date.now();
const report = await runChaos({
  seed: Number(values.seed),
  nodes: Number(values.nodes),
  kills: Number(values.kills),
  storeKills: Number(values['store-kills']),
  freezes: Number(values.freezes),
  partitions: Number(values.partitions),
  minutes: Number(values.minutes),
  log: (line) => {
    if (!values.quiet)
      console.error(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  },
});

const { takeovers, outcomes, lost, twice, open, broken } = report;
const killed = takeovers.filter(({ how }) => how === 'killed');
const rows: readonly (readonly [string, string])[] = [
  ['nodes killed (SIGKILL)', String(report.kills)],
  ['Postgres killed (SIGKILL)', String(report.storeKills)],
  ['nodes frozen (SIGSTOP)', String(report.freezes)],
  ['wires stalled or cut', String(report.partitions)],
  [
    'runs',
    `${report.runs} (${Object.entries(outcomes)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(', ')})`,
  ],
  ['events in the journal', String(report.events)],
  ['looks and changes on the service', `${report.looks} and ${report.changes}`],
  [
    'events that people were told of',
    `${report.acknowledged} (${report.refused} orders refused, ${report.unanswered} unanswered)`,
  ],
  ['takeover of a killed node', timesOf(killed.filter(({ clean }) => clean))],
  ['  also while the store was killed', timesOf(killed)],
  [
    'takeover of a frozen node',
    timesOf(takeovers.filter(({ how, clean }) => how === 'frozen' && clean)),
  ],
  ['acknowledged events lost', String(lost.length)],
  ['changes made twice, unlooked', String(twice.length)],
  ['runs not completed', String(open.length)],
  ['complaints of store check', String(broken.length)],
  ['took', `${report.seconds.toFixed(0)} s`],
];
for (const [what, value] of rows) console.log(`${what.padEnd(36)}${value}`);
for (const line of [...lost, ...twice, ...open, ...broken]) console.log(`BROKEN ${line}`);
process.exitCode = lost.length + twice.length + open.length + broken.length === 0 ? 0 : 1;

function timesOf(of: readonly Takeover[]): string {
  if (of.length === 0) return 'none had anything in hand';
  const sorted = of.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return `median ${at(0.5)} ms, p99 ${at(0.99)} ms, at most ${at(1)} ms (${sorted.length})`;
}
