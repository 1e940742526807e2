// The life of one part of the shop: it starts, says where it listens, and stops with its parent.
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { Pool } from 'pg';
import { createMeters, openMetricsType, type Meters } from './meters.ts';
import { createWeb, type Observer, type Route } from './web.ts';

/** What a part is given when it starts. */
export interface PartContext {
  readonly meters: Meters;
  /** The value of `--name value`; throws when it is missing. */
  readonly option: (name: string) => string;
  /** A pool of connections to the database whose address is in this environment variable. */
  readonly database: (variable: string) => Pool;
  /** Says a line on stderr. */
  readonly report: (line: string) => void;
  /** Called when the part stops. */
  readonly onStop: (close: () => Promise<void> | void) => void;
}

/** What a part serves. `/healthz`, `/whoami` and, unless it has its own, `/metrics` come by themselves. */
export interface PartService {
  readonly routes: readonly Route[];
  readonly observer?: Observer;
}

/** The environment variables in which the addresses of the two databases travel, out of sight of a process list. */
export const databaseVariables = { legacy: 'SHOP_LEGACY_URL', ledger: 'SHOP_LEDGER_URL' } as const;

/** How long a part may take to stop before it goes anyway. */
const stopMsMax = 2000;

/** Runs this process as the part with this name, until SIGTERM or until its parent is gone. */
export async function runPart(
  name: string,
  make: (context: PartContext) => Promise<PartService> | PartService,
): Promise<void> {
  const closing: (() => Promise<void> | void)[] = [];
  const meters = createMeters();
  const options = readOptions();
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const service = await make({
    meters,
    option: (key) => required(options, key),
    database: (variable) => openPool(variable, report, closing),
    report,
    onStop: (close) => closing.push(close),
  });
  const own = ownRoutes(name, options['environment'] ?? 'demo', meters);
  const server = createWeb([...service.routes, ...own], report, service.observer);
  await listen(server, Number(options['port'] ?? '0'));
  stopWithParent(server, closing);
  const { port } = server.address() as AddressInfo; // A server that listens on a port has such an address.
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
}

function readOptions(): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      port: text,
      environment: text,
      legacy: text,
      new: text,
      flags: text,
      file: text,
      direction: text,
      url: text,
      book: text,
      rate: text,
      count: text,
    },
  });
  return values;
}

type Options = Readonly<Record<string, string | undefined>>;

function required(options: Options, key: string): string {
  const value = options[key];
  if (value === undefined) throw new Error(`[shop] Cannot start: --${key} is missing.`);
  return value;
}

function openPool(
  variable: string,
  report: (line: string) => void,
  closing: (() => Promise<void> | void)[],
): Pool {
  const connectionString = process.env[variable];
  if (connectionString === undefined) {
    throw new Error(`[shop] Cannot start: the environment variable ${variable} is missing.`);
  }
  const pool = new Pool({ connectionString, max: 8, connectionTimeoutMillis: 3000 });
  pool.on('error', (error) => report(`lost a database connection: ${error.message}`));
  closing.push(() => pool.end());
  return pool;
}

function ownRoutes(name: string, environment: string, meters: Meters): readonly Route[] {
  const page = () => ({
    status: 200,
    text: meters.page(),
    headers: { 'content-type': openMetricsType },
  });
  return [
    { method: 'GET', path: '/healthz', handle: () => ({ status: 200, json: { status: 'ok' } }) },
    {
      method: 'GET',
      path: '/whoami',
      handle: () => ({ status: 200, json: { service: name, environment } }),
    },
    { method: 'GET', path: '/metrics', handle: page },
  ];
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}

function stopWithParent(server: Server, closing: readonly (() => Promise<void> | void)[]): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(0), stopMsMax).unref();
    server.close();
    server.closeAllConnections();
    void closeAll(closing.toReversed()).finally(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.stdin.once('end', stop).once('error', stop).resume();
}

/** Last opened, first closed: what works stops before what it works with. */
async function closeAll(closing: readonly (() => Promise<void> | void)[]): Promise<void> {
  for (const close of closing) {
    await close();
  }
}
