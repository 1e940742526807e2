// The state caddy/weights: how a reverse_proxy handler shares its requests among its upstreams.
import { z } from 'zod';
import { defineState, type Json, type Observation, type Receipt } from '../../connector.ts';
import { failure, readPlace } from './api.ts';
import { change } from './change.ts';
import { configPath, type CaddyClient } from './client.ts';
import { beforeIn } from './config.ts';

const weightMax = 1000;

const dial = z
  .string()
  .regex(/^([^\s{}]+:\d{1,5}|unix\/\/[^\s{}]+)$/, 'is no address: write host:port or unix//path');

const desired = z.strictObject({
  handler: configPath.meta({
    description: 'The reverse_proxy handler: /id/<name>, or its /config/… path',
  }),
  weights: z
    .record(dial, z.int().min(0).max(weightMax))
    .refine((weights) => Object.values(weights).some((weight) => weight > 0), 'give nobody weight')
    .meta({ description: 'Every upstream and its weight; 0 is not in the list' }),
});

type Desired = z.output<typeof desired>;
type Fields = Readonly<Record<string, Json>>;

/** Sets upstreams and the policy that shares among them. */
export const weights = defineState({
  summary: 'A reverse proxy shares its requests among these upstreams by these weights',
  desired,
  observe: async (client: CaddyClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    const found = await readPlace(client, wanted.handler, call, what);
    const handler = handlerIn(found.value, wanted, what);
    const changes = changesOf(handler, wanted);
    const evidence: Json = { before: partOf(handler), etag: found.etag };
    if (changes.length === 0) return { type: 'holds', evidence };
    return { type: 'differs', evidence, change: changes.join(', '), touches: changes.length };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `set weights on ${client.system}`;
    const next = (now: Json): Json => withWeights(handlerIn(now, wanted, what), wanted);
    const before = await change(client, wanted.handler, next, call, what);
    return { before: partOf(handlerIn(before, wanted, what)) };
  },
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const what = `undo weights on ${client.system}`;
    const before = beforeIn(kept);
    if (before === undefined) return { already: true };
    // Only what shares the requests: what else was changed in the handler since then stays.
    const next = (now: Json): Json => {
      const { upstreams, load_balancing, ...rest } = handlerIn(now, wanted, what);
      void [upstreams, load_balancing];
      return { ...rest, ...before };
    };
    await change(client, wanted.handler, next, call, what);
    return { restored: true };
  },
});

function handlerIn(value: Json, wanted: Desired, what: string): Fields {
  const fields = fieldsOf(value);
  if (fields['handler'] === 'reverse_proxy') return fields;
  const is = fields['handler'] ?? (value === null ? 'nothing' : 'another thing');
  throw failure(
    'refused',
    what,
    `at ${wanted.handler} is no reverse_proxy but ${JSON.stringify(is)}.`,
  );
}

/** Upstreams keep what else is said of them; the policy is changed only where equal shares will not do. */
function withWeights(handler: Fields, wanted: Desired): Fields {
  if (changesOf(handler, wanted).length === 0) return handler;
  const given = Object.entries(wanted.weights).filter(([, weight]) => weight > 0);
  const now = upstreamsOf(handler);
  const upstreams = given.map(
    ([address]) => now.find((upstream) => upstream['dial'] === address) ?? { dial: address },
  );
  const shares = given.map(([, weight]) => weight);
  const { selection_policy: policy, ...balancing } = fieldsOf(handler['load_balancing']);
  const equal = shares.every((weight) => weight === shares[0]);
  const kept = policy === undefined || isWeighted(policy) ? {} : { selection_policy: policy };
  const chosen = equal
    ? kept
    : { selection_policy: { policy: 'weighted_round_robin', weights: shares } };
  const load_balancing = { ...balancing, ...chosen };
  const { load_balancing: _old, ...rest } = handler;
  void _old;
  return {
    ...rest,
    upstreams,
    ...(Object.keys(load_balancing).length > 0 ? { load_balancing } : {}),
  };
}

/** In shares, for 1 and 0 send as many requests to the one as 100 and 0. */
function changesOf(handler: Fields, wanted: Desired): readonly string[] {
  const [now, want] = [
    sharesOf(weightsOf(handler)),
    sharesOf(new Map(Object.entries(wanted.weights))),
  ];
  const names = new Set([...want.keys(), ...now.keys()]);
  const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`;
  return [...names].flatMap((name) => {
    const [is, shall] = [now.get(name) ?? 0, want.get(name) ?? 0];
    return Math.abs(is - shall) < 1e-9 ? [] : [`${name} ${percent(is)} -> ${percent(shall)}`];
  });
}

function weightsOf(handler: Fields): ReadonlyMap<string, number> {
  const policy = fieldsOf(handler['load_balancing'])['selection_policy'];
  const list = isWeighted(policy) ? fieldsOf(policy)['weights'] : undefined;
  const byAddress = new Map<string, number>();
  for (const [index, upstream] of upstreamsOf(handler).entries()) {
    const { dial: address } = upstream;
    if (typeof address !== 'string') continue;
    const weight = Array.isArray(list) ? Number(list[index] ?? 0) : 1;
    byAddress.set(address, (byAddress.get(address) ?? 0) + weight);
  }
  return byAddress;
}

function sharesOf(given: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const all = [...given.values()].reduce((sum, weight) => sum + weight, 0);
  return new Map([...given].map(([name, weight]) => [name, all === 0 ? 0 : weight / all]));
}

function upstreamsOf(handler: Fields): readonly Fields[] {
  const { upstreams } = handler;
  return Array.isArray(upstreams) ? upstreams.map((each: Json) => fieldsOf(each)) : [];
}

function partOf({ upstreams, load_balancing }: Fields): Fields {
  return {
    ...(upstreams === undefined ? {} : { upstreams }),
    ...(load_balancing === undefined ? {} : { load_balancing }),
  };
}

function isWeighted(policy: Json | undefined): boolean {
  return fieldsOf(policy)['policy'] === 'weighted_round_robin';
}

function fieldsOf(value: Json | undefined): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Fields; // neither null nor a list: an object
}
