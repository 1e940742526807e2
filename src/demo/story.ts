// The story from the break to the end: follows the journal, tells it, and does what the demo itself does in it.
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import { Heard, type StoryBody } from './heard.ts';
import { tell } from './narrator.ts';
import { expectations } from './scenario.ts';
import { scenarios } from './shop/scenarios.ts';
import type { DemoOptions, Viewer } from './viewer.ts';
import type { World } from './world.ts';

/** The longest that the story may take after the break, when nobody is asked by hand. Milliseconds. */
const STORY_MS = 120_000;

/** So long does a hold by the demo or its viewer last. Milliseconds. */
const HOLD_MS = 600_000;

/** The end of the story, as the journal tells it. */
export class Story {
  readonly heard = new Heard();
  /** By the store's clock: epoch milliseconds. */
  brokeAt = 0;
  /** The node that chaos has killed. */
  killed: string | null = null;
  /** A person said no to the rollback that the scenario wants. */
  held = false;
  readonly #world: World;
  readonly #options: DemoOptions;
  readonly #viewer: Viewer;
  readonly #end = new AbortController();
  #mended = false;

  constructor(world: World, options: DemoOptions, viewer: Viewer) {
    this.#world = world;
    this.#options = options;
    this.#viewer = viewer;
  }

  /** Breaks the shop and watches until a run has ended, a person has held, or the time is over. */
  async watch(): Promise<void> {
    const { shop, store, plan } = this.#world;
    const { scenario, manual } = this.#options;
    this.#viewer.say(`Now we break it. ${scenarios[scenario]}`);
    await shop.breakIt(scenario);
    this.brokeAt = await store.control.now();
    const limit = manual ? [] : [AbortSignal.timeout(STORY_MS)];
    const signal = AbortSignal.any([this.#end.signal, this.#viewer.stopped, ...limit]);
    const stream = `migration-${plan.plan.name}`;
    const from = (await store.control.events(stream)).length + 1;
    await this.#follow(stream, from, signal);
  }

  /** What the demo calls a node of the journal. */
  nameOf(node: string): string {
    return this.#world.nodes.find((each) => each.is(node))?.name ?? node;
  }

  async #follow(stream: string, from: number, signal: AbortSignal): Promise<void> {
    const beside: Promise<void>[] = [];
    for await (const event of this.#world.store.control.follow(stream, from, signal)) {
      // The cast holds because these streams hold only events of migrations and runs.
      const heard = event as JournalEvent<StoryBody>;
      this.#tell(heard);
      await this.#see(event.stream);
      beside.push(...(await this.#react(heard.body, signal)));
    }
    await Promise.all(beside);
  }

  /** Does what an event calls for; what takes its time goes on beside the story. */
  async #react(body: StoryBody, signal: AbortSignal): Promise<readonly Promise<void>[]> {
    switch (body.type) {
      case 'DecisionWanted':
        return [this.#answer(body, signal)];
      case 'DecisionMade':
        if (body.run !== null) return [this.#follow(`run-${body.run}`, 1, signal)];
        if (body.how === 'person') await this.#noRollback();
        return [];
      case 'StepObserved':
        if (body.step === 'carry-home') this.#kill();
        return [];
      case 'TriggerSighted':
        if (await this.#seesAgain()) this.#end.abort();
        return [];
      case 'RunEnded':
        this.#end.abort();
        return [];
      default:
        return [];
    }
  }

  #tell(event: JournalEvent<StoryBody>): void {
    this.heard.add(event);
    const said = tell(event, this.brokeAt, (node) => this.nameOf(node));
    if (said !== undefined) this.#viewer.say(said);
  }

  async #see(stream: string): Promise<void> {
    if (!stream.startsWith('run-')) return;
    const { control } = this.#world.store;
    this.#viewer.see(await control.run(Number(stream.slice('run-'.length))), await control.now());
  }

  /** Chaos: the node that has just begun to carry rows home dies in the middle of it. */
  #kill(): void {
    if (!this.#options.chaos || this.killed !== null) return;
    const holder = this.heard.last('StepAttemptBegan', ({ step }) => step === 'carry-home')?.body;
    const node = this.#world.nodes.find((each) => each.is(holder?.node ?? ''));
    if (node === undefined) return;
    this.killed = node.name;
    node.kill();
    this.#aside(
      `☠ ${node.name} (pid ${node.pid}) was killed with SIGKILL while it carried rows home`,
    );
  }

  async #answer(
    { decision, playbook }: MigrationEvent & { type: 'DecisionWanted' },
    signal: AbortSignal,
  ): Promise<void> {
    const { manual, scenario } = this.#options;
    const { store, page, plan } = this.#world;
    const { name } = plan.plan;
    const hold = { type: 'Hold', decision, forMs: HOLD_MS } as const;
    if (!manual) {
      if (expectations[scenario].type !== 'asked-only') return;
      const because = 'the shop itself is well; only the metrics are gone';
      await store.control.decide(name, { ...hold, because }, 'ada (played by the demo)');
      return;
    }
    this.#aside(
      `Decide here, on the page ${page}, or: backout approve ${name}/${decision} --server ${page}`,
    );
    const answer = await this.#viewer.ask?.(`Roll back ${name} (${playbook})?`, signal);
    if (answer === 'hold') await store.control.decide(name, hold, 'the viewer');
    if (answer === 'approve')
      await store.control.decide(name, { type: 'Approve', decision }, 'the viewer');
  }

  /** A person said no. Where only the source was blind, it is mended and must be seen again; else the story ends here. */
  async #noRollback(): Promise<void> {
    if (expectations[this.#options.scenario].type !== 'asked-only') {
      this.held = true;
      this.#aside(
        'A person said no to the rollback: the story ends here, and what it cost is counted.',
      );
      this.#end.abort();
      return;
    }
    if (this.#mended) return;
    this.#mended = true;
    await this.#world.shop.mend();
    this.#aside('The metrics page is mended.');
  }

  async #seesAgain(): Promise<boolean> {
    const state = await this.#world.store.control.migration(this.#world.plan.plan.name);
    return state.type === 'migration' && Object.values(state.standing).every((each) => !each.blind);
  }

  /** A line without a time, below the one that it belongs to. */
  #aside(line: string): void {
    this.#viewer.say(`          ${line}`);
  }
}
