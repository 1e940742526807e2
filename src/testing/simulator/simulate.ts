// Simulates rollbacks: each seed is one world, and the same seed is the same world again, event by event.
import type { Invariant } from './invariants.ts';
import type { Machine } from './machine.ts';
import { People } from './people.ts';
import { PLAN } from './plans.ts';
import { calmDown, planTroubles } from './troubles.ts';
import { type Trace, World } from './world.ts';

/** Once nothing goes wrong any more, every run must have ended within so much virtual time. Milliseconds. */
const END_WITHIN_MS = 15 * 60_000;

/** A stream whose time has come is looked at within so long, once nothing goes wrong any more. Milliseconds. */
const LOOK_WITHIN_MS = 5_000;

/** So many of all worlds go on for a while after their last run has ended. */
const LINGERS = 0.15;

/** In so many of all worlds each node is asked in the end what it believes. */
const ASKED = 0.2;

/** An attempt whose node is gone is in other hands within so long, once nothing goes wrong any more. Milliseconds. */
const TAKEN_OVER_MS = 10_000;

/** A world that turns more often than this turns in a circle. */
const TURNS_MAX = 400_000;

/** What became of one world. */
export interface Simulated {
  readonly seed: number;
  /** How many runs ended in it, and how. */
  readonly outcomes: readonly string[];
  /** How many things happened in it. */
  readonly turns: number;
  /** How many events its journal holds. */
  readonly events: number;
  /** How much virtual time passed. Milliseconds. */
  readonly virtualMs: number;
  readonly lateApplies: number;
  /** The first promise that was broken; null when all were kept. */
  readonly violation: { readonly invariant: Invariant; readonly sentence: string } | null;
}

/** Lets one world happen, from its first event to the end of its last run or to the first broken promise. */
export async function simulate(seed: number, trace?: Trace): Promise<Simulated> {
  const world = new World(seed, trace);
  const { time, chance, judge } = world;
  world.join();
  world.join();
  const people = new People(world);
  people.begin();
  const calmAt = planTroubles(world);
  if (calmAt > 0 && chance.happens(0.5))
    for (let count = chance.between(1, 6); count > 0; count -= 1)
      time.after(chance.between(200, calmAt), () => people.meddle());
  const lingers = chance.happens(LINGERS) ? chance.between(500, 8_000) : 0;
  let calm = false;
  const becomeCalm = (): void => {
    // What has begun to go wrong runs its course first.
    if (world.quietAt > time.now) return void time.after(world.quietAt - time.now, becomeCalm);
    calm = true;
    lookedAt = time.now;
    calmDown(world);
    people.answer();
  };
  time.after(calmAt, becomeCalm);
  const orphans = new Map<string, number>();
  let endedAt: number | null = null;
  let lookedAt = 0;
  const isOver = (): boolean => {
    if (judge.violations.length > 0) return true;
    if (calm && time.now - lookedAt > LOOK_WITHIN_MS) {
      lookedAt = time.now;
      keepsDeadlines(world, LOOK_WITHIN_MS);
      takesOver(world, orphans);
    }
    if (!allEnded(world)) {
      endedAt = null;
      if (time.now > Math.max(calmAt, world.quietAt) + END_WITHIN_MS)
        judge.blame(
          'everything-ends',
          `${openRuns(world)} after ${END_WITHIN_MS / 60_000} quiet minutes.`,
        );
      return judge.violations.length > 0;
    }
    endedAt ??= time.now;
    // A world in which everything is over may go on for a while: late results and late presses come then.
    return time.now >= endedAt + lingers;
  };
  const turns = await letHappen(world, isOver);
  if (judge.violations.length === 0 && chance.happens(ASKED)) await compareBeliefs(world);
  const [violation = null] = judge.violations;
  return {
    seed,
    outcomes: [...judge.runs.values()].map(({ outcome }) => outcome ?? 'open'),
    turns,
    events: world.store.list('').reduce((sum, { seq }) => sum + seq, 0),
    virtualMs: time.now,
    lateApplies: judge.lateApplies,
    violation,
  };
}

/**
 * One thing after the other. Between two of them everything that follows by itself is done: microtasks are drained
 * before a callback of `process.nextTick` that was laid out by one of them, and no timer is involved.
 */
function letHappen(world: World, isOver: () => boolean): Promise<number> {
  let turns = 0;
  return new Promise((resolve, reject) => {
    const turn = (): void => {
      try {
        if (isOver()) return resolve(turns);
        turns += 1;
        if (turns > TURNS_MAX || !world.time.step()) {
          world.judge.blame('everything-ends', 'Nothing more happens, or always the same.');
          return resolve(turns);
        }
      } catch (error) {
        return reject(error);
      }
      queueMicrotask(() => process.nextTick(turn));
    };
    turn();
  });
}

function allEnded({ judge }: World): boolean {
  if (judge.runs.size === 0) return false;
  for (const run of judge.runs.values()) if (!run.ended) return false;
  return true;
}

function openRuns({ judge }: World): string {
  const open = [...judge.runs].filter(([, run]) => !run.ended).map(([number]) => `run ${number}`);
  return open.length === 0 ? 'No run has begun' : `Open: ${open.join(', ')}`;
}

/** In a kind world no stream waits long for somebody to look at it. */
function keepsDeadlines({ store, judge }: World, ms: number): void {
  const now = store.now();
  judge.look();
  for (const stream of store.due().streams) {
    const due = store.deadlineOf(stream) ?? now;
    if (due < now - 2 * ms)
      judge.blame(
        'deadlines-are-kept',
        `Nobody looked at ${stream}, which was due ${now - due} ms ago.`,
      );
  }
}

/** In a kind world no attempt stays with a node that is gone. `orphans`: since when each was seen so. */
function takesOver({ judge, hosts, time }: World, orphans: Map<string, number>): void {
  const living = hosts.filter(({ machine }) => machine.state === 'up').map(({ name }) => name);
  for (const [number, run] of judge.runs) {
    for (const { step, attempt, node } of run.ended ? [] : run.held()) {
      if (living.includes(node)) continue;
      const key = `${number}/${step}/${attempt}`;
      const since = orphans.get(key) ?? time.now;
      orphans.set(key, since);
      if (time.now - since > TAKEN_OVER_MS)
        judge.blame(
          'taken-over',
          `Attempt ${attempt} of ${step} of run ${number} is left to ${node}, which is gone.`,
        );
    }
  }
}

/** What every living node believes of every run is what the journal says. */
async function compareBeliefs(world: World): Promise<void> {
  for (const { node, name, machine } of world.hosts) {
    if (node === null || machine.state !== 'up') continue;
    for (const run of world.judge.runs.keys())
      await believed(world, name, machine, node.office.run(run), `run-${run}`);
    await believed(world, name, machine, node.office.migration(PLAN), `migration-${PLAN}`);
  }
}

async function believed(
  world: World,
  node: string,
  machine: Machine,
  asked: Promise<{ readonly state: unknown; readonly seq: number }>,
  stream: string,
): Promise<void> {
  let belief: Awaited<typeof asked> | undefined;
  const answered = asked.then(
    (answer) => (belief = answer),
    () => undefined,
  );
  let over = false;
  void answered.finally(() => (over = true));
  await letHappen(world, () => over || machine.state === 'dead');
  if (belief !== undefined) world.judge.believes(node, stream, belief);
}
