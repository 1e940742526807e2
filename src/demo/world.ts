// The demo's world: a Postgres with the shop's two databases, the shop, two engine nodes and the page.
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type Fingerprinted, readPlan } from './plan.ts';
import type { Control } from '../engine/control.ts';
import { type ManagedPostgres, startManaged } from '../store/managed/managed.ts';
import { type EngineNode, startNode } from './nodes.ts';
import { type Sabotage, planText } from './scenario.ts';
import { person } from './shop/people.ts';
import { type Shop, startShop } from './shop/shop.ts';

/** What the demo borrows from the program: its store, seen from this process, and its page. */
export interface Borrowed {
  readonly openStore: (folder: string) => Promise<OpenedStore>;
  readonly startPage: (
    control: Control,
    port: number,
  ) => Promise<{ readonly url: string; readonly stop: () => Promise<void> }>;
}

/** A store that this process looks at; the nodes are others. */
export interface OpenedStore {
  readonly control: Control;
  /** Verifies chains and projections: how many events, and what is wrong. */
  readonly check: () => Promise<{ readonly events: number; readonly problems: readonly unknown[] }>;
  readonly close: () => Promise<void>;
}

/** Everything that runs. */
export interface World {
  readonly folder: string;
  readonly planFile: string;
  /** Where the journal is kept when the rest is gone. */
  readonly journalFile: string;
  readonly plan: Fingerprinted;
  readonly shop: Shop;
  readonly store: OpenedStore;
  readonly nodes: readonly EngineNode[];
  readonly page: string;
  readonly stop: () => Promise<void>;
}

/** What to start. */
export interface WorldOptions {
  readonly port: number;
  readonly manual: boolean;
  readonly sabotage: Sabotage | null;
  /** Keep the folder at the end, for a look at the journal. */
  readonly keep: boolean;
  /** Aborts when nobody wants the world any more; what was started is then stopped again. */
  readonly stopped: AbortSignal;
  readonly log: (line: string) => void;
}

/** The requests a second that the shop's customers send. */
const RATE = 50;

/** Starts everything; whatever was started is stopped again when a part cannot start. */
export async function startWorld(options: WorldOptions, borrowed: Borrowed): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'backout-demo-'));
  // Postgres may have to run as another user, who must be able to pass here; what lies inside is private by itself.
  await chmod(folder, 0o711);
  const stops: Stops = [];
  if (!options.keep) stops.push(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed())
      await each().catch((error: unknown) => options.log(String(error)));
  };
  try {
    const [databases, store] = await both(
      startDatabases(folder, stops, options),
      openStore(folder, stops, borrowed),
    );
    options.stopped.throwIfAborted();
    // The page before the shop: a taken port is said at once.
    const page = await borrowed.startPage(store.control, options.port);
    stops.push(() => page.stop());
    const shop = await startShop({
      ...databases,
      folder: join(folder, 'shop'),
      rate: RATE,
      log: options.log,
    });
    stops.push(() => shop.stop());
    options.stopped.throwIfAborted();
    const planFile = join(folder, 'shop.plan.yaml');
    const example = await readFile(
      fileURLToPath(new URL('../../examples/shop.plan.yaml', import.meta.url)),
      'utf8',
    );
    await writeFile(planFile, planText(example, options));
    const plan = await readPlan(planFile);
    const nodes = await startNodes(folder, stops, environment(shop, databases), options);
    options.stopped.throwIfAborted();
    return {
      folder,
      planFile,
      journalFile: `${folder}.jsonl`,
      plan,
      shop,
      store,
      nodes,
      page: page.url,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Stops = (() => Promise<unknown>)[];

/** Both results; when one fails, the other is waited for, so that it can be stopped. */
async function both<Left, Right>(
  left: Promise<Left>,
  right: Promise<Right>,
): Promise<readonly [Left, Right]> {
  await Promise.allSettled([left, right]);
  return [await left, await right];
}

async function openStore(folder: string, stops: Stops, borrowed: Borrowed): Promise<OpenedStore> {
  const store = await borrowed.openStore(join(folder, 'store'));
  stops.push(() => store.close());
  return store;
}

async function startNodes(
  folder: string,
  stops: Stops,
  env: { readonly [name: string]: string },
  { log }: WorldOptions,
): Promise<readonly EngineNode[]> {
  const started: EngineNode[] = [];
  stops.push(() => Promise.all(started.map((node) => node.stop())));
  const start = async (name: string): Promise<EngineNode> => {
    const node = await startNode({ name, storeFolder: join(folder, 'store'), env, log });
    started.push(node);
    return node;
  };
  return both(start('node-1'), start('node-2'));
}

interface Databases {
  readonly legacyUrl: string;
  readonly newUrl: string;
}

async function startDatabases(
  folder: string,
  stops: Stops,
  { log }: WorldOptions,
): Promise<Databases> {
  await mkdir(join(folder, 'shop'), { recursive: true });
  const server: ManagedPostgres = await startManaged({
    folder: join(folder, 'shop-postgres'),
    log,
  });
  stops.push(() => server.stop());
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  try {
    for (const name of ['shop_legacy', 'shop_ledger']) {
      await admin.query(`create database ${name}`);
      await admin.query(`alter database ${name} set backout.environment = 'demo'`);
    }
  } finally {
    await admin.end();
  }
  return {
    legacyUrl: withDatabase(server.url, 'shop_legacy'),
    newUrl: withDatabase(server.url, 'shop_ledger'),
  };
}

/** The managed server's address has no host, so it is no URL to JavaScript: the database's name is replaced in its text. */
function withDatabase(url: string, name: string): string {
  return url.replace(/^(postgresql:\/\/[^/]*)\/[^?]*/, `$1/${name}`);
}

/** What the plan's references stand for. */
function environment(shop: Shop, databases: Databases): { readonly [name: string]: string } {
  const [node = '', carry = ''] = shop.carry.argv;
  const probe = person(0);
  return {
    SHOP_ROUTER: shop.urls.router,
    SHOP_FLAGS: shop.urls.flags,
    SHOP_FEED: shop.urls.feed,
    SHOP_LEGACY: shop.urls.legacy,
    SHOP_LEGACY_URL: databases.legacyUrl,
    SHOP_LEDGER_URL: databases.newUrl,
    SHOP_NODE: node,
    SHOP_CARRY: carry,
    SHOP_PROBE_EMAIL: probe.email,
    SHOP_PROBE_PASSWORD: probe.password,
  };
}
