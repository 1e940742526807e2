// Stands by as a node while somebody watches: works only as long as nobody else serves the store, so that a run never waits for nothing.
import { pause } from '../engine/calls.ts';
import type { Log } from '../engine/log.ts';
import type { Node } from '../engine/node.ts';
import type { Site } from './platform.ts';

/** Whether others serve is looked at so often. Milliseconds. */
const lookEveryMs = 1_000;

/** How long steps in hand may take to end when the watching ends. Milliseconds. */
const drainMs = 5_000;

/** A node on call. */
export class Standby {
  readonly #site: Site;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  #node: Node | null = null;

  constructor(site: Site, log: Log) {
    this.#site = site;
    this.#log = log;
    this.#loop = this.#watch();
  }

  /** Whether we are a node now. */
  get works(): boolean {
    return this.#node !== null && !this.#node.lost.aborted;
  }

  /** Hands back what is in hand; answers whether others go on. */
  async end(): Promise<{ readonly othersServe: boolean }> {
    this.#stop.abort();
    await this.#loop;
    await this.#node?.drain(drainMs);
    return { othersServe: (await this.#site.store.nodes.alive()).length > 0 };
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#standIn();
      } catch (error) {
        this.#log('warn', error instanceof Error ? error.message : String(error));
      }
      await pause(lookEveryMs, this.#stop.signal);
    }
  }

  async #standIn(): Promise<void> {
    if (this.#node !== null && this.#node.lost.aborted) {
      await this.#node.drain(0);
      this.#node = null;
    }
    if (this.#node !== null || (await this.#site.store.nodes.alive()).length > 0) return;
    this.#node = await this.#site.startNode();
  }
}
