// The wires between machines and what they ask: slow, cut, and forgetful of requests and answers, as chance has it.
import type { Chance } from './chance.ts';
import type { Machine, Peer } from './machine.ts';
import type { VirtualTime } from './time.ts';

/** A question over a wire. */
export interface Question<T> {
  readonly machine: Machine;
  readonly peer: Peer;
  /** What the asked one does and answers; what it throws is the answer, too. */
  readonly work: () => T;
  /** What the asker hears when nobody could be reached, or the answer was lost. */
  readonly away: () => Error;
  /** Who asks waits no longer than this for a wire that is cut. Milliseconds. */
  readonly patienceMs: number;
  /** Ends the question early, as a closed connection does. */
  readonly signal?: AbortSignal;
  /** How long the work itself takes. Milliseconds; default 0. */
  readonly takesMs?: number;
}

/** All wires of one world. */
export class Wires {
  /** Whether requests and answers may get lost now. */
  lossy = false;
  /** Whom nobody can reach now, because it is down. */
  readonly down = new Set<Peer>();
  readonly #time: VirtualTime;
  readonly #chance: Chance;

  constructor(time: VirtualTime, chance: Chance) {
    this.#time = time;
    this.#chance = chance;
  }

  /** Asks. The answer comes on the machine that asked: never, when it is dead by then. */
  ask<T>(question: Question<T>): Promise<T> {
    const { machine, peer, work, away, signal, takesMs = 0 } = question;
    return new Promise<T>((resolve, reject) => {
      let over = false;
      let atWork = false;
      const settle = (how: () => void): void =>
        machine.do(() => {
          if (over) return;
          over = true;
          callOff?.();
          signal?.removeEventListener('abort', onAbort);
          how();
        });
      const fail = (): void => settle(() => reject(away()));
      const onAbort = (): void => {
        // A request that has not left may never leave; one that is under way may still arrive.
        if (!atWork && this.#chance.happens(0.5)) atWork = true;
        settle(() => reject(signal?.reason as Error));
      };
      const begin = (): void => {
        if (atWork) return;
        atWork = true;
        if (this.down.has(peer)) return fail();
        if (this.#isLost()) return this.#later(200, fail);
        let answer: T;
        try {
          answer = work();
        } catch (error) {
          return this.#travel(machine, peer, () => settle(() => reject(error)));
        }
        if (this.#isLost()) return this.#later(200, fail);
        this.#travel(machine, peer, () => settle(() => resolve(answer)));
      };
      const callOff = machine.reaches(peer)
        ? undefined
        : machine.clock.after(question.patienceMs, fail);
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#travel(machine, peer, () => (takesMs === 0 ? begin() : this.#later(takesMs, begin)));
    });
  }

  #isLost(): boolean {
    return this.lossy && this.#chance.happens(0.01);
  }

  #later(ms: number, then: () => void): void {
    this.#time.after(ms, then);
  }

  /** Most of the way is no time at all; sometimes it is, so that everything overtakes everything. */
  #travel(machine: Machine, peer: Peer, then: () => void): void {
    const arrive = (): void => machine.send(peer, then);
    if (this.#chance.happens(0.75)) arrive();
    else this.#later(this.#chance.between(1, this.lossy ? 40 : 5), arrive);
  }
}
