// `backout demo`: a real little shop migrates, breaks before the viewer's eyes, and is brought home. Every claim is measured.
import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { JournalEvent, Json } from '../core/journal/event.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import type { Run } from '../core/rollback/state.ts';
import type { Control } from '../engine/control.ts';
import { type Facts, complaintsOf, seconds, summaryOf } from './facts.ts';
import { tell } from './narrator.ts';
import { type Sabotage, expectations } from './scenario.ts';
import { scenarios, type Scenario } from './shop/scenarios.ts';
import { type Borrowed, type World, startWorld } from './world.ts';

/** How the demo is shown. */
export interface DemoOptions {
  readonly scenario: Scenario;
  /** Kill the engine node that carries rows home, in the middle of it. */
  readonly chaos: boolean;
  /** The viewer decides, in the terminal (`ask`) or on the page. */
  readonly manual: boolean;
  readonly sabotage: Sabotage | null;
  readonly port: number;
  readonly keep: boolean;
  readonly verbose: boolean;
}

/** How the demo talks to its viewer. */
export interface Viewer {
  readonly say: (line: string) => void;
  /** The run has moved: paint it. */
  readonly see: (run: Run, now: number) => void;
  /** Facts for programs that read along. */
  readonly tell: (facts: { readonly [key: string]: Json }) => void;
  /** Asks for an answer in the terminal; null where there is none. Ends unanswered when the signal aborts. */
  readonly ask: ((question: string, signal: AbortSignal) => Promise<'approve' | 'hold' | null>) | null;
  /** Ctrl-C. */
  readonly stopped: AbortSignal;
}

/** How long each ring of the canary is looked at. Milliseconds. */
const RING_MS = 2_500;

/** The longest that the story may take after the break, when nobody is asked by hand. Milliseconds. */
const STORY_MS = 120_000;

/** Shows the demo. True only when everything that it claims was checked in the databases and in the customers' book. */
export async function runDemo(options: DemoOptions, viewer: Viewer, borrowed: Borrowed): Promise<boolean> {
  const { say } = viewer;
  const began = Date.now();
  say('Starting two databases, a router and a shop that sells, and two Backout nodes (no container, no root) …');
  const world = await startWorld({ ...options, log: (line) => options.verbose && say(line) }, borrowed);
  try {
    say(`Ready after ${seconds(Date.now() - began)}.  Page ${world.page}   Plan ${world.planFile}`);
    await migrate(world, viewer);
    const facts = await new Story(world, options, viewer).watch();
    return conclude(facts, world, options, viewer);
  } finally {
    await world.stop();
  }
}

async function migrate({ shop, store, plan }: World, { say }: Viewer): Promise<void> {
  const enter = async (phase: string): Promise<void> => {
    const answer = await store.control.arm(plan, phase, 'the demo');
    if (answer.type === 'rejected') throw new Error(`[demo] ${answer.because}`);
  };
  await shop.migrate.copy();
  await enter('canary');
  for (const ring of [10, 50]) {
    await shop.migrate.openRing(ring);
    await sleep(RING_MS);
    const { requests, failed } = await shop.stats();
    say(`Canary ${ring} % ●  ${requests} requests so far, ${failed} failed`);
    await assertCalm(store.control, plan.plan.name);
  }
  await shop.migrate.cutOver();
  await enter('cutover');
  await sleep(RING_MS);
  await assertCalm(store.control, plan.plan.name);
  say('Cutover ●  all customers are on the new service; its writes flow back to legacy.');
}

/** A machine that is too busy for the shop makes it really slow: then Backout is right, and the demo has nothing to show. */
async function assertCalm(control: Control, plan: string): Promise<void> {
  const state = await control.migration(plan);
  if (state.type === 'none' || (state.activeRun === null && state.questions.length === 0)) return;
  const breached = Object.entries(state.standing).flatMap(([name, { breach, blind }]) => (breach !== null || blind ? [name] : []));
  throw new Error(
    `[demo] The shop was in trouble before we broke it (${breached.join(', ')}): this machine has too little time for it now. Close what keeps it busy and start again.`,
  );
}

/** The story from the break to the end, as the journal and the shop tell it. */
class Story {
  readonly #world: World;
  readonly #options: DemoOptions;
  readonly #viewer: Viewer;
  readonly #events: JournalEvent<MigrationEvent | RunEvent>[] = [];
  readonly #end = new AbortController();
  #brokeAt = 0;
  #killed: string | null = null;
  #mended = false;

