// The state redis/cleared: no key matches a pattern; the keys that do are unlinked in small batches, never too fast.
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import {
  ConnectorError,
  defineState,
  type Json,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { orEnded } from '../ending.ts';
import type { RedisClient } from './client.ts';
import { withConnection, type Ask } from './connection.ts';
import { assertPrimary } from './info.ts';
import { literalPrefix, scan, shownKey } from './scan.ts';

const perSecondDefault = 10_000;

const desired = z
  .strictObject({
    pattern: z.string().min(1).meta({
      description: 'As SCAN has it: `session:*`; * and ? and [ab] stand for others, \\ escapes',
    }),
    'at-most': z.int().min(1).optional().meta({
      description:
        'Touches nothing when more keys match; needed when the pattern does not begin with a letter of its own',
    }),
    'per-second': z
      .int()
      .min(1)
      .max(1_000_000)
      .default(perSecondDefault)
      .meta({ description: `How many keys go in a second. Default: ${perSecondDefault}` }),
  })
  .refine(
    (wanted) => wanted['at-most'] !== undefined || literalPrefix(wanted.pattern) !== '',
    'would clear other people’s keys as well: begin the pattern with what only these keys begin with, or add at-most',
  );

type Desired = z.output<typeof desired>;

/** Counts by SCAN, and unlinks what it finds. What is gone is gone: there is no undo. */
export const cleared = defineState({
  summary: 'No key matches a pattern; those that do are unlinked in batches',
  desired,
  observe: async (client: RedisClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    return withConnection(client, call, what, async (ask) => {
      await assertWholeKeyspace(client, ask, what);
      const { count, names } = await countKeys(ask, wanted, Infinity);
      const evidence = client.conceal.json({ pattern: wanted.pattern, keys: count, names });
      if (count === 0) return { type: 'holds', evidence };
      const keys = count === 1 ? '1 key' : `${count} keys`;
      const change = client.conceal.text(`${keys} like ${wanted.pattern} -> 0`);
      return { type: 'differs', evidence, change, touches: count };
    });
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `clear ${wanted.pattern} on ${client.system}`;
    return withConnection(client, call, client.conceal.text(what), async (ask, signal) => {
      await assertWholeKeyspace(client, ask, what);
      const limit = wanted['at-most'] ?? Infinity;
      if (limit < Infinity) {
        const { count } = await countKeys(ask, wanted, limit);
        if (count > limit) throw tooMany(client, wanted, 0);
      }
      return { unlinked: await unlinkAll(client, ask, wanted, signal) };
    });
  },
});

/** SCAN sees the keys of one node only, so on a cluster "no key matches" would be a lie. */
async function assertWholeKeyspace(client: RedisClient, ask: Ask, what: string): Promise<void> {
  const info = await assertPrimary(ask, client.conceal.text(what));
  if (info.get('cluster_enabled') !== '1') return;
  throw new ConnectorError(
    'refused',
    `[redis] Cannot ${client.conceal.text(what)}: this is one node of a cluster and sees only its own keys. Clear by a command on each node.`,
  );
}

const namesMax = 3;
/** SCAN may give a key twice. Beyond so many, twice is counted twice: a limit is then reached too early, never too late. */
const rememberedMax = 100_000;

/** Counts up to a little more than the limit. */
async function countKeys(
  ask: Ask,
  { pattern }: Desired,
  limit: number,
): Promise<{ readonly count: number; readonly names: Json }> {
  if (pattern === '*' && limit === Infinity)
    return { count: Number(await ask('DBSIZE')), names: [] };
  const seen = new Set<string>();
  let [count, names]: [number, string[]] = [0, []];
  for await (const keys of scan(ask, pattern)) {
    for (const key of keys) {
      const spelling = key.toString('latin1');
      if (seen.has(spelling)) continue;
      if (seen.size < rememberedMax) seen.add(spelling);
      count += 1;
      if (names.length < namesMax) names = [...names, shownKey(key, pattern)];
    }
    if (count > limit) break;
  }
  return { count, names };
}

/** A second's keys go in so many pieces, so that a slow rate is slow all the time. */
const piecesPerSecond = 10;

async function unlinkAll(
  client: RedisClient,
  ask: Ask,
  wanted: Desired,
  signal: AbortSignal,
): Promise<number> {
  const limit = wanted['at-most'] ?? Infinity;
  const perSecond = wanted['per-second'];
  const startedAt = performance.now();
  let unlinked = 0;
  for await (const found of scan(ask, wanted.pattern)) {
    for (const keys of inPieces(found, Math.max(1, Math.floor(perSecond / piecesPerSecond)))) {
      // Others may have written keys since they were counted: the limit holds for what is touched.
      if (unlinked + keys.length > limit) throw tooMany(client, wanted, unlinked);
      unlinked += Number(await ask('UNLINK', ...keys));
      const earlyMs = startedAt + (unlinked / perSecond) * 1000 - performance.now();
      if (earlyMs > 1) await orEnded(signal, wait(earlyMs, undefined, { ref: false }));
    }
  }
  return unlinked;
}

function inPieces<T>(list: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, index) =>
    list.slice(index * size, (index + 1) * size),
  );
}

function tooMany(client: RedisClient, wanted: Desired, unlinked: number): ConnectorError {
  const done = unlinked === 0 ? 'Nothing was touched' : `${unlinked} of them are unlinked`;
  const message = `[redis] Cannot clear ${wanted.pattern} on ${client.system}: more than ${wanted['at-most']} keys match. ${done}. Make the pattern narrower, or raise at-most.`;
  return new ConnectorError('refused', client.conceal.text(message), { facts: { unlinked } });
}
