// Which Backout processes are alive: each holds a lock that Postgres takes from it the moment its connection is gone.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Database } from './database.ts';
import { StoreError } from './errors.ts';

/** This process among the nodes. */
export interface Membership {
  readonly id: string;
  /** Aborts the moment the lock is lost; whoever works for this node must stop at once. */
  readonly lost: AbortSignal;
  /** Takes a lease that is freed when this node leaves or dies: `watch/ledger-cutover`. False when a peer has it. */
  readonly tryLease: (name: string) => Promise<boolean>;
  readonly endLease: (name: string) => Promise<void>;
  readonly leave: () => Promise<void>;
}

/** The nodes on one database. */
export interface Nodes {
  /** Takes the lock of a new node. After a loss, register again, with a new id. */
  readonly register: (id: string, version?: string) => Promise<Membership>;
  readonly alive: () => Promise<readonly string[]>;
  /** Nodes that ended without leaving, or gave no sign of life for too long: their work is taken over, then they are removed. */
  readonly dead: () => Promise<readonly string[]>;
  readonly remove: (id: string) => Promise<void>;
}

/** "BKOK"; the second number of the lock is the node's own. */
const lockClass = 1_112_231_275;
/** "BKOL"; the second number is the hash of the lease's name. */
const leaseClass = 1_112_231_276;
const heartbeatEveryMs = 2000;
const heartbeatWithinMs = 5000;
/** A node that is frozen keeps its lock; it counts as dead when its peers saw no sign of life for so long. */
const frozenAfterMs = 8000;
/** Peers look every half second; one that has not looked for so long was frozen or cut off itself. */
const awayAfterMs = 4000;

const held = `exists (select from pg_locks l where l.locktype = 'advisory' and l.classid = ${lockClass}
  and l.objid = n.lock_key and l.objsubid = 2 and l.granted
  and l.database = (select oid from pg_database where datname = current_database()))`;

/** A node's row, as a peer looks at it. */
interface Listed {
  readonly id: string;
  readonly seen: number;
  readonly held: boolean;
}

/** The registry; it does nothing until asked. `steady`: milliseconds that never jump. */
export function createNodes(
  database: Database,
  steady: () => number = () => performance.now(),
): Nodes {
  const silences = new Map<string, { readonly seen: number; readonly since: number }>();
  let lookedAt = steady();
  /**
   * For how long its sign of life has been the same, as long as we look. The store's clock only makes one sign differ from
   * the next: when it jumps, nobody is dead for that, and nobody who is frozen stays unnoticed.
   */
  const silentMs = ({ id, seen }: Listed): number => {
    const known = silences.get(id);
    if (known?.seen === seen) return steady() - known.since;
    silences.set(id, { seen, since: steady() });
    return 0;
  };
  const ids = async (condition: string): Promise<readonly string[]> => {
    const rows = await database.query<{ id: string }>(
      `select id from backout.node n where ${condition} order by started, id`,
    );
    return rows.map((row) => row.id);
  };
  return {
    register: (id, version = '') => register(database, id, version),
    alive: () => ids(held),
    dead: async () => {
      const rows = await database.query<Listed>(
        `select id, seen, ${held} as held from backout.node n order by started, id`,
      );
      for (const id of silences.keys()) if (!rows.some((row) => row.id === id)) silences.delete(id);
      // Who was away itself has heard nobody meanwhile, and begins to listen anew.
      if (steady() - lookedAt > awayAfterMs) silences.clear();
      lookedAt = steady();
      return rows.filter((row) => silentMs(row) >= frozenAfterMs || !row.held).map(({ id }) => id);
    },
    remove: async (id) => {
      await endSession(database, id);
      await database.guard(() =>
        database.build.deleteFrom('backout.node').where('id', '=', id).execute(),
      );
    },
  };
}

