// `backout demo`: a real little shop migrates, breaks before the viewer's eyes, and is brought home. Every claim is measured.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../core/journal/event.ts';
import type { Control } from '../engine/control.ts';
import { type Facts, complaintsOf, seconds, summaryOf } from './facts.ts';
import { measure } from './measure.ts';
import { Story } from './story.ts';
import type { DemoOptions, Viewer } from './viewer.ts';
import { type Borrowed, type World, startWorld } from './world.ts';

/** How long each ring of the canary is looked at. Milliseconds. */
const RING_MS = 2_500;

/** Shows the demo. True only when everything that it claims was checked in the databases and in the customers' book. */
export async function runDemo(
  options: DemoOptions,
  viewer: Viewer,
  borrowed: Borrowed,
): Promise<boolean> {
  try {
    return await show(options, viewer, borrowed);
  } catch (error) {
    // After Ctrl-C things break off where they are; whatever went wrong then is no news.
    if (!viewer.stopped.aborted) throw error;
    viewer.say('Stopped. Everything that was started has ended.');
    return false;
  }
}

async function show(options: DemoOptions, viewer: Viewer, borrowed: Borrowed): Promise<boolean> {
  const { say, stopped } = viewer;
  const began = Date.now();
  say(
    'Starting two databases, a router and a shop that sells, and two Backout nodes (no container, no root) …',
  );
  const log = (line: string): unknown => options.verbose && say(line);
  const world = await startWorld({ ...options, stopped, log }, borrowed);
  try {
    const { page, planFile, nodes, shop } = world;
    say(`Ready after ${seconds(Date.now() - began)}.  Page ${page}   Plan ${planFile}`);
    const pids = [...nodes.map(({ pid }) => pid), ...Object.values(shop.pids)];
    viewer.tell({ type: 'demo-ready', page, plan: planFile, pids });
    await migrate(world, viewer);
    const before = await shop.stats();
    const story = new Story(world, options, viewer);
    await story.watch();
    stopped.throwIfAborted();
    return conclude(await measure(world, options, story, before), world, options, viewer);
  } finally {
    await world.stop();
  }
}

async function migrate({ shop, store, plan }: World, { say, stopped }: Viewer): Promise<void> {
  const enter = async (phase: string): Promise<void> => {
    stopped.throwIfAborted();
    const answer = await store.control.arm(plan, phase, 'the demo');
    if (answer.type === 'rejected') throw new Error(`[demo] ${answer.because}`);
  };
  const look = async (): Promise<void> => {
    await sleep(RING_MS, undefined, { signal: stopped });
    await assertCalm(store.control, plan.plan.name);
  };
  await shop.migrate.copy();
  await enter('canary');
  for (const ring of [10, 50]) {
    await shop.migrate.openRing(ring);
    await look();
    const { requests, failed } = await shop.stats();
    say(`Canary ${ring} % ●  ${requests} requests so far, ${failed} failed`);
  }
  await shop.migrate.cutOver();
  await enter('cutover');
  await look();
  say('Cutover ●  all customers are on the new service; its writes flow back to legacy.');
}

/** A machine that is too busy for the shop makes it really slow: then Backout is right, and the demo has nothing to show. */
async function assertCalm(control: Control, plan: string): Promise<void> {
  const state = await control.migration(plan);
  if (state.type === 'none' || (state.activeRun === null && state.questions.length === 0)) return;
  const breached = Object.entries(state.standing).flatMap(([name, { breach, blind }]) =>
    breach !== null || blind ? [name] : [],
  );
  throw new Error(
    `[demo] The shop was in trouble before we broke it (${breached.join(', ')}): this machine has too little time for it now. Close what keeps it busy and start again.`,
  );
}

function conclude(
  facts: Facts,
  world: World,
  options: DemoOptions,
  { say, tell: put }: Viewer,
): boolean {
  const complaints = complaintsOf(facts);
  // The cast holds because facts are numbers, texts and lists of them.
  put({ ...(facts as unknown as { readonly [key: string]: Json }), complaints });
  say('');
  for (const line of summaryOf(facts)) say(line);
  if (options.keep) {
    say(`  kept in       ${world.folder}`);
    say(`                backout journal run-1 --data ${world.folder}/store`);
  }
  say('');
  for (const complaint of complaints) say(`▲ ${complaint}`);
  const good = complaints.length === 0;
  const word =
    facts.expected === 'asked-only'
      ? 'Asked, not rolled back: nothing was wrong with the shop.'
      : 'Rolled back, verified, and nothing is lost.';
  say(good ? `● ${word}` : '▲ The demo did not end well.');
  if (!options.keep)
    say(
      'Again: npm run demo. With --keep the databases stay; --chaos kills a node; --scenario and --manual change the story.',
    );
  return good;
}
