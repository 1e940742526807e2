// A real Caddy in front of servers of the test, its admin API on TCP or on a unix socket.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** One Caddy. */
export interface Caddy {
  readonly url: string;
  /** Where the admin API is. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** Starts it; its handler has the @id `pool`, and its server the @id `staging`. Throws Missing. */
export async function startCaddy(upstream: string, over: 'tcp' | 'unix'): Promise<Caddy> {
  const program = await ensureProgram('caddy', 'caddy');
  const folder = temporaryFolder('caddy');
  const [port, adminPort] = [await freePort(), await freePort()];
  const socket = join(folder, 'admin.sock');
  const handler = { '@id': 'pool', handler: 'reverse_proxy', upstreams: [{ dial: upstream }] };
  const server = {
    '@id': 'staging',
    listen: [`127.0.0.1:${port}`],
    automatic_https: { disable: true },
    routes: [{ handle: [handler] }],
  };
  const listen = over === 'tcp' ? `127.0.0.1:${adminPort}` : `unix/${socket}`;
  const file = join(folder, 'caddy.json');
  writeFileSync(
    file,
    JSON.stringify({
      admin: { listen, config: { persist: false } },
      apps: { http: { grace_period: '1s', servers: { app: server } } },
    }),
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = await startProcess({
    program,
    words: ['run', '--config', file],
    folder,
    options: { env: { PATH: process.env['PATH'] ?? '', HOME: folder, XDG_DATA_HOME: folder } },
    isReady: async () => (await fetch(url).catch(() => undefined)) !== undefined,
  });
  return {
    url,
    address: over === 'tcp' ? `http://127.0.0.1:${adminPort}` : `unix:${socket}`,
    stop,
  };
}
