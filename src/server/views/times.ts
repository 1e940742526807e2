// Times and numbers as people read them.

/** `0:42`, `12:05`, `1:02:03`, `2 d 4 h`: a span of milliseconds; negative counts as nothing. */
export function span(ms: number): string {
  const all = Math.max(0, Math.floor(ms / 1_000));
  const [days, hours, minutes, seconds] = [
    Math.floor(all / 86_400),
    Math.floor(all / 3_600) % 24,
    Math.floor(all / 60) % 60,
    all % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** `10 min`, `2 h`, `90 s`: a round length, in words. */
export function length(ms: number): string {
  if (ms >= 86_400_000 && ms % 86_400_000 === 0) return `${ms / 86_400_000} d`;
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return `${Number((ms / 1_000).toFixed(1))} s`;
}

/** `03:12:07 UTC`. */
export function utcClock(at: number): string {
  return `${new Date(at).toISOString().slice(11, 19)} UTC`;
}

/** A measured value in the unit that the plan declares: `6.1 %`, `312 rows`, `0.84`. */
export function measured(value: number, unit: string | undefined): string {
  if (unit === 'ratio') return `${short(value * 100)} %`;
  return unit === undefined ? short(value) : `${short(value)} ${unit}`;
}

/** Three digits that count are enough to decide by; whole numbers stay whole. */
function short(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1_000
    ? String(Math.round(value))
    : String(Number(value.toPrecision(3)));
}
