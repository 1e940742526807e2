// The postgres connector: signals by SQL, states by SQL, and which server and database this really is.
import { z } from 'zod';
import {
  ConnectorError,
  defineConnector,
  defineSignal,
  type Call,
  type Identity,
  type ProbeAnswer,
  type Reading,
} from '../../connector.ts';
import { notNow } from '../live.ts';
import {
  openPostgres,
  postgresOptions,
  type PostgresClient,
  type PostgresOptions,
} from './client.ts';
import { holds } from './holds.ts';
import { readScalar, type Scalar } from './scalar.ts';
import { inTransaction } from './transaction.ts';

const query = z.strictObject({
  sql: z.string().min(1).meta({
    description: 'Gives one number (or boolean: 1 or 0); run read only. No row or null is no data',
  }),
});

/** What plans name by `uses: postgres`. */
export const postgres = defineConnector<PostgresOptions, PostgresClient>({
  name: 'postgres',
  summary: 'A PostgreSQL database: signals and states by SQL',
  options: postgresOptions,
  open: openPostgres,
  close: async ({ pool }) => pool.end(),
  identify: async (client, call): Promise<Identity> => {
    const found = await identify(client, call);
    const server = await readServerId(client, call);
    const { environment, ...evidence } = found;
    return {
      ...(environment === null ? {} : { environment }),
      role: found.role,
      id: server === undefined ? found.database : `${server}/${found.database}`,
      evidence: { ...evidence, server: server ?? null },
    };
  },
  probe: async (client, call): Promise<ProbeAnswer> => {
    try {
      return { type: 'ready', evidence: await identify(client, call) };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'not-ready', class: error.class, because: error.message };
    }
  },
  signal: defineSignal({
    summary: 'One number by SQL, in a read-only transaction',
    query,
    read: async (client: PostgresClient, { sql }, when, call): Promise<readonly Reading[]> => {
      const refused = notNow('postgres', when);
      if (refused !== undefined) return refused;
      const at = when.type === 'at' ? when.at : when.to;
      try {
        const what = `read ${client.system}`;
        const found = await inTransaction(client, call, 'read only', what, (run) =>
          readScalar(run, sql),
        );
        return [toReading(client, at, found)];
      } catch (error) {
        if (!(error instanceof ConnectorError)) throw error;
        return [{ type: 'error', at, class: error.class, because: error.message }];
      }
    },
  }),
  states: { holds },
});

function toReading(client: PostgresClient, at: number, found: Scalar): Reading {
  const wrong = (because: string): Reading => ({
    type: 'error',
    at,
    class: 'refused',
    because: `[postgres] Cannot read ${client.system}: ${because}.`,
  });
  switch (found.type) {
    case 'nothing':
      return { type: 'no-data', at, because: found.because };
    case 'too-much':
      return wrong(found.because);
    case 'value': {
      if (typeof found.value === 'string') return wrong('the SQL gives a text instead of a number');
      const value = Number(found.value);
      if (!Number.isFinite(value)) {
        return { type: 'no-data', at, because: `the SQL gives ${found.spelling}` };
      }
      return { type: 'number', at, value };
    }
  }
}

/** `backout.environment` is set on the database: alter database shop set backout.environment = 'production'. */
const identitySql = `select current_database(), current_user,
  case when pg_is_in_recovery() then 'replica' else 'primary' end,
  nullif(current_setting('backout.environment', true), ''), current_setting('server_version')`;

interface Found {
  readonly [key: string]: string | null;
  readonly database: string;
  readonly user: string;
  readonly role: string;
  readonly environment: string | null;
  readonly version: string;
}

async function identify(client: PostgresClient, call: Call): Promise<Found> {
  return inTransaction(client, call, 'read only', `ask who ${client.system} is`, async (run) => {
    const { rows } = await run(identitySql);
    const [database, user, role, environment, version] = rows[0] ?? [];
    return {
      database: database ?? '',
      user: user ?? '',
      role: role ?? '',
      environment: environment ?? null,
      version: version ?? '',
    };
  });
}

/** The same for a primary and its replicas, another for every other server. Not everybody may ask. */
async function readServerId(client: PostgresClient, call: Call): Promise<string | undefined> {
  try {
    const { rows } = await inTransaction(
      client,
      call,
      'read only',
      'ask which server it is',
      (run) => run('select system_identifier::text from pg_control_system()'),
    );
    return rows[0]?.[0] ?? undefined;
  } catch (error) {
    if (error instanceof ConnectorError && error.class === 'not-allowed') return undefined;
    throw error;
  }
}
