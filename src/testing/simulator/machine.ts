// A machine on which nodes live one after the other: it may be frozen, cut off, or dead, and it has a clock of its own.
import type { Clock } from '../../engine/clock.ts';
import type { Planned, VirtualTime } from './time.ts';

/** Whom a machine can be cut off from. */
export type Peer = 'store' | 'systems';

/** One machine. What happens on it waits while it is frozen, and never happens once it is dead. */
export class Machine {
  readonly name: string;
  state: 'up' | 'frozen' | 'dead' = 'up';
  /** How far its clock is ahead of the true time. Milliseconds. */
  ahead = 0;
  readonly #time: VirtualTime;
  /** What waits for the machine to be thawed. */
  #held: (() => void)[] = [];
  /** Who cannot be reached now, and what waits until it can. */
  readonly #cut = new Map<Peer, (() => void)[]>();

  constructor(name: string, time: VirtualTime) {
    this.name = name;
    this.#time = time;
  }

  /** Its own clock and timers. */
  readonly clock: Clock = {
    now: () => this.#time.now + EPOCH + this.ahead,
    steady: () => this.#time.now,
    after: (ms, then) => {
      const planned: Planned = this.#time.after(ms, () =>
        this.do(() => {
          const due = planned.happen;
          planned.happen = null;
          // What was called off while the machine was frozen does not happen after it.
          if (due !== null) then();
        }),
      );
      return () => void (planned.happen = null);
    },
    timeout: (ms) => {
      const controller = new AbortController();
      this.clock.after(ms, () =>
        controller.abort(
          new DOMException('The operation was aborted due to timeout', 'TimeoutError'),
        ),
      );
      return controller.signal;
    },
  };

  /** Something happens on this machine: now, when it is thawed, or never. */
  do(what: () => void): void {
    switch (this.state) {
      case 'up':
        return what();
      case 'frozen':
        this.#held.push(what);
        return;
      case 'dead':
    }
  }

  freeze(): void {
    if (this.state === 'up') this.state = 'frozen';
  }

  thaw(): void {
    if (this.state !== 'frozen') return;
    this.state = 'up';
    const held = this.#held;
    this.#held = [];
    // One after the other, as a process gets its events: each may freeze or kill the machine again.
    for (const each of held) this.do(each);
  }

  kill(): void {
    this.state = 'dead';
    this.#held = [];
    this.#cut.clear();
  }

  cutOff(peer: Peer): void {
    if (!this.#cut.has(peer)) this.#cut.set(peer, []);
  }

  heal(peer: Peer): void {
    const waiting = this.#cut.get(peer) ?? [];
    this.#cut.delete(peer);
    for (const each of waiting) each();
  }

  reaches(peer: Peer): boolean {
    return this.state !== 'dead' && !this.#cut.has(peer);
  }

  /** Goes over the wire now, or when the wire is whole again. */
  send(peer: Peer, what: () => void): void {
    const waiting = this.#cut.get(peer);
    if (waiting === undefined) what();
    else waiting.push(what);
  }
}

/** The true time at the beginning of every world: epoch milliseconds. */
export const EPOCH = Date.UTC(2026, 10, 28, 1);
