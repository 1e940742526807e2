// The parts of a node on a real store, in the test's process or in a child's.
import type { Dispatcher } from '../../src/engine/dispatcher.ts';
import { Inbox } from '../../src/engine/inbox.ts';
import type { Log } from '../../src/engine/log.ts';
import type { NodeParts } from '../../src/engine/node.ts';
import { inboundOf, memoryOf, nodesOf } from '../../src/engine/of-store.ts';
import { Office } from '../../src/engine/office.ts';
import { openPgBoss } from '../../src/engine/pgboss.ts';
import { type Connectors, Systems } from '../../src/engine/systems.ts';
import { type Store, openStore } from '../../src/store/store.ts';
import { pretendedConnectors } from './pretended-connector.ts';

/** What is the same for every node of a test. */
export interface Ground {
  readonly store: Store;
  readonly dispatcher: Dispatcher;
  readonly office: Office;
  readonly inbox: Inbox;
  readonly connectors: Connectors;
  readonly secret: (reference: string) => string | undefined;
  readonly log: Log;
}

/** How a ground may differ. */
export interface GroundOptions {
  readonly url?: string;
  readonly folder?: string;
  readonly connectors?: Connectors;
  readonly secret?: Ground['secret'];
  readonly log?: Log;
}

/** Opens a store with a dispatcher of its own. */
export async function openGround(options: GroundOptions): Promise<Ground> {
  const { url, folder, connectors = pretendedConnectors(), secret = () => undefined } = options;
  const log: Log = (level, sentence) => {
    options.log?.(level, sentence);
    if (process.env['VERBOSE'] !== undefined)
      console.error(new Date().toISOString().slice(17), level, sentence);
  };
  const store = await openStore({
    ...(url === undefined ? {} : { url }),
    ...(folder === undefined ? {} : { folder }),
    enqueue: async (sql, jobs) => dispatcher.enqueue(sql, jobs),
  });
  const dispatcher = await openPgBoss(store.url, log);
  const office = new Office(store.journal);
  const inbox = new Inbox(
    office,
    new Systems(connectors, secret),
    memoryOf(store),
    inboundOf(store),
  );
  return { store, dispatcher, office, inbox, connectors, secret, log };
}

/** The parts of one node on this ground. */
export function partsOf(
  ground: Ground,
  id: string,
  dispatcher: Dispatcher = ground.dispatcher,
): NodeParts {
  const { store, connectors, secret, log, inbox } = ground;
  return {
    id,
    journal: store.journal,
    dispatcher,
    nodes: nodesOf(store, 'test'),
    memory: memoryOf(store),
    connectors,
    events: (plan, signal, at) => inbox.read(plan, signal, at),
    secret,
    log,
  };
}
