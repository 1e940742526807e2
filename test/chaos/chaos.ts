// Chaos: real nodes on a real Postgres, real runs on real systems, and accidents by a seed; in the end the books are compared.
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chanceOf } from '../../src/testing/simulator/chance.ts';
import { backout, temporaryFolder } from '../cli/backout.ts';
import { type Verdict, counterTables, judge } from './books.ts';
import { Ledger } from './ledger.ts';
import { type Addresses, Seat } from './nodes.ts';
import { People } from './people.ts';
import { PLANS, planText } from './plans.ts';
import { KillablePostgres } from './postgres.ts';
import { Target } from './target.ts';

/** How much goes wrong. */
export interface ChaosPlan {
  readonly seed: number;
  readonly nodes: number;
  readonly kills: number;
  readonly storeKills: number;
  readonly freezes: number;
  readonly partitions: number;
  /** No accident begins after so long, however many are left. */
  readonly minutes: number;
  /** Hears, in a line each, of what happens. */
  readonly log: (line: string) => void;
}

/** How long it took until somebody had what a node had in hand. `clean`: the store was not killed meanwhile. */
export interface Takeover {
  readonly how: 'killed' | 'frozen';
  readonly ms: number;
  readonly clean: boolean;
}

/** What chaos found. */
export interface ChaosReport extends Verdict {
  readonly takeovers: readonly Takeover[];
  readonly kills: number;
  readonly storeKills: number;
  readonly freezes: number;
  readonly partitions: number;
  readonly seconds: number;
}

type Accident = 'kill' | 'kill-store' | 'freeze' | 'partition';

/** A node holds an attempt most of the time; who waits for one to kill waits so long at the most. Milliseconds. */
const HOLDER_MS = 5_000;

/** What a dead node had in hand is looked for so long. Milliseconds. */
const FOUND_MS = 20_000;

/** After the last accident every run must end within so long. Milliseconds. */
const END_MS = 180_000;

/** Lets it all happen. Throws only when chaos itself cannot be made. */
export async function runChaos(plan: ChaosPlan): Promise<ChaosReport> {
  const world = await ChaosWorld.open(plan);
  try {
    return await world.happen();
  } finally {
    await world.close();
  }
}

class ChaosWorld {
  readonly #plan: ChaosPlan;
  readonly #chance;
  readonly #store: KillablePostgres;
  readonly #data: KillablePostgres;
  readonly #target: Target;
  readonly #folder: ReturnType<typeof temporaryFolder>;
  readonly #takeovers: Takeover[] = [];
  readonly #done = { kill: 0, 'kill-store': 0, freeze: 0, partition: 0 };
  readonly #closing: (() => Promise<unknown>)[] = [];
  #seats: readonly Seat[] = [];
  #storeDiedAt = 0;

  static async open(plan: ChaosPlan): Promise<ChaosWorld> {
    const chance = chanceOf(plan.seed);
    const [store, data] = await Promise.all([KillablePostgres.start(), KillablePostgres.start()]);
    return new ChaosWorld(plan, chance, store, data, await Target.start(chance.next));
  }

  private constructor(
    plan: ChaosPlan,
    chance: ReturnType<typeof chanceOf>,
    store: KillablePostgres,
    data: KillablePostgres,
    target: Target,
  ) {
    this.#plan = plan;
    this.#chance = chance;
    this.#store = store;
    this.#data = data;
    this.#target = target;
    this.#folder = temporaryFolder();
  }

