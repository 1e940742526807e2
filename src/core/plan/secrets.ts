// Secret references: found in a Plan, filled late, and kept out of everything that is written or sent.
import type { Json } from '../journal/event.ts';

/** What a reference names: `PROM_URL` of the environment or `file:/run/secrets/x`. */
export type SecretReference = string;

/** What became of filling: the value and its secrets, or the references that nobody could answer. */
export type Filled<Value> =
  | { readonly type: 'filled'; readonly value: Value; readonly secrets: readonly string[] }
  | { readonly type: 'missing'; readonly missing: readonly SecretReference[] };

// `$${` stands for `${`, so it is looked for first.
const referencePattern = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*|file:[^\s{}]+)\}/g;
const malformedPattern = /\$\$\{|\$\{(?:[A-Za-z_][A-Za-z0-9_]*|file:[^\s{}]+)\}|(\$\{[^}\n]*\}?)/g;

/** The references in a text, each once, in their order. */
function referencesIn(text: string): readonly SecretReference[] {
  const found = new Set<SecretReference>();
  for (const match of text.matchAll(referencePattern))
    if (match[1] !== undefined) found.add(match[1]);
  return [...found];
}

/** What looks like a reference and is none: `${}`, `${my-secret}`, `${file:}`. */
export function malformedReferenceIn(text: string): string | undefined {
  for (const match of text.matchAll(malformedPattern)) if (match[1] !== undefined) return match[1];
  return undefined;
}

/** Every secret reference of a Plan or of a part of it, each once. */
export function secretReferences(value: unknown): readonly SecretReference[] {
  const found = new Set<SecretReference>();
  eachText(value, (text) => {
    for (const reference of referencesIn(text)) found.add(reference);
  });
  return [...found];
}

/** Puts the values in place of the references. `lookup` gets `PROM_URL` or `file:/run/secrets/x`. */
export function fillSecrets<Value>(
  value: Value,
  lookup: (reference: SecretReference) => string | undefined,
): Filled<Value> {
  const known = new Map<SecretReference, string>();
  const missing: SecretReference[] = [];
  for (const reference of secretReferences(value)) {
    const secret = lookup(reference);
    if (secret === undefined) missing.push(reference);
    else known.set(reference, secret);
  }
  if (missing.length > 0) return { type: 'missing', missing };
  const fillText = (text: string): string =>
    text.replace(referencePattern, (whole, reference?: string) =>
      reference === undefined ? '${' : (known.get(reference) ?? whole),
    );
  const secrets = new Set<string>();
  for (const secret of known.values()) for (const part of secretParts(secret)) secrets.add(part);
  eachText(value, (text) => {
    // A URL made of references and plain text may hold a password of its own.
    if (referencesIn(text).length > 0)
      for (const part of urlSecrets(fillText(text))) secrets.add(part);
  });
  // Texts are replaced by texts and nothing else is touched, so the shape stays.
  return { type: 'filled', value: mapTexts(value, fillText) as Value, secrets: [...secrets] };
}

/** What stands where a secret was. */
export const HIDDEN = '•••';

/** The text with every secret replaced, in each form that systems like to print it in. */
export function redact(text: string, secrets: readonly string[]): string {
  const forms = new Set<string>();
  for (const secret of secrets) for (const form of formsOf(secret)) forms.add(form);
  // The longest first, so that no tail of a secret is left standing.
  const ordered = [...forms]
    .filter((form) => form.length > 0)
    .toSorted((left, right) => right.length - left.length);
  if (ordered.length === 0) return text;
  const pattern = new RegExp(
    ordered.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'),
    'g',
  );
  return text.replace(pattern, HIDDEN);
}

/** JSON with every secret replaced, in keys too. */
export function redactJson(value: Json, secrets: readonly string[]): Json {
  if (typeof value === 'string') return redact(value, secrets);
  if (Array.isArray(value)) return value.map((item: Json) => redactJson(item, secrets));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [redact(key, secrets), redactJson(item, secrets)]),
  );
}

