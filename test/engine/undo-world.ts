// A router over HTTP and a database of settings, rolled back by a run: what the tests of undo take back again.
import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import type { PlanParts } from './world.ts';
import { step } from './world.ts';

/** A router whose weights are read and written over HTTP, and which can fall silent in the middle of a write. */
export interface Router {
  readonly url: string;
  readonly weights: () => { readonly legacy: number; readonly ledger: number };
  /** Every write, with the key that it bore. */
  readonly writes: readonly { readonly key: string; readonly legacy: number }[];
  /** The next write gets no answer: its effect comes, or does not. */
  readonly fallSilent: (when: 'before' | 'after') => void;
  readonly stop: () => Promise<void>;
}

/** Starts it with a share of traffic that no rollback would guess. */
export async function startRouter(): Promise<Router> {
  let weights = { legacy: 30, ledger: 70 };
  let silent: 'before' | 'after' | null = null;
  const writes: { key: string; legacy: number }[] = [];
  const server: Server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.end(JSON.stringify(weights));
      return;
    }
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const wanted = JSON.parse(text) as typeof weights;
      writes.push({ key: String(request.headers['idempotency-key']), legacy: wanted.legacy });
      const how = silent;
      silent = null;
      if (how !== 'before') weights = wanted;
      if (how === null) response.end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    weights: () => weights,
    writes,
    fallSilent: (when) => {
      silent = when;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A database with one setting in it: which side takes writes. */
export interface Settings {
  readonly url: string;
  readonly writer: () => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Makes the table in an empty database. */
export async function makeSettings(url: string): Promise<Settings> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query("create table settings as select 'writer' as name, 'ledger' as value");
  return {
    url,
    writer: async () => {
      const { rows } = await client.query<{ value: string }>('select value from settings');
      return rows[0]?.value ?? '';
    },
    stop: () => client.end(),
  };
}

/** A plan that routes traffic and writes back; `more` are steps after that. */
export function planOf(
  name: string,
  router: Router,
  settings: Settings,
  itUrl: string,
  more: readonly unknown[] = [],
): PlanParts {
  const verified = { by: ['well'], hold: '1ms', within: '20s' };
  return {
    name,
    systems: {
      it: { uses: 'pretend', url: itUrl },
      router: { uses: 'http', url: router.url },
      settings: { uses: 'postgres', url: settings.url },
    },
    playbooks: {
      full: {
        scope: 'full',
        verified,
        'undo-verified': verified,
        stages: [{ route: [route()] }, { writes: [writes(), ...more] }],
      },
    },
  };
}

function route(): unknown {
  return step('route-back', {
    uses: 'http/holds',
    with: {
      system: 'router',
      observe: {
        get: '/weights',
        expect: { json: { '/legacy': 100 } },
        capture: { legacy: '/legacy', ledger: '/ledger' },
      },
      apply: { put: '/weights', json: { legacy: 100, ledger: 0 } },
      undo: { put: '/weights', json: { legacy: '{{legacy}}', ledger: '{{ledger}}' } },
    },
  });
}

function writes(): unknown {
  return step('writes-back', {
    uses: 'sql/holds',
    with: {
      system: 'settings',
      check: "select value from settings where name = 'writer'",
      equals: 'legacy',
      apply: "update settings set value = 'legacy' where name = 'writer'",
      undo: "update settings set value = 'ledger' where name = 'writer'",
    },
  });
}
