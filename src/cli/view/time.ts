// Times of day as the people at this machine read them: `03:13:38`. Spans are told alike everywhere (core/words/times.ts).

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