/** A node that is frozen still holds its leases: they are free when its session ends, and it hears of it when it wakes. */
async function endSession(database: Database, id: string): Promise<void> {
  const client = await database.direct('backout-nodes');
  try {
    await database.guard(() =>
      client.query(
        `select pg_terminate_backend(l.pid) from pg_locks l join backout.node n on l.objid = n.lock_key
         where n.id = $1 and l.locktype = 'advisory' and l.classid = ${lockClass} and l.objsubid = 2 and l.granted
         and l.database = (select oid from pg_database where datname = current_database())`,
        [id],
      ),
    );
  } finally {
    await client.end();
  }
}

/** Lock first, row second: a node is never listed without its lock while it lives. */
async function register(database: Database, id: string, version: string): Promise<Membership> {
  const client = await database.direct('backout-node');
  const loss = new AbortController();
  const leases = new Set<string>();
  let left = false;
  const lose = (why: string): void => {
    if (left || loss.signal.aborted) return;
    loss.abort(
      new StoreError(
        'unreachable',
        `[store] Node ${id} lost its place: ${why}. Its steps stop now.`,
      ),
    );
    // The socket is closed without a goodbye, so that Postgres frees the lock as soon as it can.
    client.connection.stream.destroy();
  };
  client.once('end', () => lose(`its connection to ${database.where} ended`));
  await database.guard(async () => {
    const { rows } = await client.query<{ key: number }>(
      `select key from nextval('backout.node_lock') as key, pg_advisory_lock(${lockClass}, key::int)`,
    );
    await client.query(
      `insert into backout.node (id, lock_key, version, started, seen) values ($1, $2, $3, backout.clock(), backout.clock())`,
      [id, rows[0]?.key, version],
    );
  });
  void beat(client, id, loss.signal, () => left, lose);
  return {
    id,
    lost: loss.signal,
    tryLease: async (name) => {
      if (leases.has(name)) return true; // Postgres would count it twice, and free it only when given back twice
      const { rows } = await database.guard(() =>
        client.query<{ taken: boolean }>(
          `select pg_try_advisory_lock(${leaseClass}, hashtext($1)) as taken`,
          [name],
        ),
      );
      if (rows[0]?.taken !== true) return false;
      leases.add(name);
      return true;
    },
    endLease: async (name) => {
      if (!leases.delete(name)) return;
      await database.guard(() =>
        client.query(`select pg_advisory_unlock(${leaseClass}, hashtext($1))`, [name]),
      );
    },
    leave: async () => {
      if (left) return;
      left = true;
      if (loss.signal.aborted) return;
      await client.query('delete from backout.node where id = $1', [id]).catch(() => undefined);
      await client.end().catch(() => undefined);
    },
  };
}

/**
 * Gives a sign of life and asks for the lock, again and again: a network that swallows everything ends no connection
 * by itself, and a node that was frozen until its peers gave it up must not go on.
 */
async function beat(
  client: Client,
  id: string,
  lost: AbortSignal,
  left: () => boolean,
  lose: (why: string) => void,
): Promise<void> {
  const holds = `with sign as (update backout.node set seen = backout.clock() where id = $1 returning 1)
    select count(*)::int as locks, (select count(*)::int from sign) as listed from pg_locks where locktype = 'advisory'
    and classid = ${lockClass} and pid = pg_backend_pid() and granted`;
  while (!left() && !lost.aborted) {
    const late = sleep(heartbeatWithinMs, null, { ref: false });
    try {
      const answer = await Promise.race([
        client.query<{ locks: number; listed: number }>(holds, [id]),
        late,
      ]);
      if (answer === null) lose(`no answer within ${heartbeatWithinMs / 1000} s`);
      else if (answer.rows[0]?.listed === 0) lose('its peers gave it up while it was frozen');
      else if (answer.rows[0]?.locks === 0)
        lose('its lock is gone, as behind a transaction pooler');
    } catch (error) {
      lose(error instanceof Error ? error.message : String(error));
    }
    await sleep(heartbeatEveryMs, undefined, { ref: false });
  }
}
