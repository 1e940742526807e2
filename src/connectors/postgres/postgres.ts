// The postgres connector: signals by SQL, states by SQL, and which server and database this really is.
import { ConnectorError, defineConnector, type Call, type Identity } from '../../connector.ts';
import { readinessBy } from '../readiness.ts';
import { sqlSignal } from '../sql/signal.ts';
import {
  openPostgres,
  postgresOptions,
  type PostgresClient,
  type PostgresOptions,
} from './client.ts';
import { holds } from './holds.ts';
import { ask } from './scalar.ts';
import { inTransaction } from './transaction.ts';

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
  probe: (client, call) => readinessBy(() => identify(client, call)),
  signal: sqlSignal(
    'postgres',
    'Gives one number (or boolean: 1 or 0); run read only. No row or null is no data',
    ask,
  ),
  states: { holds },
});

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
