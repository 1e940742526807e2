// The signal of redis: a number from a command that only reads, from a field of INFO, or from counters over a window.
import { z } from 'zod';
import { ConnectorError, defineSignal, type Reading } from '../../connector.ts';
import { duration } from '../duration.ts';
import { notNow } from '../live.ts';
import type { RedisClient } from './client.ts';
import { listOf, textOf, withConnection, type Ask, type Reply } from './connection.ts';
import { createCounted } from './counters.ts';
import { readInfo, type Info } from './info.ts';

const query = z
  .strictObject({
    command: z.array(z.string()).min(1).optional().meta({
      description: 'A command that only reads and gives a number: [LLEN, jobs], [DBSIZE]',
    }),
    info: z.string().min(1).optional().meta({ description: 'A field of INFO: used_memory' }),
    rate: duration.optional().meta({
      description: 'With info: how much the counter gains in a second, over this window',
    }),
    'hit-rate': duration.optional().meta({
      description: 'The share of lookups that found their key, over this window',
    }),
  })
  .refine(
    (asked) =>
      [asked.command, asked.info, asked['hit-rate']].filter((each) => each !== undefined).length ===
      1,
    'needs exactly one of command, info, hit-rate',
  )
  .refine(({ rate, info }) => rate === undefined || info !== undefined, {
    message: 'goes with info',
    path: ['rate'],
  });

type Query = z.output<typeof query>;

/** Reads one number. */
export const question = defineSignal({
  summary: 'A number by a command that only reads, by INFO, or the hit rate over a window',
  query,
  read: async (client: RedisClient, asked: Query, when, call): Promise<readonly Reading[]> => {
    const refused = notNow('redis', when);
    if (refused !== undefined) return refused;
    const at = when.type === 'at' ? when.at : when.to;
    try {
      const found = await withConnection(client, call, `read ${client.system}`, (ask) =>
        answerTo(client, ask, asked, at),
      );
      return [typeof found === 'number' ? { type: 'number', at, value: found } : { at, ...found }];
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return [{ type: 'error', at, class: error.class, because: error.message }];
    }
  },
});

type NoData = { readonly type: 'no-data'; readonly because: string };

async function answerTo(
  client: RedisClient,
  ask: Ask,
  asked: Query,
  at: number,
): Promise<number | NoData> {
  if (asked.command !== undefined) {
    await assertReadsOnly(client, ask, asked.command);
    return numberIn(client, await ask(...asked.command));
  }
  const info = await readInfo(ask);
  if (asked.info === undefined) return hitRate(client, info, asked['hit-rate'] ?? 0, at);
  const field = info.get(asked.info);
  if (field === undefined) throw wrong(client, `its INFO has no field ${asked.info}`);
  const value = numberIn(client, field);
  if (asked.rate === undefined || typeof value !== 'number') return value;
  const gain = gainOf(client, asked.info, [value], asked.rate, at);
  return gain === undefined ? seenOnce : ((gain.gained[0] ?? 0) / gain.overMs) * 1000;
}

function hitRate(client: RedisClient, info: Info, windowMs: number, at: number): number | NoData {
  const counters = ['keyspace_hits', 'keyspace_misses'].map((name) => Number(info.get(name)));
  const gain = gainOf(client, 'hit-rate', counters, windowMs, at);
  if (gain === undefined) return seenOnce;
  const [hits = 0, misses = 0] = gain.gained;
  if (hits + misses === 0)
    return { type: 'no-data', because: 'nobody looked anything up in the window' };
  return hits / (hits + misses);
}

const seenOnce: NoData = {
  type: 'no-data',
  because: 'it was seen once only, and a rate needs two',
};

function gainOf(
  client: RedisClient,
  name: string,
  values: readonly number[],
  windowMs: number,
  at: number,
): ReturnType<ReturnType<typeof createCounted>['gainOver']> {
  const key = `${name} ${windowMs}`;
  const counted = client.counted.get(key) ?? createCounted(windowMs);
  client.counted.set(key, counted);
  counted.see(values, at);
  return counted.gainOver(windowMs);
}

/** Redis itself says of each command whether it writes, and whether it can hold up everybody else. */
async function assertReadsOnly(
  client: RedisClient,
  ask: Ask,
  [name = '', sub = '']: readonly string[],
): Promise<void> {
  const [own, inner] = listOf(await ask('COMMAND', 'INFO', name, `${name}|${sub}`));
  const words = [own, inner].map((answer) => JSON.stringify(wordsIn(answer)));
  if (own === null && (inner ?? null) === null) throw wrong(client, `it knows no command ${name}`);
  const spoken = words.find((each) => each.includes('"readonly"'));
  if (spoken === undefined) throw wrong(client, `${name} is no command that only reads`);
  if (spoken.includes('"@dangerous"'))
    throw wrong(client, `${name} can hold up everybody else there`);
}

/** The flags (third) and categories (seventh) of what COMMAND INFO says of one command. */
function wordsIn(answer: Reply | undefined): readonly (string | undefined)[] {
  const parts = listOf(answer);
  return [parts[2], parts[6]].flatMap((part) => listOf(part).map(textOf));
}

function numberIn(client: RedisClient, reply: Reply): number | NoData {
  if (reply === null) return { type: 'no-data', because: 'there is nothing' };
  const text = typeof reply === 'number' ? String(reply) : textOf(reply);
  if (text === undefined || text.trim() === '') throw wrong(client, 'the answer is no number');
  const value = Number(text.replace(/^([+-]?)inf$/i, '$1Infinity'));
  if (Number.isNaN(value) && !/^-?nan$/i.test(text)) {
    throw wrong(client, 'the answer is a text instead of a number');
  }
  if (!Number.isFinite(value)) return { type: 'no-data', because: `the answer is ${text}` };
  return value;
}

function wrong(client: RedisClient, because: string): ConnectorError {
  return new ConnectorError('refused', `[redis] Cannot read ${client.system}: ${because}.`);
}
