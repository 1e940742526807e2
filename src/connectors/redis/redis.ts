// The redis connector: keys cleared, values set, numbers read, and which server this really is.
import { ConnectorError, defineConnector, type Identity, type Json } from '../../connector.ts';
import { readinessBy } from '../readiness.ts';
import { cleared } from './cleared.ts';
import { openRedis, redisOptions, type RedisClient, type RedisOptions } from './client.ts';
import { textOf, withConnection, type Ask } from './connection.ts';
import { readInfo, type Info } from './info.ts';
import { question } from './question.ts';
import { value } from './value.ts';

/** What plans name by `uses: redis`. */
export const redis = defineConnector<RedisOptions, RedisClient>({
  name: 'redis',
  summary: 'A Redis or Valkey server: keys cleared by pattern, values set, numbers read',
  options: redisOptions,
  open: openRedis,
  identify: async (client, call): Promise<Identity> =>
    withConnection(client, call, `ask who ${client.system} is`, async (ask) => {
      const info = await readInfo(ask);
      const environment = await readEnvironment(client, ask);
      const node =
        info.get('cluster_enabled') === '1' ? textOf(await ask('CLUSTER', 'MYID')) : undefined;
      return {
        ...(environment === undefined ? {} : { environment }),
        role: roleIn(info),
        ...(node === undefined ? {} : { id: node }),
        evidence: evidenceOf(info),
      };
    }),
  probe: (client, call) =>
    readinessBy(() =>
      withConnection(client, call, `use ${client.system}`, async (ask) =>
        evidenceOf(await readInfo(ask)),
      ),
    ),
  signal: question,
  states: { cleared, value },
});

/** The key that the plan names must be there: what is silently missing would be asserted by nobody. */
async function readEnvironment(client: RedisClient, ask: Ask): Promise<string | undefined> {
  if (client.environmentKey === undefined) return undefined;
  const environment = textOf(await ask('GET', client.environmentKey));
  if (environment !== undefined) return environment;
  throw new ConnectorError(
    'target-mismatch',
    `[redis] Cannot tell who answers for ${client.system}: it has no key ${client.environmentKey}. Set it there to the name of the environment.`,
  );
}

function roleIn(info: Info): string {
  return info.get('role') === 'master' ? 'primary' : 'replica';
}

const shown = ['redis_version', 'run_id', 'redis_mode', 'maxmemory_policy', 'connected_slaves'];

function evidenceOf(info: Info): Json {
  const fields = shown.map((name) => [name, info.get(name) ?? null] as const);
  return { role: roleIn(info), ...Object.fromEntries(fields) };
}
