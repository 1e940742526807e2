// The register of nodes in a simulated store: a place for each that dies with its connection, signs of life, leases.
import type { Membership, Nodes } from '../../engine/membership.ts';
import type { Machine } from './machine.ts';
import type { VirtualTime } from './time.ts';
import type { Wires } from './wires.ts';

/** A node gives a sign of life so often, waits so long for the answer, and counts as frozen after so long without one. As in src/store/nodes.ts. Milliseconds. */
const BEAT_EVERY_MS = 2_000;
const BEAT_WITHIN_MS = 5_000;
const FROZEN_AFTER_MS = 8_000;

/** Who has not looked for so long was away itself, and begins to listen anew. As in src/store/nodes.ts. Milliseconds. */
const AWAY_AFTER_MS = 4_000;

interface Place {
  readonly node: string;
  readonly machine: Machine;
  readonly lost: AbortController;
  /** Its connection lives, and with it its lock and its leases. */
  connected: boolean;
  /** Its row is there. */
  listed: boolean;
  left: boolean;
  seen: number;
}

/** What the register needs of its world. */
export interface RegisterParts {
  readonly time: VirtualTime;
  readonly wires: Wires;
  readonly now: () => number;
  readonly away: () => Error;
}

/** Which nodes there are. */
export class Register {
  readonly #parts: RegisterParts;
  readonly #places = new Map<string, Place>();
  /** Who holds a lease. */
  readonly #leases = new Map<string, Place>();

  constructor(parts: RegisterParts) {
    this.#parts = parts;
  }

  /** Whether this node knows that the store no longer vouches for it. */
  knowsItIsLost(node: string): boolean {
    return this.#places.get(node)?.lost.signal.aborted === true;
  }

  /** Every connection from this machine ends; the store notices after so long. */
  hangUp(machine: Machine, afterMs: number): void {
    this.#parts.time.after(afterMs, () => {
      for (const place of this.#places.values())
        if (place.machine === machine) this.#disconnect(place, 'its connection ended');
    });
  }

  /** The store itself went down: no connection outlives it. */
  hangUpAll(): void {
    for (const place of this.#places.values()) this.#disconnect(place, 'the store went down');
  }

  /** The register as one machine sees it. */
  seenFrom(machine: Machine): Nodes {
    const silences = new Map<string, { readonly seen: number; readonly since: number }>();
    let lookedAt = machine.clock.steady();
    const silentMs = (node: string, seen: number): number => {
      const known = silences.get(node);
      if (known?.seen === seen) return machine.clock.steady() - known.since;
      silences.set(node, { seen, since: machine.clock.steady() });
      return 0;
    };
    const ask = <T>(work: () => T): Promise<T> => this.#ask(machine, work);
    const ids = (which: (place: Place) => boolean): readonly string[] =>
      [...this.#places.values()]
        .filter((each) => each.listed && which(each))
        .map(({ node }) => node);
    return {
      join: async (node) => this.#join(node, machine),
      dead: () =>
        ask(() => {
          const { clock } = machine;
          if (clock.steady() - lookedAt > AWAY_AFTER_MS) silences.clear();
          lookedAt = clock.steady();
          return ids(
            ({ node, connected, seen }) => silentMs(node, seen) >= FROZEN_AFTER_MS || !connected,
          );
        }),
      alive: () => ask(() => ids(({ connected }) => connected)),
      forget: (node) =>
        ask(() => {
          const place = this.#places.get(node);
          if (place === undefined) return;
          place.listed = false;
          this.#disconnect(place, 'its peers gave it up');
        }),
    };
  }

  async #join(node: string, machine: Machine): Promise<Membership> {
    const place = await this.#ask(machine, (): Place => {
      const joined: Place = {
        node,
        machine,
        lost: new AbortController(),
        connected: true,
        listed: true,
        left: false,
        seen: this.#parts.now(),
      };
      this.#places.set(node, joined);
      return joined;
    });
    void this.#beat(place);
    const mine = <T>(work: () => T): Promise<T> =>
      this.#ask(machine, () => {
        if (!place.connected) throw this.#parts.away();
        return work();
      });
    return {
      node,
      lost: place.lost.signal,
      tryLease: (name) =>
        mine(() => {
          const holder = this.#leases.get(name);
          if (holder !== undefined && holder !== place) return false;
          this.#leases.set(name, place);
          return true;
        }),
      endLease: (name) => mine(() => void this.#leases.delete(name)),
      leave: async () => {
        if (place.left) return;
        place.left = true;
        if (place.lost.signal.aborted) return;
        await mine(() => {
          place.listed = false;
          this.#disconnect(place, 'it left');
        }).catch(() => undefined);
      },
    };
  }

  async #beat(place: Place): Promise<void> {
    const { machine, lost } = place;
    while (!place.left && !lost.signal.aborted) {
      try {
        const listed = await this.#ask(machine, () => {
          if (!place.connected) throw this.#parts.away();
          if (place.listed) place.seen = this.#parts.now();
          return place.listed;
        });
        if (!listed) this.#lose(place, 'its peers gave it up while it was frozen');
      } catch (error) {
        this.#lose(place, error instanceof Error ? error.message : 'no answer');
      }
      await new Promise<void>((resolve) => machine.clock.after(BEAT_EVERY_MS, resolve));
    }
  }

  #disconnect(place: Place, why: string): void {
    if (!place.connected) return;
    place.connected = false;
    for (const [name, holder] of this.#leases) if (holder === place) this.#leases.delete(name);
    // The end of a connection is heard where the wire is whole; else the next sign of life finds out.
    if (place.machine.reaches('store'))
      this.#parts.time.after(1, () => place.machine.do(() => this.#lose(place, why)));
  }

  #lose(place: Place, why: string): void {
    if (place.left || place.lost.signal.aborted) return;
    place.lost.abort(new Error(`[store] Node ${place.node} lost its place: ${why}.`));
    // It closes its end, so that the store frees the lock as soon as it can.
    place.machine.send('store', () => this.#disconnect(place, why));
  }

  #ask<T>(machine: Machine, work: () => T): Promise<T> {
    const { wires, away } = this.#parts;
    return wires.ask({ machine, peer: 'store', work, away, patienceMs: BEAT_WITHIN_MS });
  }
}
