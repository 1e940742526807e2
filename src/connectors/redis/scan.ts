// Walks through the keys that match a pattern, a few at a time, so that Redis serves others in between.
import { listOf, textOf, type Ask } from './connection.ts';

/** How many keys Redis looks at for one answer: well under a millisecond of its time. */
const lookedAt = 1000;

/** Gives the matching keys in batches. A key that is there all the time is given at least once. */
export async function* scan(ask: Ask, pattern: string): AsyncGenerator<readonly Buffer[]> {
  const only = onlyKeyOf(pattern);
  if (only !== undefined) {
    yield Number(await ask('EXISTS', only)) === 0 ? [] : [Buffer.from(only)];
    return;
  }
  let cursor = '0';
  do {
    const reply = await ask('SCAN', cursor, 'MATCH', pattern, 'COUNT', String(lookedAt));
    const [next, keys] = listOf(reply);
    cursor = textOf(next) ?? '0';
    yield listOf(keys).filter((key) => Buffer.isBuffer(key));
  } while (cursor !== '0');
}

/** The key that the pattern names when nothing in it stands for anything else. */
function onlyKeyOf(pattern: string): string | undefined {
  return /[*?[\\]/.test(pattern) ? undefined : pattern;
}

/** What every key that matches begins with. */
export function literalPrefix(pattern: string): string {
  return /^(?:[^*?[\\]|\\.)*/s.exec(pattern)?.[0].replaceAll(/\\(.)/gs, '$1') ?? '';
}

/** Enough to see what kind of key it is; too little of a session's key to use it. */
const tailShown = 12;

/** A key for evidence: what the pattern says of it and a little more, unprintable bytes as `\x00`. */
export function shownKey(key: Buffer, pattern: string): string {
  const shown = literalPrefix(pattern).length + tailShown;
  const text = spelled(key);
  return text.length <= shown ? text : `${text.slice(0, shown)}…`;
}

/** Bytes as a person can read them. */
export function spelled(bytes: Buffer): string {
  const text = bytes.toString();
  const isText = Buffer.from(text).equals(bytes) && !/\p{Cc}/u.test(text);
  if (isText) return text;
  return bytes
    .toString('latin1')
    .replaceAll(
      /[^\x20-\x7e]/g,
      (each) => `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`,
    );
}
