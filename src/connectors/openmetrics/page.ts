// Reads a metrics page piece by piece: Prometheus text 0.0.4 and OpenMetrics 1.0.

/** One line of the page. */
export interface Sample {
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
  /** Epoch milliseconds, where the page says when it was measured. */
  readonly at?: number;
}

/** All samples of a page by their name as it is written there: `requests_total`, `latency_seconds_bucket`. */
export type Page = ReadonlyMap<string, readonly Sample[]>;

/** Timestamps are milliseconds in the one format and seconds in the other; the other also says where it ends. */
export type Format = 'text' | 'openmetrics';

/** The page cannot be read: says the line and why. */
export class PageError extends Error {
  override readonly name = 'PageError';
}

/** Takes the page in pieces of any size. */
export interface PageReader {
  readonly push: (text: string) => void;
  /** The whole page. Throws PageError when it was cut off. */
  readonly end: () => Page;
}

/** No honest line is longer. */
const lineMaxLength = 64 * 1024;
const samplesMax = 200_000;

/** The format by the content type of the answer. */
export function formatOf(contentType: string | null): Format {
  return contentType?.startsWith('application/openmetrics-text') === true ? 'openmetrics' : 'text';
}

/** Reads a page whose pieces come one after the other. `push` and `end` throw PageError. */
export function createPageReader(format: Format): PageReader {
  const page = new Map<string, Sample[]>();
  let rest = '';
  let lines = 0;
  let samples = 0;
  let ended = false;
  const take = (line: string): void => {
    lines += 1;
    if (ended) throw new PageError(`line ${lines}: something comes after # EOF`);
    if (line === '# EOF') return void (ended = true);
    if (line.trim() === '' || line.startsWith('#')) return;
    samples += 1;
    if (samples > samplesMax) throw new PageError(`there are more than ${samplesMax} samples`);
    const { name, ...sample } = parseSample(line, lines, format);
    const same = page.get(name);
    if (same === undefined) page.set(name, [sample]);
    else same.push(sample);
  };
  return {
    push: (text) => {
      const parts = (rest + text).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > lineMaxLength) throw new PageError(`line ${lines + 1} is too long`);
      for (const line of parts) take(line.endsWith('\r') ? line.slice(0, -1) : line);
    },
    end: () => {
      if (rest !== '') take(rest);
      if (format === 'openmetrics' && !ended) {
        throw new PageError('it was cut off: there is no # EOF');
      }
      return page;
    },
  };
}

type Named = Sample & { readonly name: string };

/** `name{label="value"} 12.5 1700000000 # exemplar`. */
function parseSample(line: string, number: number, format: Format): Named {
  const cursor: Cursor = { line, number, at: 0 };
  const name = match(cursor, bareName);
  const labels = new Map<string, string>();
  const quoted = peek(cursor) === '{' ? parseLabels(cursor, labels) : undefined;
  const given = name ?? quoted;
  if (given === undefined) throw wrong(cursor, 'a name was expected');
  // What follows an exemplar's # is of no use here, and its labels may hold anything.
  const [value, time, ...more] = line.slice(cursor.at).split(' # ')[0]?.trim().split(/\s+/) ?? [];
  if (value === undefined || value === '' || more.length > 0)
    throw wrong(cursor, 'a value was expected');
  const sample = { name: given, labels, value: parseNumber(value, cursor) };
  if (time === undefined) return sample;
  const stamp = parseNumber(time, cursor);
  return { ...sample, at: Math.round(format === 'openmetrics' ? stamp * 1000 : stamp) };
}

interface Cursor {
  readonly line: string;
  readonly number: number;
  at: number;
}

const bareName = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const quotedText = /"((?:[^"\\]|\\.)*)"/y;
const blanks = /[ \t]*/y;

/** Fills the labels; gives the metric's name when it stands quoted among them, as Prometheus 3 writes it. */
function parseLabels(cursor: Cursor, labels: Map<string, string>): string | undefined {
  let metric: string | undefined;
  expectChar(cursor, '{');
  while (skipBlanks(cursor) !== '}') {
    const quoted = match(cursor, quotedText);
    const label = quoted === undefined ? match(cursor, labelName) : unescapeText(quoted);
    if (label === undefined) throw wrong(cursor, 'a label was expected');
    if (quoted !== undefined && skipBlanks(cursor) !== '=') {
      metric = label;
    } else {
      skipBlanks(cursor);
      expectChar(cursor, '=');
      skipBlanks(cursor);
      const value = match(cursor, quotedText);
      if (value === undefined) throw wrong(cursor, 'a quoted label value was expected');
      labels.set(label, unescapeText(value));
    }
    if (skipBlanks(cursor) === ',') cursor.at += 1;
    else if (peek(cursor) !== '}') throw wrong(cursor, '} was expected');
  }
  cursor.at += 1;
  return metric;
}

function unescapeText(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replaceAll(/\\(.)/g, (all, char: string) =>
      char === 'n' ? '\n' : /["\\]/.test(char) ? char : all,
    );
}

function parseNumber(text: string, cursor: Cursor): number {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  const value = Number(text);
  if (Number.isNaN(value)) throw wrong(cursor, 'a number was expected');
  return value;
}

function match(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.line)?.[0];
  if (found !== undefined) cursor.at += found.length;
  return found;
}

function skipBlanks(cursor: Cursor): string {
  match(cursor, blanks);
  return peek(cursor);
}

function peek(cursor: Cursor): string {
  return cursor.line.charAt(cursor.at);
}

function expectChar(cursor: Cursor, char: string): void {
  if (peek(cursor) !== char) throw wrong(cursor, `${char} was expected`);
  cursor.at += 1;
}

/** Shows no part of the line: labels may hold what is nobody's business. */
function wrong(cursor: Cursor, why: string): PageError {
  return new PageError(`line ${cursor.number}, column ${cursor.at + 1}: ${why}`);
}
