// Matchers as Alertmanager writes them (`severity=~"warning|critical"`), read and compared.
import { z } from 'zod';

/** One condition on a label. */
export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

const pattern = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^"\s].*?)\s*$/;

/** One matcher in a text. */
const matcher = z
  .string()
  .regex(pattern, 'is no matcher: write label="value", or !=, =~ and !~ instead of =')
  .transform(parseMatcher);

/** At least one: a silence over everything would hide the rollback itself. */
export const matchers = z.array(matcher).min(1, 'needs at least one matcher');

/** The text that Alertmanager reads. */
export function spell({ name, value, isRegex, isEqual }: Matcher): string {
  const sign = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  return `${name}${sign}${JSON.stringify(value)}`;
}

/** Whether both lists say the same, in whatever order. */
export function sameMatchers(one: readonly Matcher[], other: readonly Matcher[]): boolean {
  const [a, b] = [one, other].map((list) => list.map(spell).toSorted());
  return JSON.stringify(a) === JSON.stringify(b);
}

function parseMatcher(text: string): Matcher {
  const [, name = '', sign = '', written = ''] = pattern.exec(text) ?? []; // it was validated by the same pattern
  const value = written.startsWith('"')
    ? written.slice(1, -1).replaceAll(/\\(.)/g, unescaped)
    : written;
  return { name, value, isRegex: sign.includes('~'), isEqual: !sign.startsWith('!') };
}

function unescaped(_all: string, letter: string): string {
  return letter === 'n' ? '\n' : letter;
}
