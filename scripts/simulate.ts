// `npm run simulate`: simulates rollbacks on all cores, and repeats the first world that broke a promise, event by event.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { type Simulated, invariants, simulate } from '../src/testing/simulator.ts';

/** So many of the last things that happened are shown of a world that broke a promise. */
const LAST_SHOWN = 40;

/** A worker takes so many seeds at a time, and breathes between them. */
const BATCH = 200;

/** So many broken promises are named. */
const NAMED_MAX = 10;

/** What a worker found in one batch of seeds. */
interface Batch {
  readonly worlds: number;
  readonly outcomes: { readonly [outcome: string]: number };
  readonly events: number;
  readonly virtualMs: number;
  readonly lateApplies: number;
  /** How long its thread was at work. Microseconds of one core. */
  readonly coreUs: number;
  readonly broken: readonly Simulated[];
}

if (isMainThread) process.exitCode = await main();
else parentPort?.on('message', (from: number) => void work(from));

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      runs: { type: 'string', default: '10000' },
      workers: { type: 'string', default: String(availableParallelism()) },
      trace: { type: 'boolean', default: false },
    },
  });
  const [seed, runs, workers] = [values.seed, values.runs, values.workers].map(Number);
  if (!isCount(seed) || !isCount(runs) || !isCount(workers) || runs === 0 || workers === 0) {
    console.error(
      '[simulate] --seed, --runs and --workers take whole numbers: --seed 1 --runs 10000.',
    );
    return 2;
  }
  if (values.trace) return traced(seed, runs);
  const began = performance.now();
  const batches = await inParallel(seed, runs, Math.min(workers, Math.ceil(runs / BATCH)));
  return told(seed, runs, batches, (performance.now() - began) / 1000);
}

function isCount(number: number | undefined): number is number {
  return number !== undefined && Number.isSafeInteger(number) && number >= 0;
}

/** Each world as it happens, in words. */
async function traced(seed: number, runs: number): Promise<number> {
  let broken = 0;
  for (let each = seed; each < seed + runs; each += 1) {
    console.log(`Seed ${each}`);
    const { violation, outcomes } = await simulate(each, (at, who, what) =>
      console.log(lineOf(at, who, what)),
    );
    console.log(
      violation === null
        ? `Ended: ${outcomes.join(', ')}.`
        : `BROKEN ${violation.invariant}: ${violation.sentence}`,
    );
    if (violation !== null) broken += 1;
  }
  return broken === 0 ? 0 : 1;
}

/** Hands seeds to workers, batch by batch, until all are done. */
function inParallel(seed: number, runs: number, workers: number): Promise<readonly Batch[]> {
  const batches: Batch[] = [];
  let next = seed;
  let said = performance.now();
  return new Promise((resolve, reject) => {
    let working = workers;
    for (let index = 0; index < workers; index += 1) {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { end: seed + runs },
        // Worlds are made and forgotten by the thousand: most of a worker's memory is young.
        resourceLimits: { maxYoungGenerationSizeMb: 128 },
      });
      const go = (): void => {
        if (next < seed + runs) {
          // A thread has no origin to name.
          // oxlint-disable-next-line unicorn/require-post-message-target-origin
          worker.postMessage(next);
          next += BATCH;
          return;
        }
        void worker.terminate();
        working -= 1;
        if (working === 0) resolve(batches);
      };
      worker.on('error', reject);
      worker.on('message', (batch: Batch) => {
        batches.push(batch);
        if (performance.now() - said > 10_000) {
          said = performance.now();
          const done = batches.reduce((sum, { worlds }) => sum + worlds, 0);
          console.error(
            `  ${grouped(done)} worlds so far, ${batches.flatMap(({ broken }) => broken).length} broken`,
          );
        }
        go();
      });
      go();
    }
  });
}

