// The people of a chaos run: they order runs, press things twice on whichever node answers, and keep what they were told.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Ledger } from './ledger.ts';
import type { Seat } from './nodes.ts';
import { PLANS } from './plans.ts';
import type { Target } from './target.ts';

/** What somebody was told of: it must be in the journal. */
export interface Promised {
  readonly plan: string;
  readonly event: { readonly type: string; readonly [field: string]: unknown };
}

/** A server that does not answer is left alone after so long. Milliseconds. */
const ANSWER_MS = 8_000;

/** What the people need. */
export interface PeopleParts {
  readonly seats: readonly Seat[];
  readonly ledger: Ledger;
  readonly target: Target;
  /** A connection to the database that runs work on; it is never killed. */
  readonly data: Pool;
  readonly random: () => number;
}

/** Orders run after run until told to stop. */
export class People {
  readonly promised: Promised[] = [];
  /** How many of all answers were refusals, and how many never came. */
  refused = 0;
  unanswered = 0;
  readonly #parts: PeopleParts;
  #orders = true;
  #stopped = false;
  #loops: readonly Promise<void>[] = [];

  constructor(parts: PeopleParts) {
    this.#parts = parts;
  }

  begin(): void {
    this.#loops = [...PLANS.map((plan) => this.#rollBack(plan)), this.#answer()];
  }

  /** No new run begins; what is under way is looked after still. */
  orderNoMore(): void {
    this.#orders = false;
  }

  async stop(): Promise<void> {
    this.#orders = false;
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  /** Runs that have begun and not ended. */
  open(plan?: string): readonly string[] {
    const { started, ended } = this.#parts.ledger;
    return [...started].flatMap(([stream, of]) =>
      ended.has(stream) || (plan !== undefined && of !== plan) ? [] : [stream],
    );
  }

  /** One plan: as before the migration, then back, again and again. */
  async #rollBack(plan: string): Promise<void> {
    const { target, data, ledger } = this.#parts;
    while (this.#orders) {
      target.reset(`${plan}.`);
      await data.query('update counter set n = 0 where plan = $1', [plan]);
      const before = ledger.started.size;
      const order = { plan, playbook: 'full', because: 'chaos', kind: 'live' };
      // Pressed twice, on any two nodes: one run begins, or none.
      await Promise.all([this.#press(plan, 'runs', order), this.#press(plan, 'runs', order)]);
      await sleep(200);
      while (!this.#stopped && this.open(plan).length > 0) await sleep(50);
      if (ledger.started.size === before) await sleep(300);
    }
  }

  /** Whatever is blocked is tried again; now and then a run is paused and resumed. */
  async #answer(): Promise<void> {
    const { ledger, random } = this.#parts;
    while (!this.#stopped) {
      await sleep(300);
      for (const [key, stream] of ledger.blocked) {
        if (ledger.ended.has(stream)) continue;
        const step = key.slice(stream.length + 1);
        await this.#tell(stream, { type: 'RetryStep', step });
      }
      const [some] = this.open();
      if (some === undefined || random() > 0.1) continue;
      await Promise.all([1, 2].map(() => this.#tell(some, { type: 'PauseRun', because: 'wait' })));
      await sleep(100);
      // Whoever paused resumes, however long it takes until somebody answers.
      let resumed = false;
      while (!resumed && !this.#stopped && !ledger.ended.has(some)) {
        resumed = await this.#tell(some, { type: 'ResumeRun' });
        if (!resumed) await sleep(200);
      }
    }
  }

  #tell(stream: string, order: unknown): Promise<boolean> {
    const plan = this.#parts.ledger.started.get(stream) ?? '';
    return this.#press(plan, `runs/${stream.slice('run-'.length)}/orders`, { order });
  }

  /** Asks any node that works. What it answers as done is remembered; says whether anybody answered. */
  async #press(plan: string, path: string, body: unknown): Promise<boolean> {
    const urls = this.#parts.seats.flatMap(({ url }) => (url === null ? [] : [url]));
    const url = urls[Math.floor(this.#parts.random() * urls.length)];
    if (url === undefined) return false;
    try {
      const response = await fetch(`${url}/api/v1/${path}`, {
        method: 'POST',
        headers: { origin: url, 'content-type': 'application/json', 'x-backout-who': 'ada' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!response.ok) {
        this.refused += 1;
        return response.status < 500;
      }
      const { events } = (await response.json()) as {
        readonly events: readonly Promised['event'][];
      };
      this.promised.push(...events.map((event) => ({ plan, event })));
      return true;
    } catch {
      this.unanswered += 1;
      return false;
    }
  }
}
