// The server: binds the app to an address of this machine, and lets go of every connection when it stops.
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Control } from '../engine/control.ts';
import type { Identity } from '../engine/identity.ts';
import type { Log } from '../engine/log.ts';
import { isLoopback } from './access.ts';
import { makeApp } from './app.ts';
import type { Receive } from './hooks.ts';

/** What the server is started with. */
export interface ServerOptions {
  readonly control: Control;
  /** Default: 127.0.0.1, this machine only. Any other address wants a token. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Where deliveries to /hooks/<plan>/<system> go; without it there is no such address. */
  readonly receive?: Receive;
  /** Who can prove their name; without it every name is a claim. */
  readonly identity?: Identity;
  readonly log: Log;
  /** Whoever asks must show it. */
  readonly token?: string;
  /** Other names under which this server may be asked, such as that of a proxy in front. */
  readonly names?: readonly string[];
}

/** A server that listens. */
export interface RunningServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Why the server could not be started; `message` says how to mend it. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly code:
    | 'port-taken'
    | 'port-not-allowed'
    | 'no-such-address'
    | 'token-wanted'
    | 'not-started';

  constructor(
    code: ServerError['code'],
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
  }
}

/** How long a request that is being answered may go on after `stop`. Milliseconds. */
const LAST_ANSWERS_MS = 1_000;

/** How long a client may take to send its request. Milliseconds. */
const REQUEST_MS = 30_000;

/** Starts to listen. Throws a ServerError. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { control, host = '127.0.0.1', log, token = null, names = [] } = options;
  if (!isLoopback(host) && token === null) {
    throw new ServerError(
      'token-wanted',
      `[server] Cannot listen on ${host} without a token: anybody who reaches it could decide. Give one (BACKOUT_TOKEN), or listen on 127.0.0.1.`,
    );
  }
  const closing = new AbortController();
  const app = makeApp({
    control,
    log,
    closing: closing.signal,
    access: { host, names, token },
    identity: options.identity ?? null,
    receive: options.receive ?? null,
  });
  // The cast holds because no other kind of server was asked for.
  const server = createAdaptorServer({
    fetch: app.fetch,
    overrideGlobalObjects: false,
    serverOptions: { requestTimeout: REQUEST_MS },
  }) as Server;
  server.listen(options.port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw whyNot(error, host, options.port);
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    stop: () => stop(server, closing),
  };
}

async function stop(server: Server, closing: AbortController): Promise<void> {
  if (!server.listening) return;
  closing.abort();
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), LAST_ANSWERS_MS);
  await closed;
  clearTimeout(late);
}

function whyNot(error: unknown, host: string, port: number): ServerError {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  switch (code) {
    case 'EADDRINUSE':
      return new ServerError(
        'port-taken',
        `[server] Cannot listen on ${host}:${port}: the port is taken, probably by another \`backout serve\` on this machine. Stop that one, or take a free port with --port 0.`,
        { cause: error },
      );
    case 'EACCES':
      return new ServerError(
        'port-not-allowed',
        `[server] Cannot listen on ${host}:${port}: this user may not take this port. Ports above 1023 are open to everybody: --port 4600, or --port 0 for a free one.`,
        { cause: error },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ServerError(
        'no-such-address',
        `[server] Cannot listen on ${host}: this machine has no such address. Use 127.0.0.1, or one that it has.`,
        { cause: error },
      );
    default:
      return new ServerError(
        'not-started',
        `[server] Cannot listen on ${host}:${port}: ${String(error)}.`,
        { cause: error },
      );
  }
}
