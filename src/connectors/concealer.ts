// Takes the secrets that a system was opened with out of every text and JSON that leaves its connector.
import type { Json } from '../connector.ts';

/** Replaces secrets by dots. */
export interface Concealer {
  readonly text: (text: string) => string;
  readonly json: (value: Json) => Json;
}

const dots = '•••';

/** Shorter values would blacken half of every text, and are no secrets worth the name. */
const lengthMin = 4;

/** Makes a concealer of these values; it also knows them URL-encoded and in base64. */
export function createConcealer(secrets: readonly (string | undefined)[]): Concealer {
  const known = secrets
    .filter((secret) => secret !== undefined)
    .filter((secret) => secret.length >= lengthMin)
    .flatMap(spellingsOf)
    .toSorted((a, b) => b.length - a.length);
  const text = (given: string): string =>
    known.reduce((rest, secret) => rest.replaceAll(secret, dots), given);
  return { text, json: (value) => mapTexts(value, text) };
}

/** What is secret in a URL: its password and its query. */
export function secretsOfUrl(url: string): readonly string[] {
  if (!URL.canParse(url)) return [url];
  const { password, searchParams } = new URL(url);
  return [decodeURIComponent(password), ...searchParams.values()];
}

function spellingsOf(secret: string): readonly string[] {
  const encoded = encodeURIComponent(secret);
  const inBase64 = Buffer.from(secret).toString('base64');
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, encoded, inBase64, escaped])];
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === 'string') return change(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each: Json) => mapTexts(each, change));
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [change(key), mapTexts(each, change)]),
  );
}
