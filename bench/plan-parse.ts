// Plan parse: a plan of 5,000 lines, for the first time in a process and again and again.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parsePlan } from '../src/core/plan/parse.ts';
import type { Bench } from './bench.ts';

const lines = 5_000;
const coldProcesses = 7;
const warmRounds = 25;
const bar = { most: 200 };

/** The bench. */
export const planParse: Bench = {
  name: 'plan-parse',
  run: async () => {
    const text = longPlan(lines);
    parseMs(text);
    return [
      {
        what: `plan of ${lines} lines, first parse of a process`,
        unit: 'ms',
        samples: Array.from({ length: coldProcesses }, coldMs),
        bar,
      },
      {
        what: `plan of ${lines} lines, parsed again`,
        unit: 'ms',
        samples: Array.from({ length: warmRounds }, () => parseMs(text)),
        bar,
      },
    ];
  },
};

/** This file as a process of its own prints what its first parse took; the modules are loaded before the clock starts. */
if (import.meta.main) console.log(parseMs(longPlan(lines)));

function coldMs(): number {
  return Number(
    execFileSync(process.execPath, [fileURLToPath(import.meta.url)], { encoding: 'utf8' }),
  );
}

function parseMs(text: string): number {
  const began = performance.now();
  const parsed = parsePlan({ file: 'long.plan.yaml', text });
  const took = performance.now() - began;
  if (parsed.type === 'plan') return took;
  throw new Error(`[bench] The long plan is no plan: ${parsed.problems[0]?.message}`);
}

/** A valid plan in block style: steps, triggers and signals as people write them, as many as fit into so many lines. */
function longPlan(count: number): string {
  const head = [
    'backout: 1',
    'name: long',
    'objectives:',
    '  rto: 15m',
    '  rpo: 0s',
    'people:',
    '  ada:',
    '    name: Ada',
    'roles:',
    '  owner: ada',
    '  deputies:',
    '    technical: ada',
    'systems:',
    '  metrics:',
    '    uses: prometheus',
    '    url: http://127.0.0.1:9090',
    '  router:',
    '    uses: http',
    '    url: http://127.0.0.1:8080',
  ];
  const each = { signal: 8, trigger: 14, step: 21, phase: 1 };
  const groups = Math.floor(
    (count - head.length - 20) / (each.signal + each.trigger + each.step + each.phase),
  );
  const numbers = Array.from({ length: groups }, (_, index) => index);
  const body = [
    ...head,
    'signals:',
    ...numbers.flatMap(signal),
    'phases:',
    '  - name: cutover',
    '    rollback: full',
    '    failure:',
    ...numbers.map((n) => `      - errors-${n}`),
    'triggers:',
    ...numbers.flatMap(trigger),
    'playbooks:',
    '  full:',
    '    scope: full',
    '    stages:',
    '      - back:',
    ...numbers.flatMap(step),
    '    verified:',
    '      by:',
    '        - well',
    '      hold: 1m',
    'checks:',
    '  few:',
    '    holds:',
    '      signal: rate-0',
    '      below: 1%',
    'checkpoints:',
    '  well:',
    '    checks: [few]',
  ];
  const blank = Array.from(
    { length: count - body.length },
    (_, n) => `# A line that only people read: ${n}.`,
  );
  return [...body, ...blank].join('\n');
}

function signal(n: number): readonly string[] {
  return [
    `  rate-${n}:`,
    '    # What the router says of its requests.',
    '    from: metrics',
    `    query: "sum(rate(requests_failed_total{shard='${n}'}[1m])) / sum(rate(requests_total{shard='${n}'}[1m]))"`,
    '    unit: ratio',
    '    every: 5s',
    '    attach:',
    `      shard: "${n}"`,
  ];
}

function trigger(n: number): readonly string[] {
  return [
    `  errors-${n}:`,
    '    class: availability',
    '    when:',
    `      signal: rate-${n}`,
    '      above: 4%',
    '      for: 30s',
    '      clears-below: 1%',
    '    no-data:',
    '      after: 1m',
    '      is: review',
    '    mode: automatic',
    '    playbook: full',
    '    review:',
    '      { by: owner, within: 5m, silence: roll-back }',
  ];
}

function step(n: number): readonly string[] {
  return [
    `          - step: route-${n}`,
    '            # Traffic of this shard goes to legacy again.',
    '            owner: technical',
    '            timebox: 20s',
    '            uses: http/holds',
    '            with:',
    '              system: router',
    '              observe:',
    `                get: /admin/shards/${n}`,
    '                expect:',
    '                  json:',
    '                    /legacy: 100',
    '                    /new: 0',
    '              apply:',
    `                put: /admin/shards/${n}`,
    '                json:',
    '                  legacy: 100',
    '                  new: 0',
    '            retry:',
    '              times: 2',
    '              backoff: 1s',
  ];
}
