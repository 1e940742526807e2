// Durations as plans write them, `500ms`, `90s`, `15m`, `2h`, `7d`, read into milliseconds.
import { z } from 'zod';

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration longer than zero. Gives milliseconds. */
export const duration = z
  .string()
  .regex(
    /^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)$/,
    'is no duration: write it as 500ms, 90s, 15m, 2h or 7d',
  )
  .transform(parseDuration)
  .refine((ms) => ms > 0, 'must be longer than zero')
  .meta({ description: 'A duration: 500ms, 90s, 15m, 2h, 7d' });

/** `90s` is 90000. The text has been validated. */
function parseDuration(text: string): number {
  const unit = /[a-z]+$/.exec(text)?.[0] as keyof typeof unitMs;
  return Math.round(Number.parseFloat(text) * unitMs[unit]);
}
