// The state redis/value: a key, or a field of a hash, has a value; the way back brings the old value and its expiry.
import { z } from 'zod';
import {
  ConnectorError,
  defineState,
  type ApplyCall,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { duration } from '../duration.ts';
import type { RedisClient } from './client.ts';
import { withConnection } from './connection.ts';
import { assertPrimary } from './info.ts';
import {
  evidenceOf,
  keptIn,
  put,
  readSlot,
  sameSlot,
  shownSlot,
  type Place,
  type Slot,
} from './slot.ts';

const desired = z
  .strictObject({
    key: z.string().min(1),
    field: z.string().min(1).optional().meta({ description: 'A field, when the key is a hash' }),
    value: z
      .union([z.string(), z.number(), z.null()])
      .transform((value) => (value === null ? null : String(value)))
      .meta({ description: 'The text that stands there; null: nothing' }),
    ttl: duration.optional().meta({
      description: 'Let it expire after so long. Default: it stays until somebody changes it',
    }),
  })
  .refine(
    ({ ttl, field, value }) => ttl === undefined || (field === undefined && value !== null),
    'ttl is for the value of a whole key',
  );

type Desired = z.output<typeof desired>;

/** Observes, applies and undoes under WATCH, so that nobody else's change is written over unseen. */
export const value = defineState({
  summary: 'A key, or a field of a hash, has a value',
  desired,
  observe: async (client: RedisClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${nameOf(wanted)} on ${client.system}`;
    return withConnection(client, call, what, async (ask) => {
      await assertPrimary(ask, what);
      const found = await readSlot(ask, wanted, what);
      const evidence = client.conceal.json(evidenceOf(found));
      if (holds(found, wanted)) return { type: 'holds', evidence };
      const change = `${nameOf(wanted)} ${shownSlot(found)} -> ${wantedWords(wanted)}`;
      return { type: 'differs', evidence, change: client.conceal.text(change), touches: 1 };
    });
  },
  apply: async (client, wanted, call): Promise<Receipt> =>
    change(client, wanted, call, 'set', (found) =>
      holds(found, wanted) ? undefined : slotOf(wanted, found.serverNow),
    ),
  undo: async (client, wanted, { before, receipt }, call): Promise<Receipt> => {
    const kept = keptIn(before) ?? keptIn(receipt);
    if (kept === 'too-long') throw notKept(client, wanted);
    if (kept === undefined) return { already: true };
    return change(client, wanted, call, 'bring back', (found) => {
      const expired = kept.expiresAt !== null && kept.expiresAt <= found.serverNow;
      const target = expired ? { bytes: null, expiresAt: null } : kept;
      if (sameSlot(found, target)) return undefined;
      if (found.bytes?.toString() === (wanted.value ?? undefined)) return target;
      throw new ConnectorError(
        'refused',
        `[redis] Cannot bring back ${nameOf(wanted)} on ${client.system}: somebody has changed it since. Decide which value is right and set it by hand.`,
      );
    });
  },
});

/** How often it is tried again when somebody else writes at the very same moment. */
const triesMax = 5;

/** Puts what `decide` makes of what is there; nothing when that is undefined. */
async function change(
  client: RedisClient,
  wanted: Desired,
  call: ApplyCall,
  verb: string,
  decide: (found: Slot & { readonly serverNow: number }) => Slot | undefined,
): Promise<Receipt> {
  const what = `${verb} ${nameOf(wanted)} on ${client.system}`;
  return withConnection(client, call, what, async (ask) => {
    await assertPrimary(ask, what);
    for (let tries = 0; tries < triesMax; tries += 1) {
      await ask('WATCH', wanted.key);
      const found = await readSlot(ask, wanted, what);
      const target = decide(found);
      if (target === undefined) return { already: true };
      if (await put(ask, wanted, target))
        return client.conceal.json({ already: false, ...evidenceOf(found) });
    }
    const message = `[redis] Cannot ${what}: somebody else keeps writing to it. Stop them first.`;
    throw new ConnectorError('cannot-reach', message);
  });
}

/** Without a wanted time to live, a value that expires does not hold: it would be gone when nobody looks. */
function holds(found: Slot & { readonly serverNow: number }, wanted: Desired): boolean {
  if (wanted.value === null) return found.bytes === null;
  if (found.bytes?.equals(Buffer.from(wanted.value)) !== true) return false;
  if (wanted.field !== undefined) return true;
  if (wanted.ttl === undefined) return found.expiresAt === null;
  return found.expiresAt !== null && found.expiresAt <= found.serverNow + wanted.ttl;
}

function slotOf(wanted: Desired, serverNow: number): Slot {
  return {
    bytes: wanted.value === null ? null : Buffer.from(wanted.value),
    expiresAt: wanted.ttl === undefined ? null : serverNow + wanted.ttl,
  };
}

function nameOf({ key, field }: Place): string {
  return field === undefined ? key : `${key}/${field}`;
}

function wantedWords({ value: wanted, ttl }: Desired): string {
  const text = wanted === null ? 'nothing' : JSON.stringify(wanted);
  return ttl === undefined ? text : `${text} for ${Math.round(ttl / 1000)} s`;
}

function notKept(client: RedisClient, wanted: Desired): ConnectorError {
  const message = `[redis] Cannot bring back ${nameOf(wanted)} on ${client.system}: the old value was too long to keep. Restore it from a backup.`;
  return new ConnectorError('refused', message);
}
