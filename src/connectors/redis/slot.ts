// One place in Redis that holds a text, a key or a field of a hash: how it is read, kept as evidence and written.
import { ConnectorError, type Json } from '../../connector.ts';
import { listOf, textOf, type Ask, type Reply } from './connection.ts';
import { spelled } from './scan.ts';

/** Where it is. */
export interface Place {
  readonly key: string;
  readonly field?: string | undefined;
}

/** What stands there, and until when: epoch milliseconds on the clock of the server. */
export interface Slot {
  /** Null: nothing. */
  readonly bytes: Buffer | null;
  /** Null: for ever. Of a field it is that of its whole hash. */
  readonly expiresAt: number | null;
}

/** Reads it together with the time there. A key of another type is refused, for it could not be brought back. */
export async function readSlot(
  ask: Ask,
  { key, field }: Place,
  what: string,
): Promise<Slot & { readonly serverNow: number }> {
  const type = textOf(await ask('TYPE', key)) ?? 'none';
  const fits = field === undefined ? 'string' : 'hash';
  if (type !== 'none' && type !== fits) {
    throw new ConnectorError(
      'refused',
      `[redis] Cannot ${what}: the key holds a ${type}, not a ${fits}. ${field === undefined ? 'A value can be set only where a text is' : 'A field can be set only in a hash'}.`,
    );
  }
  const found = field === undefined ? await ask('GET', key) : await ask('HGET', key, field);
  const leftMs = Number(await ask('PTTL', key));
  const serverNow = millisecondsIn(await ask('TIME'));
  const bytes = Buffer.isBuffer(found) ? found : null;
  return { bytes, expiresAt: leftMs >= 0 ? serverNow + leftMs : null, serverNow };
}

/** Writes it in one transaction; false when somebody else has written since WATCH. */
export async function put(ask: Ask, { key, field }: Place, slot: Slot): Promise<boolean> {
  await ask('MULTI');
  if (field === undefined) await ask(...wordsFor(key, slot));
  else if (slot.bytes === null) await ask('HDEL', key, field);
  else await ask('HSET', key, field, slot.bytes);
  return (await ask('EXEC')) !== null;
}

function wordsFor(key: string, { bytes, expiresAt }: Slot): readonly (string | Buffer)[] {
  if (bytes === null) return ['UNLINK', key];
  return ['SET', key, bytes, ...(expiresAt === null ? [] : ['PXAT', String(expiresAt)])];
}

/** A time to live is read in milliseconds over two commands: so much may lie between two readings of the same. */
const slackMs = 1000;

/** Whether both are the same value with the same end. */
export function sameSlot(one: Slot, other: Slot): boolean {
  if (one.bytes === null || other.bytes === null) return one.bytes === other.bytes;
  if (!one.bytes.equals(other.bytes)) return false;
  if (one.expiresAt === null || other.expiresAt === null) return one.expiresAt === other.expiresAt;
  return Math.abs(one.expiresAt - other.expiresAt) <= slackMs;
}

/** What is longer is not kept in the journal. */
const keptMaxBytes = 4096;
const shownMaxLength = 200;

/** All that is needed to bring it back, unless it is too long. */
export function evidenceOf({ bytes, expiresAt }: Slot): { readonly [key: string]: Json } {
  const until = expiresAt === null ? {} : { expiresAt };
  if (bytes === null) return { value: null, ...until };
  if (bytes.length > keptMaxBytes)
    return { beginning: beginning(bytes), sizeBytes: bytes.length, ...until };
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes)
    ? { value: text, ...until }
    : { base64: bytes.toString('base64'), ...until };
}

/** The slot in evidence or a receipt; undefined when there is none. */
export function keptIn(json: Json): Slot | 'too-long' | undefined {
  if (json === null || typeof json !== 'object') return undefined;
  const { value, base64, beginning: cut, expiresAt } = json as { readonly [key: string]: Json };
  if (typeof cut === 'string') return 'too-long';
  const end = typeof expiresAt === 'number' ? expiresAt : null;
  if (value === null) return { bytes: null, expiresAt: null };
  if (typeof value === 'string') return { bytes: Buffer.from(value), expiresAt: end };
  if (typeof base64 === 'string') return { bytes: Buffer.from(base64, 'base64'), expiresAt: end };
  return undefined;
}

/** For a preview: `"on" until 12:30:00Z`. */
export function shownSlot({ bytes, expiresAt }: Slot): string {
  if (bytes === null) return 'nothing';
  const until = expiresAt === null ? '' : ` until ${new Date(expiresAt).toISOString()}`;
  return JSON.stringify(beginning(bytes)) + until;
}

function beginning(bytes: Buffer): string {
  const text = spelled(bytes.subarray(0, keptMaxBytes));
  return text.length <= shownMaxLength ? text : `${text.slice(0, shownMaxLength)}…`;
}

/** TIME gives seconds and the microseconds beside. */
function millisecondsIn(reply: Reply): number {
  const [seconds = 0, micros = 0] = listOf(reply).map((part) => Number(textOf(part)));
  return seconds * 1000 + Math.floor(micros / 1000);
}
