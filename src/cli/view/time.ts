// Times and durations as people read them: `2:11`, `15 min`, `03:13:38`.

const second = 1_000;
const minute = 60_000;
const hour = 3_600_000;
const day = 86_400_000;

/** A duration that runs: `0:04`, `12:31`, `1:02:03`. */
export function clockOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / second));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** A duration that was declared: `90 s`, `15 min`, `2 h`, `30 d`. */
export function spanOf(ms: number): string {
  if (ms < second) return `${Math.round(ms)} ms`;
  for (const [unit, name] of [
    [day, 'd'],
    [hour, 'h'],
    [minute, 'min'],
  ] as const) {
    if (ms >= 2 * unit || ms === unit) return `${trimmed(ms / unit)} ${name}`;
  }
  return `${trimmed(ms / second)} s`;
}

/** The time of day here. */
export function timeOf(at: number): string {
  return new Date(at).toTimeString().slice(0, 8);
}

/** Day and time here, with the zone. */
export function whenOf(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, '0');
  const zone = -date.getTimezoneOffset();
  const shift =
    zone === 0
      ? 'UTC'
      : `UTC${zone > 0 ? '+' : '-'}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeOf(at)} ${shift}`;
}

function trimmed(value: number): string {
  return value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}
