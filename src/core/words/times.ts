// Times and spans as people read them, the same in the terminal, on the pages and in notices.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A span that runs, as a stopwatch shows it: `0:42`, `12:05`, `1:02:03`, `2 d 4 h`. Negative counts as nothing. */
export function stopwatch(ms: number): string {
  const all = Math.max(0, Math.floor(ms / second));
  const [days, hours, minutes, seconds] = [
    Math.floor((all * second) / day),
    Math.floor((all * second) / hour) % 24,
    Math.floor(all / 60) % 60,
    all % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** A span that was declared or measured, in the unit that says it best: `840 ms`, `1.2 s`, `90 s`, `15 min`, `30 d`. */
export function spanOf(ms: number): string {
  if (ms < 0) return `-${spanOf(-ms)}`;
  if (ms < second) return `${shortNumber(ms)} ms`;
  for (const [unit, name] of [
    [day, 'd'],
    [hour, 'h'],
    [minute, 'min'],
  ] as const) {
    // 90 s says more than 1.5 min.
    if (ms >= 2 * unit || ms === unit) return `${shortNumber(ms / unit)} ${name}`;
  }
  return `${shortNumber(ms / second)} s`;
}

/** The time of day in UTC: `03:12:07 UTC`. */
export function utcClock(at: number): string {
  return `${isoOf(at).slice(11, 19)} UTC`;
}

/** Day and minute in UTC, for those who read it later and elsewhere: `2026-11-28 03:12 UTC`. */
export function utcMinute(at: number): string {
  return `${isoOf(at).slice(0, 16).replace('T', ' ')} UTC`;
}

/** Three digits that count are enough to decide by; whole numbers stay whole. */
export function shortNumber(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1_000
    ? String(Math.round(value))
    : String(Number(value.toPrecision(3)));
}

/** The last instant that a Date can hold. */
const LAST_MS = 8.64e15;

function isoOf(at: number): string {
  return new Date(Math.min(LAST_MS, Math.max(-LAST_MS, at))).toISOString();
}
