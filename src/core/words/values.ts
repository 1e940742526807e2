// Measured values in words: with their unit, beside their limit, and plainly when nobody knows.
import type { Json } from '../journal/event.ts';
import { oneLine, plain } from './phrases.ts';
import { shortNumber, spanOf } from './times.ts';

/** What was seen of something: a value with its limit, or why there is none. Anything else is left aside. */
export type Seen = { readonly [key: string]: Json };

/** Units of time, in milliseconds. */
const timesMs: { readonly [unit: string]: number } = {
  ms: 1,
  milliseconds: 1,
  s: 1_000,
  seconds: 1_000,
  minutes: 60_000,
};

/** A value in the unit that the plan declares: `6.1 %`, `312 rows`, `840 ms`, `0.84`. */
export function measured(value: number, unit: string | undefined): string {
  if (unit === undefined) return shortNumber(value);
  if (unit === 'ratio') return `${shortNumber(Number((value * 100).toPrecision(12)))} %`;
  const inMs = Object.hasOwn(timesMs, unit) ? timesMs[unit] : undefined;
  if (inMs !== undefined) return spanOf(Number((value * inMs).toPrecision(12)));
  // Units of counts are plurals: of one row there is one row.
  return `${shortNumber(value)} ${value === 1 ? unit.replace(/(?<![su])s$/, '') : unit}`;
}

/** What a rule saw of its signal: `6.1 %, bad above 2 % for 1 min`; `not known: connection refused, bad above 2 %`. */
export function seenWords(of: Json, declared?: string): string {
  const seen = asSeen(of);
  const unit = declared ?? textIn(seen, 'unit');
  const forMs = numberIn(seen, 'forMs') ?? 0;
  const held = forMs > 0 ? ` for ${spanOf(forMs)}` : '';
  const limits = (['above', 'below'] as const).flatMap((side) => {
    const limit = numberIn(seen, side);
    return limit === undefined ? [] : [`bad ${side} ${measured(limit, unit)}${held}`];
  });
  return [valueWords(seen, unit), ...limits].join(', ');
}

/** The same with the signal's name before it: `error-rate 6.1 %, bad above 2 % for 1 min`. */
export function signalSeen(leaf: string, of: Json, unit?: string): string {
  const seen = asSeen(of);
  const name = textIn(seen, 'signal') ?? leaf;
  const known = numberIn(seen, 'value') !== undefined;
  return `${name} ${known ? '' : 'is '}${seenWords(seen, unit)}`;
}

/** The evidence of a whole trigger. Where several signals speak, each says how it stands. */
export function evidenceWords(evidence: Json): string {
  const leaves = isSeen(evidence) ? Object.entries(evidence) : [];
  return leaves
    .map(([leaf, seen]) => {
      const status = leaves.length > 1 ? textIn(asSeen(seen), 'status') : undefined;
      return `${signalSeen(leaf, seen)}${status === undefined ? '' : ` (${status})`}`;
    })
    .join('; ');
}

/** So much of evidence whose shape only its connector knows. Characters. */
const BRIEF_MOST = 160;

/** Evidence of any shape in a few words: its values where it has some, else its beginning. Empty for none. */
export function evidenceBrief(evidence: Json): string {
  if (evidence === null || evidence === '') return '';
  const text = typeof evidence === 'string' ? evidence : (valuesIn(evidence) ?? json(evidence));
  const line = oneLine(text);
  return line.length > BRIEF_MOST ? `${line.slice(0, BRIEF_MOST - 1)}…` : line;
}

/** A number, or nothing. */
function numberIn(seen: Seen, key: string): number | undefined {
  const value = Object.hasOwn(seen, key) ? seen[key] : undefined;
  return typeof value === 'number' ? value : undefined;
}

/** A text that says something, or nothing. */
export function textIn(seen: Seen, key: string): string | undefined {
  const value = Object.hasOwn(seen, key) ? seen[key] : undefined;
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** Is this an object with fields, so that one may look into it? */
export function isSeen(value: Json | undefined): value is Seen {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Evidence is kept for ever: what was written otherwise is told as not known, and never fails. */
function asSeen(value: Json): Seen {
  return isSeen(value) ? value : {};
}

function valueWords(seen: Seen, unit: string | undefined): string {
  const value = numberIn(seen, 'value');
  if (value !== undefined) return measured(value, unit);
  const unknown = textIn(seen, 'unknown');
  const why = textIn(seen, 'because') ?? (unknown === undefined ? undefined : plain(unknown));
  return `not known: ${oneLine(why ?? 'nothing was read yet')}`;
}

/** A reading, or readings by the name of their signal. */
function valuesIn(evidence: Json): string | undefined {
  if (!isSeen(evidence)) return undefined;
  if (isReading(evidence)) return seenWords(evidence);
  const fields = Object.entries(evidence);
  if (fields.length === 0 || !fields.every(([, field]) => isSeen(field) && isReading(field)))
    return undefined;
  return fields.map(([name, field]) => signalSeen(name, field)).join(', ');
}

function isReading(seen: Seen): boolean {
  return numberIn(seen, 'value') !== undefined || textIn(seen, 'unknown') !== undefined;
}

function json(value: Json): string {
  return JSON.stringify(value);
}
