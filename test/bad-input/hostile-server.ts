// A server that means no good: another environment than it should be, silent, endless, or both; and it counts who changes it.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The server, and what was done to it. */
export interface HostileServer {
  readonly url: string;
  /** Requests that would have changed something. */
  readonly changes: () => number;
  /** Bytes of an endless answer that were taken off our hands. */
  readonly poured: () => number;
  readonly stop: () => Promise<void>;
}

const twoGigabytes = 2 * 1024 ** 3;

/** Starts it: `/whoami` is staging, `/silent` never answers, `/flood` is 2 GiB of JSON. */
export async function startHostileServer(): Promise<HostileServer> {
  let changes = 0;
  let poured = 0;
  const server = createServer((request, response) => {
    request.resume();
    if (request.method !== 'GET') changes += 1;
    switch (request.url) {
      case '/whoami':
        return response.end(JSON.stringify({ environment: 'staging' }));
      case '/silent':
        return undefined;
      case '/flood':
        return pour(response, (bytes) => (poured += bytes));
      default:
        return response.end(JSON.stringify({ enabled: true }));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a server on TCP has such an address
  return {
    url: `http://127.0.0.1:${port}`,
    changes: () => changes,
    poured: () => poured,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** As fast as it is read; counts what the other side took. */
function pour(response: ServerResponse, took: (bytes: number) => void): void {
  const piece = Buffer.alloc(1024 * 1024, '[');
  response.setHeader('content-length', twoGigabytes);
  let left = twoGigabytes;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left -= piece.length;
      took(piece.length);
      if (!response.write(piece)) return void response.once('drain', more);
    }
  };
  more();
}