/** A secret, its lines (keys in PEM are printed line by line), and the password of a URL. */
function secretParts(secret: string): readonly string[] {
  const trimmed = secret.trim();
  if (trimmed === '') return [];
  const lines = trimmed.includes('\n')
    ? trimmed
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line.length >= 8)
    : [];
  return [secret, trimmed, ...lines, ...urlSecrets(trimmed)];
}

const credentialsPattern = /^[a-z][a-z0-9+.-]*:\/\/([^/?#@]*(?:@[^/?#@]*)*)@/i;
const queryPattern =
  /[?&](?:[a-z_-]*(?:password|passwd|secret|token|key|sig|signature))=([^&#]+)/gi;

function urlSecrets(text: string): readonly string[] {
  const userInfo = credentialsPattern.exec(text)?.[1];
  const colon = userInfo?.indexOf(':') ?? -1;
  const found = userInfo !== undefined && colon >= 0 ? [userInfo.slice(colon + 1)] : [];
  for (const match of text.matchAll(queryPattern)) if (match[1] !== undefined) found.push(match[1]);
  return found.filter((part) => part !== '').flatMap((part) => [part, percentDecoded(part)]);
}

/** The secret as it is, percent-encoded in the usual ways, in JSON, and in base64 with each neighbour it may have. */
function formsOf(secret: string): readonly string[] {
  const encoded = percentEncoded(secret);
  const lowercase = encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const forms = [
    secret,
    encoded,
    lowercase,
    encoded.replaceAll('%20', '+'),
    strictlyEncoded(encoded),
    JSON.stringify(secret).slice(1, -1),
  ];
  const bytes = utf8(secret);
  for (const shift of bytes.length >= 6 ? [0, 1, 2] : []) {
    const inside = base64Inside(bytes, shift);
    forms.push(inside, inside.replaceAll('+', '-').replaceAll('/', '_'));
  }
  if (bytes.length > 0 && bytes.length < 6)
    forms.push(base64(bytes), base64(bytes).replaceAll('=', ''));
  return forms.filter((form) => form.length >= Math.min(3, secret.length));
}

/** `!'()*` too, as RFC 3986 has it. */
function strictlyEncoded(encoded: string): string {
  return encoded.replace(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The part of the base64 text that depends on nothing but the secret, when it begins `shift` bytes into a triple. */
function base64Inside(bytes: readonly number[], shift: number): string {
  const padded = [...Array.from({ length: shift }, () => 0), ...bytes];
  const letters = base64(padded);
  const first = shift === 0 ? 0 : shift + 1;
  return letters.slice(first, Math.floor((padded.length * 8) / 6));
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** RFC 4648; the core has neither Buffer nor btoa. */
function base64(bytes: readonly number[]): string {
  let letters = '';
  for (let index = 0; index < bytes.length; index += 3) {
    const [a = 0, b, c] = bytes.slice(index, index + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const letter = (shift: number): string => alphabet.charAt((bits >> shift) & 63);
    letters +=
      letter(18) +
      letter(12) +
      (b === undefined ? '=' : letter(6)) +
      (c === undefined ? '=' : letter(0));
  }
  return letters;
}

function utf8(text: string): readonly number[] {
  const bytes: number[] = [];
  for (const match of percentEncoded(text).matchAll(/%([0-9A-F]{2})|([^%])/g)) {
    bytes.push(
      match[1] === undefined ? (match[2] ?? '').charCodeAt(0) : Number.parseInt(match[1], 16),
    );
  }
  return bytes;
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray percent sign: then it was not encoded.
    return text;
  }
}

function eachText(value: unknown, visit: (text: string) => void): void {
  if (typeof value === 'string') visit(value);
  else if (value !== null && typeof value === 'object')
    for (const inner of Object.values(value)) eachText(inner, visit);
}

function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item: unknown) => mapTexts(item, change));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]),
  );
}