/** In a worker: simulates the seeds of one batch. */
async function work(from: number): Promise<void> {
  // The cast holds because only `inParallel` starts workers of this file.
  const { end } = workerData as { readonly end: number };
  // Where an error of a simulated outage was made tells nobody anything, and finding out takes long.
  Error.stackTraceLimit = 0;
  const began = process.threadCpuUsage();
  const outcomes: { [outcome: string]: number } = {};
  const broken: Simulated[] = [];
  let [worlds, events, virtualMs, lateApplies] = [0, 0, 0, 0];
  for (let seed = from; seed < Math.min(end, from + BATCH); seed += 1) {
    const world = await simulate(seed);
    worlds += 1;
    events += world.events;
    virtualMs += world.virtualMs;
    lateApplies += world.lateApplies;
    for (const outcome of world.outcomes) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    if (world.violation !== null) broken.push(world);
  }
  const { user, system } = process.threadCpuUsage(began);
  const batch: Batch = {
    worlds,
    outcomes,
    events,
    virtualMs,
    lateApplies,
    coreUs: user + system,
    broken,
  };
  // A thread has no origin to name.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(batch);
}

async function told(
  seed: number,
  runs: number,
  batches: readonly Batch[],
  seconds: number,
): Promise<number> {
  const sum = (of: (batch: Batch) => number): number =>
    batches.reduce((all, each) => all + of(each), 0);
  const outcomes = new Map<string, number>();
  for (const batch of batches)
    for (const [outcome, count] of Object.entries(batch.outcomes))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count);
  const rollbacks = [...outcomes.values()].reduce((all, count) => all + count, 0);
  const broken = batches.flatMap((batch) => batch.broken).toSorted((a, b) => a.seed - b.seed);
  const coreSeconds = sum(({ coreUs }) => coreUs) / 1e6;
  console.log(
    `Simulated ${grouped(rollbacks)} rollbacks in ${grouped(runs)} worlds (seeds ${seed} to ${seed + runs - 1}), ${grouped(sum(({ events }) => events))} events, ${grouped(Math.round(sum(({ virtualMs }) => virtualMs) / 3_600_000))} hours of virtual time.`,
  );
  console.log(
    `Outcomes: ${[...outcomes].map(([outcome, count]) => `${grouped(count)} ${outcome}`).join(', ')}.`,
  );
  console.log(
    `Applies that the network delivered when their attempt no longer counted: ${grouped(sum(({ lateApplies }) => lateApplies))}.`,
  );
  console.log(
    `${grouped(Math.round(rollbacks / coreSeconds))} rollbacks per second and core (${coreSeconds.toFixed(1)} s of one core, ${seconds.toFixed(1)} s on the clock).`,
  );
  console.log(
    `Promises broken: ${broken.length}, of ${Object.keys(invariants).length} that were looked at after each event.`,
  );
  for (const { seed: bad, violation } of broken.slice(0, NAMED_MAX))
    console.log(`  seed ${bad}: ${violation?.invariant}: ${violation?.sentence}`);
  const [first] = broken;
  if (first !== undefined) await repeat(first);
  return broken.length === 0 ? 0 : 1;
}

/** The same seed is the same world: what happened last before the promise was broken. */
async function repeat({ seed }: Simulated): Promise<void> {
  const lines: string[] = [];
  const { violation } = await simulate(seed, (at, who, what) => {
    lines.push(lineOf(at, who, what));
    if (lines.length > LAST_SHOWN) lines.shift();
  });
  console.log(`\nThe last of seed ${seed}:\n${lines.join('\n')}`);
  if (violation !== null) {
    console.log(
      `BROKEN ${violation.invariant}: ${invariants[violation.invariant]}\n  ${violation.sentence}`,
    );
    console.log(`All of it: npm run simulate -- --seed ${seed} --runs 1 --trace`);
  }
}

function lineOf(at: number, who: string, what: string): string {
  return `${(at / 1000).toFixed(3).padStart(10)} s  ${who.padEnd(9)} ${what}`;
}

function grouped(number: number): string {
  return number.toLocaleString('en');
}
