// The program: the only place that chooses the real store, dispatcher, clock, connectors and secrets.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Platform, Site, StoreChoice } from './cli/platform.ts';
import { runProgram } from './cli/program.ts';
import type { Dispatcher } from './engine/dispatcher.ts';
import type { Log } from './engine/log.ts';
import type { Node } from './engine/node.ts';
import type { Connectors, Systems } from './engine/systems.ts';

const version = versionOf(new URL('../package.json', import.meta.url));

const platform: Platform = {
  version,
  environment: process.env,
  who: () => userInfo().username,
  openSite,
  systems: openSystems,
  secret,
};

/** Everything that stands on one store. What is heavy is loaded here, when a command first needs it. */
async function openSite(choice: StoreChoice, log: Log): Promise<Site> {
  const [
    { openStore },
    { localControl },
    { operatorIdentity },
    { Inbox },
    { Node: EngineNode },
    { Office },
    { operatorDesk },
    { inboundOf, memoryOf, nodesOf },
  ] = await Promise.all([
    import('./store/store.ts'),
    import('./engine/control.ts'),
    import('./engine/identity.ts'),
    import('./engine/inbox.ts'),
    import('./engine/node.ts'),
    import('./engine/office.ts'),
    import('./engine/operators.ts'),
    import('./engine/of-store.ts'),
  ]);
  const dispatchers = new Dispatchers(log);
  const store = await openStore({
    ...(choice.database === undefined ? {} : { url: choice.database }),
    ...(choice.data === undefined ? {} : { folder: choice.data }),
    enqueue: async (sql, jobs) => (await dispatchers.sending(store.url)).enqueue(sql, jobs),
    log: (line) => log('info', `[store] ${line}`),
  });
  const office = new Office(store.journal);
  const systems = await openSystems();
  const memory = memoryOf(store);
  const inbox = new Inbox(office, systems, memory, inboundOf(store));
  const connectors = await loadConnectors();
  return {
    store,
    inbox,
    control: localControl(office, store.journal),
    identity: operatorIdentity(office),
    operators: operatorDesk(office),
    startNode: async (): Promise<Node> =>
      EngineNode.start({
        id: `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`,
        journal: store.journal,
        dispatcher: await dispatchers.working(store.url),
        nodes: nodesOf(store, version),
        memory,
        connectors,
        events: (plan, signal, at) => inbox.read(plan, signal, at),
        secret,
        log,
      }),
    close: async () => {
      await systems.close();
      await dispatchers.stop();
      await store.close();
    },
  };
}

async function openSystems(): Promise<Systems> {
  const { Systems: EngineSystems } = await import('./engine/systems.ts');
  return new EngineSystems(await loadConnectors(), secret);
}

async function loadConnectors(): Promise<Connectors> {
  const { loadConnector, resolveState } = await import('./connectors/index.ts');
  return {
    load: loadConnector,
    state: (connector, uses) => {
      const resolved = resolveState(uses, connector.name);
      if (resolved.type === 'unresolved') return undefined;
      return Object.hasOwn(connector.states ?? {}, resolved.state)
        ? connector.states?.[resolved.state]
        : undefined;
    },
  };
}

/** The dispatcher that a node works with; without a node one that only sends, opened when the first job is. */
class Dispatchers {
  readonly #log: Log;
  #working: Dispatcher | undefined;
  #sending: Promise<Dispatcher> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  async working(url: string): Promise<Dispatcher> {
    const dispatcher = await this.#open(url);
    this.#working = dispatcher;
    return {
      ...dispatcher,
      stop: async (waitMs) => {
        if (this.#working === dispatcher) this.#working = undefined;
        await dispatcher.stop(waitMs);
      },
    };
  }

  async sending(url: string): Promise<Dispatcher> {
    if (this.#working !== undefined) return this.#working;
    this.#sending ??= this.#open(url);
    return this.#sending;
  }

  async stop(): Promise<void> {
    await this.#working?.stop(0);
    await (await this.#sending)?.stop(0);
  }

  async #open(url: string): Promise<Dispatcher> {
    const { openPgBoss } = await import('./engine/pgboss.ts');
    return openPgBoss(url, this.#log);
  }
}

/** `PROM_URL` of the environment, or `file:/run/secrets/x`, whose last line break is not part of it. */
function secret(reference: string): string | undefined {
  if (!reference.startsWith('file:')) return process.env[reference];
  try {
    return readFileSync(reference.slice('file:'.length), 'utf8').replace(/\r?\n$/, '');
  } catch {
    return undefined;
  }
}

function versionOf(file: URL): string {
  // Our own package.json, with a version as npm wants it.
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}

/** What still holds the process after its command has ended is not waited for. Milliseconds. */
const lingerMs = 1_000;

/** A reader that goes early (`backout journal 7 | head`) is no error, and ends nothing that is under way. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

// Last, when everything above is there.
process.exitCode = await runProgram(process.argv.slice(2), platform);
setTimeout(() => process.exit(), lingerMs).unref();
