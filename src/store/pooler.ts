// Is a pooler between us and Postgres that hands the same server connection to several clients? Then locks and LISTEN don't stick.
import type { Client } from 'pg';
import type { Database } from './database.ts';
import { StoreError } from './errors.ts';

/**
 * Postgres tells a client its backend's number when it connects; a pooler tells one of its own. Only then we look closer:
 * when another connection begins a transaction it must not get our backend, and we must still have it.
 */
export async function assertDirect(database: Database, client: Client): Promise<void> {
  const first = await backendOf(client);
  // Not in the types of pg; it is the process id of BackendKeyData, which pg keeps to be able to cancel.
  if ((client as unknown as { readonly processID: number | null }).processID === first) return;
  const other = await database.direct('backout');
  try {
    await other.query('begin');
    const taken = await backendOf(other);
    const second = await backendOf(client);
    if (second === first && taken !== first) return;
  } finally {
    await other.end();
  }
  throw new StoreError(
    'pooler-in-the-way',
    `[store] Cannot work through the pooler in front of ${database.where}: it gives one connection of the server to several clients, so locks and notifications don't hold. Use the server's own port, or a pool in session mode.`,
  );
}

async function backendOf(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