  constructor(world: World, options: DemoOptions, viewer: Viewer) {
    this.#world = world;
    this.#options = options;
    this.#viewer = viewer;
  }

  async watch(): Promise<Facts> {
    const { shop, store, plan } = this.#world;
    const { scenario, manual } = this.#options;
    const before = await shop.stats();
    this.#viewer.say(`Now we break it. ${scenarios[scenario]}`);
    await shop.breakIt(scenario);
    this.#brokeAt = await store.control.now();
    const limits = [this.#end.signal, this.#viewer.stopped, ...(manual ? [] : [AbortSignal.timeout(STORY_MS)])];
    const signal = AbortSignal.any(limits);
    const stream = `migration-${plan.plan.name}`;
    const from = (await store.control.events(stream)).length + 1;
    await this.#follow(stream, from, signal);
    return this.#measure(before.requests, before.failed);
  }

  async #follow(stream: string, from: number, signal: AbortSignal): Promise<void> {
    const runs: Promise<void>[] = [];
    for await (const event of this.#world.store.control.follow(stream, from, signal)) {
      const heard = this.#hear(event);
      const { body } = heard;
      await this.#see(event.stream);
      if (body.type === 'DecisionWanted') runs.push(this.#answer(body, signal));
      if (body.type === 'DecisionMade' && body.run !== null) runs.push(this.#follow(`run-${body.run}`, 1, signal));
      if (body.type === 'StepObserved') await this.#maybeKill(heard);
      if (body.type === 'RunEnded') this.#end.abort();
      if (body.type === 'DecisionMade' && body.answer === 'hold' && body.how === 'person') await this.#mend();
      if (body.type === 'TriggerSighted' && (await this.#seesAgain())) this.#end.abort();
    }
    await Promise.all(runs);
  }

  async #see(stream: string): Promise<void> {
    if (!stream.startsWith('run-')) return;
    const { control } = this.#world.store;
    this.#viewer.see(await control.run(Number(stream.slice('run-'.length))), await control.now());
  }

  #hear(event: JournalEvent): JournalEvent<MigrationEvent | RunEvent> {
    // The cast holds because these streams hold only events of migrations and runs.
    const heard = event as JournalEvent<MigrationEvent | RunEvent>;
    this.#events.push(heard);
    const said = tell(event, this.#brokeAt, (node) => this.#nameOf(node));
    if (said !== undefined) this.#viewer.say(said);
    return heard;
  }

  /** Chaos: the node that has just begun to carry rows home dies in the middle of it. */
  async #maybeKill({ body }: JournalEvent<MigrationEvent | RunEvent>): Promise<void> {
    if (!this.#options.chaos || this.#killed !== null || body.type !== 'StepObserved' || body.step !== 'carry-home') return;
    const holder = this.#last('StepAttemptBegan', (each) => each.step === body.step)?.body.node;
    const node = this.#world.nodes.find((each) => each.is(holder ?? ''));
    if (node === undefined) return;
    this.#killed = node.name;
    node.kill();
    this.#viewer.say(`          ☠ ${node.name} (pid ${node.pid}) was killed with SIGKILL while it carried rows home`);
  }

  async #answer(wanted: MigrationEvent & { type: 'DecisionWanted' }, signal: AbortSignal): Promise<void> {
    const { control } = this.#world.store;
    const plan = this.#world.plan.plan.name;
    const { manual, scenario } = this.#options;
    if (expectations[scenario].type === 'asked-only' && !manual) {
      await control.decide(plan, { type: 'Hold', decision: wanted.decision, forMs: 600_000, because: 'the shop itself is well; only the metrics are gone' }, 'ada (played by the demo)');
      return;
    }
    if (!manual) return;
    this.#viewer.say(`          Decide here, on the page ${this.#world.page}, or: backout approve ${plan}/${wanted.decision}`);
    const answer = (await this.#viewer.ask?.(`Roll back ${plan} (${wanted.playbook})?`, signal)) ?? null;
    if (answer === 'approve') await control.decide(plan, { type: 'Approve', decision: wanted.decision }, 'the viewer');
    if (answer === 'hold') await control.decide(plan, { type: 'Hold', decision: wanted.decision, forMs: 600_000 }, 'the viewer');
  }

  /** A person held: the source is mended, and the story ends when every trigger sees again. */
  async #mend(): Promise<void> {
    if (this.#mended) return;
    this.#mended = true;
    await this.#world.shop.mend();
    this.#viewer.say('          The metrics page is mended.');
  }

  async #seesAgain(): Promise<boolean> {
    const state = await this.#world.store.control.migration(this.#world.plan.plan.name);
    return state.type === 'migration' && Object.values(state.standing).every((each) => !each.blind);
  }

  #last<Type extends (MigrationEvent | RunEvent)['type']>(
    type: Type,
    fits: (body: Extract<MigrationEvent | RunEvent, { type: Type }>) => boolean = () => true,
  ): JournalEvent<Extract<MigrationEvent | RunEvent, { type: Type }>> | undefined {
    return this.#all(type).findLast((event) => fits(event.body));
  }

  #all<Type extends (MigrationEvent | RunEvent)['type']>(type: Type): readonly JournalEvent<Extract<MigrationEvent | RunEvent, { type: Type }>>[] {
    return this.#events.filter(
      (event): event is JournalEvent<Extract<MigrationEvent | RunEvent, { type: Type }>> => event.body.type === type,
    );
  }

  async #measure(requestsBefore: number, failedBefore: number): Promise<Facts> {
    const { shop, store, plan } = this.#world;
    const stats = await shop.pause();
    if (expectations[this.#options.scenario].type === 'asked-only') await this.#fedHome();
    const book = await shop.audit();
    const { events, problems } = await store.check();
    const ended = this.#last('RunEnded');
    return {
      scenario: this.#options.scenario,
      expected: expectations[this.#options.scenario].type,
      brokeAt: this.#brokeAt,
      noticedAt: (this.#all('TriggerBreached')[0] ?? this.#all('TriggerBlinded')[0])?.at ?? null,
      decidedAt: this.#all('DecisionMade')[0]?.at ?? null,
      servingAt: this.#last('VerificationHeld')?.at ?? null,
      endedAt: ended?.at ?? null,
      outcome: ended?.body.outcome ?? null,
      runs: this.#all('RunStarted').length,
      asked: this.#all('DecisionWanted').length > 0,
      requests: stats.requests - requestsBefore,
      failed: stats.failed - failedBefore,
      carried: carriedOf(this.#last('StepObserved', (body) => body.step === 'carry-home')?.body.evidence),
      book,
      weightLegacy: (await shop.weights()).legacy,
      rtoMs: plan.plan.objectives?.rto ?? 0,
      chaos:
        this.#killed === null && !this.#options.chaos
          ? null
          : {
              killed: this.#killed ?? 'nobody',
              lost: this.#all('StepAttemptLost').length,
              finishedBy: [...new Set(this.#all('StepAttemptBegan').map((event) => this.#nameOf(event.body.node)))].filter((node) => node !== this.#killed),
            },
      journal: { events, problems: problems.length },
    };
  }

  #nameOf(node: string): string {
    return this.#world.nodes.find((each) => each.is(node))?.name ?? node;
  }

  /** Without a rollback, legacy is right when the feed has brought it everything that the new service wrote. */
  async #fedHome(): Promise<void> {
    const until = Date.now() + 15_000;
    while (Date.now() < until) {
      const { missing, wrong } = await this.#world.shop.audit();
      if (missing.length + wrong.length === 0) return;
      await sleep(250);
    }
  }
}

/** What the step saw before it applied anything: the command's own JSON, somewhere in its evidence. */
function carriedOf(evidence: unknown): Facts['carried'] {
  const found = /"count":(\d+).*?"different":(\d+)/.exec(JSON.stringify(evidence ?? null).replaceAll('\\"', '"'));
  return found === null ? null : { missing: Number(found[1]), different: Number(found[2]) };
}

function conclude(facts: Facts, world: World, options: DemoOptions, { say, tell: put }: Viewer): boolean {
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
  const word = facts.expected === 'rolled-back' ? 'Rolled back, verified, and nothing is lost.' : 'Asked, not rolled back: nothing was wrong with the shop.';
  say(good ? `● ${word}` : '▲ The demo did not end well.');
  if (!options.keep) say('Again: npm run demo. With --keep the journal stays; --chaos kills a node; --scenario and --manual change the story.');
  return good;
}
