// The scalars of the plan language: names, durations, ratios, sizes, times and rates, each parsed to one plain form.
import { z } from 'zod';

/** A duration as a plan writes it: `250ms`, `90s`, `15m`, `2h`, `30d`, `2w`. */
export type DurationText = `${number}${'ms' | 's' | 'm' | 'h' | 'd' | 'w'}`;

/** A ratio as a plan writes it: `0.5%` or `0.005`. */
export type RatioText = `${number}%`;

/** A size as a plan writes it: `512B`, `10GiB`, `10GB`. */
export type SizeText =
  `${number}${'B' | 'kB' | 'MB' | 'GB' | 'TB' | 'KiB' | 'MiB' | 'GiB' | 'TiB'}`;

/** How often something may happen, as a plan writes it: `1 per 6h`. */
export type RateText = `${number} per ${DurationText}`;

/** How often something may happen: `count` times in `perMs` milliseconds. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

const durationPattern = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d|w)$/;
const ratioPattern = /^(\d{1,9}(?:\.\d{1,9})?)%$/;
const sizePattern = /^(\d{1,9}(?:\.\d{1,3})?)(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;
const ratePattern = /^([1-9]\d{0,5}) per (\d{1,9}(?:\.\d{1,3})?(?:ms|s|m|h|d|w))$/;
const timePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/;
const namePattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const unitBytes = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** A century: a longer duration is a slip of the pen, and timers can't keep it. */
const longestMs = 100 * 365 * unitMs.d;

/** Milliseconds, or nothing when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const found = durationPattern.exec(text);
  if (!found) return undefined;
  // The pattern allows no other unit.
  const ms = Math.round(Number(found[1]) * unitMs[found[2] as keyof typeof unitMs]);
  return ms <= longestMs ? ms : undefined;
}

/** A number from a percentage (`2%` is 0.02), or nothing when the text is none. */
export function parseRatio(text: string): number | undefined {
  const found = ratioPattern.exec(text);
  // Twelve digits, so that 0.7 % is 0.007 and not 0.006999999999999999.
  return found ? Number((Number(found[1]) / 100).toPrecision(12)) : undefined;
}

/** Bytes, or nothing when the text is not a size. */
export function parseSize(text: string): number | undefined {
  const found = sizePattern.exec(text);
  // The pattern allows no other unit.
  return found
    ? Math.round(Number(found[1]) * unitBytes[found[2] as keyof typeof unitBytes])
    : undefined;
}

/** Epoch milliseconds of an RFC 3339 time with zone, or of a day's start in UTC; nothing when the text is neither. */
export function parseTime(text: string): number | undefined {
  const found = timePattern.exec(text);
  if (!found) return undefined;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const midnight = new Date(Date.UTC(year, month - 1, day));
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined;
  const at = Date.parse(text);
  return Number.isFinite(at) ? at : undefined;
}

/** Count and period of `1 per 6h`, or nothing when the text is no rate. */
export function parseRate(text: string): Rate | undefined {
  const found = ratePattern.exec(text);
  const perMs = found?.[2] === undefined ? undefined : parseDuration(found[2]);
  return perMs === undefined || perMs === 0 ? undefined : { count: Number(found?.[1]), perMs };
}

/** Whether the text is a name: kebab-case, beginning with a letter. */
export function isName(text: string): boolean {
  return text.length <= 63 && namePattern.test(text);
}

/** The message of a schema, with the mend behind a line break: zod has room for one string only. */
export function saying(message: string, mend: string): string {
  return `${message}\n${mend}`;
}

function scalar<Output, Text extends string>(
  pattern: RegExp,
  parse: (text: string) => Output | undefined,
  message: string,
  mend: string,
) {
  return z
    .string({ error: saying(message, mend) })
    .regex(pattern, { error: saying(message, mend), abort: true })
    .transform((text, context): Output => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: saying(message, mend) });
      return z.NEVER;
    }) as unknown as z.ZodType<Output, Text>; // Narrower than string, so that definePlan refuses what the pattern does.
}

/** Kebab-case name of something that the plan defines or refers to. */
export const name = z
  .string({
    error: saying('A name is wanted here.', 'Write a kebab-case name, such as "route-back".'),
  })
  .max(63, { error: saying('A name has at most 63 letters.', 'Shorten it.') })
  .regex(namePattern, {
    error: saying(
      'This is not a name: names are kebab-case (small letters, digits, single dashes, a letter first).',
      'Write it like "route-back".',
    ),
  });

/** One sentence or more that people read; never empty. */
export const text = z
  .string({
    error: saying(
      'A text is wanted here.',
      'Write a text; in quotes when it looks like a number or has a colon.',
    ),
  })
  .trim()
  .min(1, {
    error: saying('This text is empty.', 'Say it in a few words, or leave the line out.'),
  });

/** `90s`, `15m`, `2h`, `30d`: milliseconds in the Plan. */
export const duration = scalar<number, DurationText>(
  durationPattern,
  parseDuration,
  'This is not a duration.',
  'Write a number and a unit without a space: 250ms, 90s, 15m, 2h, 30d or 2w (100 years at most).',
).describe('Duration: 250ms, 90s, 15m, 2h, 30d, 2w');

/** A duration that takes time: more than zero milliseconds. */
export const positiveDuration = duration.refine((ms) => ms > 0, {
  error: saying('A duration above zero is wanted here.', 'Write a number and a unit, such as 90s.'),
});

const ratioText = scalar<number, RatioText>(
  ratioPattern,
  parseRatio,
  'This is not a ratio.',
  'Write 0.5% or 0.005.',
);

/** `0.5%` or `0.005`: a number from 0 to 1 in the Plan. */
export const ratio = z
  .union([z.number(), ratioText], { error: saying('This is not a ratio.', 'Write 0.5% or 0.005.') })
  .refine((value) => value >= 0 && value <= 1, {
    error: saying('A ratio lies between 0 and 1, that is 0% and 100%.', 'Write 0.5% or 0.005.'),
  })
  .describe('Ratio: 0.5% or 0.005');

/** A ratio that may pass 100 %: how much worse one thing is than another. */
export const share = z
  .union([z.number().nonnegative(), ratioText], {
    error: saying('This is not a share.', 'Write 25% or 0.25.'),
  })
  .describe('Share: 25% or 0.25, may be more than 100%');

const size = scalar<number, SizeText>(
  sizePattern,
  parseSize,
  'This is not a size.',
  'Write 512MiB, 10GiB or 10GB.',
);

/** What a signal is compared with: a number in the signal's unit, a percentage or a size. */
export const limit = z
  .union([z.number(), ratioText, size], {
    error: saying(
      'This is not a limit.',
      'Write a number in the unit of the signal, a percentage (2%) or a size (10GiB).',
    ),
  })
  .describe('Number in the unit of the signal, percentage (2%) or size (10GiB)');

/** RFC 3339 with zone, or a day (its start in UTC): epoch milliseconds in the Plan. */
export const time = scalar<number, string>(
  timePattern,
  parseTime,
  'This is not a time.',
  'Write RFC 3339 with its zone, such as "2026-11-28T03:00:00Z", or a day such as 2026-11-28.',
).describe('Time: 2026-11-28T03:00:00Z, or a day: 2026-11-28');

/** `1 per 6h`. */
export const rate = scalar<Rate, RateText>(
  ratePattern,
  parseRate,
  'This is not a rate.',
  'Write a count and a period: "1 per 6h".',
).describe('Rate: 1 per 6h');
