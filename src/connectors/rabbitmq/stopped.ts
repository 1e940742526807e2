// The state rabbitmq/stopped: the clients of a user have no connection and may open none.
import { z } from 'zod';
import {
  ConnectorError,
  defineState,
  type Call,
  type Json,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { ask, member, type RabbitmqClient } from './client.ts';

const desired = z.strictObject({
  user: z.string().min(1).meta({ description: 'Whose clients stop, in all vhosts' }),
});

type Desired = z.output<typeof desired>;

/** By the limit of connections, which a client that comes again meets at once; then those that are there are closed. */
export const stopped = defineState({
  summary: 'The clients of a user have no connection and may open none',
  desired,
  observe: async (client: RabbitmqClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    const limit = await readLimit(client, wanted, call, what);
    const connections = await countConnections(client, wanted, call, what);
    const evidence = { limit, connections };
    if (limit === 0 && connections === 0) return { type: 'holds', evidence };
    const change = `${connections} connections -> 0, at most ${limit ?? 'any number'} -> 0`;
    return { type: 'differs', evidence, change, touches: connections };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `stop the clients on ${client.system}`;
    const limit = await readLimit(client, wanted, call, what);
    if (limit !== 0) await setLimit(client, wanted, 0, call, what);
    // Only now: whoever comes after the limit finds the door shut.
    const closed = await countConnections(client, wanted, call, what);
    const path = connectionsPath(wanted);
    await ask(client, { method: 'DELETE', path, reason: 'stopped by Backout' }, call, what);
    return { limit, closed };
  },
  undo: async (client, wanted, { before, receipt }, call): Promise<Receipt> => {
    const what = `let the clients in again on ${client.system}`;
    const old = limitIn(before) ?? limitIn(receipt);
    if (old === undefined) return { already: true };
    const limit = await readLimit(client, wanted, call, what);
    if (limit === old.limit || limit !== 0) return { already: true, limit };
    await setLimit(client, wanted, old.limit, call, what);
    return { already: false, limit: old.limit };
  },
});

function limitsPath({ user }: Desired): readonly string[] {
  return ['user-limits', user];
}

/**
 * What the nodes keep of a user's connections, right at once. The list of all connections is made of statistics and knows a
 * new one only 5 s later: stopped by that, the newest clients would stay.
 */
function connectionsPath({ user }: Desired): readonly string[] {
  return ['connections', 'username', user];
}

/** Null: there is no limit. That there is no such user is an error, for a limit for nobody stops nobody. */
async function readLimit(
  client: RabbitmqClient,
  wanted: Desired,
  call: Call,
  what: string,
): Promise<number | null> {
  const path = ['users', wanted.user];
  if ((await ask(client, { method: 'GET', path }, call, what)) === undefined) {
    const message = `[rabbitmq] Cannot ${what}: there is no user ${wanted.user}. Check its name.`;
    throw new ConnectorError('refused', message);
  }
  const limits = await ask(client, { method: 'GET', path: limitsPath(wanted) }, call, what);
  const [first] = Array.isArray(limits) ? (limits as readonly Json[]) : [];
  const limit = member(member(first, 'value'), 'max-connections');
  // Less than 0 is how some say that there is none.
  return typeof limit === 'number' && limit >= 0 ? limit : null;
}

async function setLimit(
  client: RabbitmqClient,
  wanted: Desired,
  limit: number | null,
  call: Call,
  what: string,
): Promise<void> {
  const path = [...limitsPath(wanted), 'max-connections'];
  if (limit === null) await ask(client, { method: 'DELETE', path }, call, what);
  else await ask(client, { method: 'PUT', path, json: { value: limit } }, call, what);
}

async function countConnections(
  client: RabbitmqClient,
  wanted: Desired,
  call: Call,
  what: string,
): Promise<number> {
  const all = await ask(client, { method: 'GET', path: connectionsPath(wanted) }, call, what);
  if (Array.isArray(all)) return all.length;
  const message = `[rabbitmq] Cannot ${what}: the broker does not list a user's connections. Is it older than 3.10?`;
  throw new ConnectorError('refused', message);
}

function limitIn(json: Json): { readonly limit: number | null } | undefined {
  const limit = member(json, 'limit');
  return limit === null || typeof limit === 'number' ? { limit } : undefined;
}
