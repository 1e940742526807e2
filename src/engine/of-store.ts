// The parts of a node that a store provides, in the words of the engine.
import type { Store } from '../store/store.ts';
import type { InboundRegister } from './inbox.ts';
import type { Nodes } from './membership.ts';
import type { WatchMemory } from './sampler.ts';

/** The register of nodes on this store. */
export function nodesOf(store: Store, version: string): Nodes {
  return {
    join: async (node) => {
      const { lost, tryLease, endLease, leave } = await store.nodes.register(node, version);
      return { node, lost, tryLease, endLease, leave };
    },
    dead: store.nodes.dead,
    alive: store.nodes.alive,
    forget: store.nodes.remove,
  };
}

/** The memory of watches in this store: one state for each key. */
export function memoryOf(store: Store): WatchMemory {
  const whole = 'whole';
  return {
    load: async (plan) =>
      (await store.watchState.load(plan)).find(({ key }) => key === whole)?.state ?? null,
    save: async (plan, state, at) => {
      await store.watchState.save(plan, [
        { key: whole, at: at ?? (await store.journal.now()), state },
      ]);
    },
  };
}

/** Which outside events were taken, in this store. */
export function inboundOf(store: Store): InboundRegister {
  return {
    seen: store.inbound.seen,
    mark: async (system, event) => {
      await store.inbound.firstTime(system, event);
    },
  };
}