  async happen(): Promise<ChaosReport> {
    const began = Date.now();
    const data = await this.#prepare();
    const ledger = new Ledger(this.#store);
    ledger.follow();
    this.#closing.push(() => ledger.stop());
    const parts = {
      seats: this.#seats,
      ledger,
      target: this.#target,
      data,
      random: this.#chance.next,
    };
    const people = new People(parts);
    people.begin();
    const background: Promise<void>[] = [];
    const enough = began + this.#plan.minutes * 60_000;
    for (const accident of this.#accidents()) {
      if (Date.now() > enough) break;
      await this.#untilSomeWork(2);
      if (accident === 'kill') await this.#kill(ledger);
      else if (accident === 'kill-store') await this.#killStore();
      else background.push(accident === 'freeze' ? this.#freeze(ledger) : this.#partition());
      await sleep(this.#chance.between(100, 600));
    }
    await Promise.all(background);
    people.orderNoMore();
    const until = Date.now() + END_MS;
    while (people.open().length > 0 && Date.now() < until) await sleep(100);
    // Who ordered last may have been answered after the last run had ended.
    await sleep(1_500);
    await people.stop();
    await ledger.stop();
    const verdict = await judge(
      { ledger, people, target: this.#target, data },
      await this.#checkStore(),
    );
    return {
      ...verdict,
      takeovers: this.#takeovers,
      kills: this.#done.kill,
      storeKills: this.#done['kill-store'],
      freezes: this.#done.freeze,
      partitions: this.#done.partition,
      seconds: (Date.now() - began) / 1000,
    };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#closing.map((close) => close()));
    await Promise.allSettled(
      this.#seats.map((seat) => {
        seat.signal('SIGCONT');
        return seat.stop();
      }),
    );
    await Promise.allSettled([this.#store.stop(), this.#data.stop(), this.#target.stop()]);
    this.#folder.remove();
  }

  /** Databases, plans that are armed, and nodes that work. Answers a connection to what runs work on. */
  async #prepare() {
    const admin = await this.#store.client();
    await admin.query('create database backout');
    await admin.end();
    const data = this.#data.pool();
    this.#closing.push(() => data.end());
    await data.query(counterTables);
    for (const plan of PLANS) {
      writeFileSync(join(this.#folder.path, `${plan}.plan.yaml`), planText(plan));
    }
    const addresses: Addresses = {
      folder: this.#folder.path,
      plans: PLANS.map((plan) => `${plan}.plan.yaml`),
      storePort: this.#store.port,
      dataPort: this.#data.port,
      servicePort: this.#target.port,
    };
    const seats: Seat[] = [];
    this.#seats = seats;
    // The first one makes the schema and makes the plans known; the others find everything there.
    seats.push(await Seat.at(addresses));
    await this.#untilSomeWork(1);
    for (let each = 1; each < this.#plan.nodes; each += 1) seats.push(await Seat.at(addresses));
    await this.#untilSomeWork(this.#plan.nodes);
    return data;
  }

  /** In an order that the seed says: freezes and partitions happen beside the others. */
  #accidents(): readonly Accident[] {
    const { kills, storeKills, freezes, partitions } = this.#plan;
    const all: Accident[] = [
      ...Array.from({ length: kills }, () => 'kill' as const),
      ...Array.from({ length: storeKills }, () => 'kill-store' as const),
      ...Array.from({ length: freezes }, () => 'freeze' as const),
      ...Array.from({ length: partitions }, () => 'partition' as const),
    ];
    return all
      .map((accident) => ({ accident, order: this.#chance.next() }))
      .toSorted((a, b) => a.order - b.order)
      .map(({ accident }) => accident);
  }

  async #untilSomeWork(count: number): Promise<void> {
    const until = Date.now() + 120_000;
    while (this.#seats.filter(({ url, busy }) => url !== null && !busy).length < count) {
      if (Date.now() > until)
        throw new Error(
          `Fewer than ${count} nodes work:\n${this.#seats.map(({ said }) => said).join('\n---\n')}`,
        );
      await sleep(50);
    }
  }

  /** A node that has something in hand, or any that works. Never the last two. */
  async #victim(ledger: Ledger): Promise<Seat | null> {
    const until = Date.now() + HOLDER_MS;
    for (;;) {
      const free = this.#seats.filter(({ url, busy }) => url !== null && !busy);
      if (free.length >= 2) {
        const holders = free.filter((seat) => this.#holdings(ledger, seat.pid).length > 0);
        if (holders.length > 0) return this.#chance.pick(holders);
        if (Date.now() > until) return this.#chance.pick(free);
      }
      await sleep(10);
      if (Date.now() > until + HOLDER_MS) return null;
    }
  }

  /** The attempts that a process has in hand, whatever its node's name is now. */
  #holdings(ledger: Ledger, pid: number): readonly string[] {
    const name = `${hostname()}-${pid}-`;
    return [...ledger.held].flatMap(([attempt, node]) => (node.startsWith(name) ? [attempt] : []));
  }

  async #kill(ledger: Ledger): Promise<void> {
    const seat = await this.#victim(ledger);
    if (seat === null) return;
    const { pid } = seat;
    seat.busy = true;
    const at = Date.now();
    seat.signal('SIGKILL');
    this.#done.kill += 1;
    await this.#takenOver(ledger, pid, at, 'killed');
    seat.busy = false;
  }

  async #freeze(ledger: Ledger): Promise<void> {
    const seat = await this.#victim(ledger);
    if (seat === null) return;
    const { pid } = seat;
    seat.busy = true;
    const at = Date.now();
    seat.signal('SIGSTOP');
    this.#done.freeze += 1;
    await this.#takenOver(ledger, pid, at, 'frozen');
    await sleep(this.#chance.between(0, 2_000));
    seat.signal('SIGCONT');
    // It hears that it lost its place, and comes back under another name.
    await sleep(2_000);
    seat.busy = false;
  }

  /** Waits until nothing is in hand any more of what this process had when it was stopped. */
  async #takenOver(ledger: Ledger, pid: number, at: number, how: Takeover['how']): Promise<void> {
    // What was begun in the last moment is read a moment later.
    await sleep(100);
    const had = this.#holdings(ledger, pid);
    const until = Date.now() + FOUND_MS;
    while (Date.now() < until && had.some((attempt) => ledger.held.has(attempt))) await sleep(20);
    const freed = had
      .flatMap((attempt) => ledger.lostAt.get(attempt) ?? [])
      .filter((lost) => lost >= at);
    const ms = Math.max(...freed) - at;
    const clean = this.#storeDiedAt < at - 5_000;
    if (freed.length > 0) this.#takeovers.push({ how, ms, clean });
    this.#plan.log(
      `${how} ${pid}: had ${had.length} in hand${freed.length > 0 ? `, taken over after ${ms} ms` : ''}`,
    );
  }

  async #killStore(): Promise<void> {
    this.#storeDiedAt = Date.now();
    await this.#store.kill();
    this.#done['kill-store'] += 1;
    await sleep(this.#chance.between(0, 1_500));
    await this.#store.startAgain();
    this.#storeDiedAt = Date.now();
    this.#plan.log('store killed, and back');
    // Everybody lost its place; whoever is back first goes on.
    await sleep(this.#chance.between(500, 2_500));
  }

  async #partition(): Promise<void> {
    const free = this.#seats.filter(({ url, busy }) => url !== null && !busy);
    if (free.length < 2) return;
    const seat = this.#chance.pick(free);
    seat.busy = true;
    const which = this.#chance.pick(['store', 'service', 'data'] as const);
    const condition = this.#chance.pick(['stalled', 'cut'] as const);
    const ms = this.#chance.pick([1_000, 4_000, 7_000, 12_000]);
    this.#plan.log(`${seat.pid}: its wire to the ${which} is ${condition} for ${ms} ms`);
    seat[which].become(condition);
    this.#done.partition += 1;
    await sleep(ms);
    seat[which].become('whole');
    await sleep(1_000);
    seat.busy = false;
  }

  async #checkStore(): Promise<string | null> {
    const said = await backout(['store', 'check'], {
      cwd: this.#folder.path,
      env: { BACKOUT_DATABASE_URL: this.#store.url('backout') },
    });
    return said.exit === 0 ? null : `${said.stdout}${said.stderr}`;
  }
}
