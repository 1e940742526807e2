// A host: one machine on which `backout serve` lives, with the engine's own Node, started anew when it loses its place.
import type { Journal } from '../../core/journal/journal.ts';
import { pause } from '../../engine/calls.ts';
import type { Nodes } from '../../engine/membership.ts';
import { Node } from '../../engine/node.ts';
import type { WatchMemory } from '../../engine/sampler.ts';
import type { Dispatcher } from '../../engine/dispatcher.ts';
import type { AnyConnector } from '../../connector.ts';
import type { Machine } from './machine.ts';

/** A serve that could not start tries again after so long. Milliseconds. */
const COME_BACK_MS = 1_000;

/** What a host finds in its world. */
export interface HostParts {
  readonly machine: Machine;
  readonly journalFor: (node: string, machine: Machine) => Journal;
  readonly nodes: Nodes;
  readonly dispatcherOn: (machine: Machine) => Dispatcher;
  readonly memory: WatchMemory;
  readonly connectorFor: (node: string, machine: Machine) => AnyConnector;
  readonly log: (node: string, sentence: string) => void;
}

/** One host. */
export class Host {
  readonly machine: Machine;
  /** The node that lives here now; null while none does. */
  node: Node | null = null;
  name = '';
  readonly #parts: HostParts;
  readonly #stop = new AbortController();
  #lives = 0;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.machine = parts.machine;
    void this.#serve();
  }

  /** As at SIGTERM: steps in hand may end within so long, then it leaves, and the machine is of no use any more. */
  async drain(waitMs: number): Promise<void> {
    this.#stop.abort();
    await this.node?.drain(waitMs);
    this.machine.kill();
  }

  async #serve(): Promise<void> {
    const { machine } = this.#parts;
    while (!this.#stop.signal.aborted) {
      this.#lives += 1;
      this.name = `${machine.name}.${this.#lives}`;
      const node = await this.#start(this.name);
      if (node === null) {
        await pause(COME_BACK_MS, this.#stop.signal, machine.clock);
        continue;
      }
      this.node = node;
      await new Promise<void>((resolve) => {
        if (node.lost.aborted) resolve();
        else node.lost.addEventListener('abort', () => resolve(), { once: true });
      });
      await node.drain(0);
      this.node = null;
    }
  }

  async #start(id: string): Promise<Node | null> {
    const { machine, journalFor, nodes, dispatcherOn, memory, connectorFor, log } = this.#parts;
    const connector = connectorFor(id, machine);
    try {
      return await Node.start({
        id,
        journal: journalFor(id, machine),
        dispatcher: dispatcherOn(machine),
        nodes,
        memory,
        connectors: {
          load: async () => connector,
          state: (which) => which.states?.['value'],
        },
        events: async (_plan, _signal, at) => ({
          type: 'no-data',
          at,
          because: 'nothing is sent here',
        }),
        secret: () => undefined,
        log: (_level, sentence) => log(id, sentence),
        clock: machine.clock,
      });
    } catch (error) {
      log(id, `[host] Not yet: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }
}
