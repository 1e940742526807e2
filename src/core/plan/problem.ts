// What is said about a place in a plan file: problems that make it invalid and findings that do not, with their frames.
import type { PlanCode } from './codes.ts';

/** A file of the plan as it was read. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

/** A stretch of a file, by offsets; `to` is behind the last character. */
export interface Span {
  readonly source: SourceFile;
  readonly from: number;
  readonly to: number;
}

/** A place as people and editors count: from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many characters of that line are meant, 1 at the least. */
  readonly length: number;
  /** The line with its number and a caret below, plain text. */
  readonly frame: string;
}

/** Why a plan is not valid. */
export interface Problem extends Place {
  readonly code: PlanCode;
  readonly message: string;
  readonly why?: string;
  readonly mend?: string;
}

/** What a valid plan leaves open. `block` stops a run, `warn` does not, `hold` cannot be judged by this version. */
export interface Finding extends Place {
  /** The rule, kebab-case. */
  readonly rule: string;
  readonly severity: 'block' | 'warn' | 'hold';
  readonly message: string;
  readonly mend?: string;
}

/** Makes a problem of what is wrong at a span. */
export function problemAt(
  span: Span,
  code: PlanCode,
  message: string,
  more: { readonly why?: string | undefined; readonly mend?: string | undefined } = {},
): Problem {
  return {
    code,
    message,
    ...(more.why === undefined ? {} : { why: more.why }),
    ...(more.mend === undefined ? {} : { mend: more.mend }),
    ...placeOf(span),
  };
}

/** The problem as a terminal without colour shows it. */
export function renderProblem(problem: Problem): string {
  return [
    `error  ${problem.message}   ${problem.code}`,
    ...renderPlace(problem, problem.why, problem.mend),
  ].join('\n');
}

const marks = { block: '▲', warn: '◐', hold: '?' } as const;

/** The finding as a terminal without colour shows it. */
export function renderFinding(finding: Finding): string {
  const head = `${marks[finding.severity]} ${finding.rule}   ${finding.message}`;
  return [head, ...renderPlace(finding, undefined, finding.mend)].join('\n');
}

function renderPlace(
  place: Place,
  why: string | undefined,
  mend: string | undefined,
): readonly string[] {
  const lines = [`  ${place.file}:${place.line}:${place.column}`];
  const beside = mend !== undefined && mend.length <= 60 && place.frame !== '';
  if (place.frame !== '') lines.push(beside ? `${place.frame} ${mend}` : place.frame);
  if (why !== undefined) lines.push(`  Why: ${why}`);
  if (mend !== undefined && !beside) lines.push(`  Mend: ${mend}`);
  return lines;
}

/** Line, column, length and frame of a span. Characters of `hidden` are not shown: they are secret. */
export function placeOf(span: Span, hidden?: Span): Place {
  const { text, file } = span.source;
  const from = Math.min(span.from, text.length);
  // A negative index would be taken for 0.
  const start = from === 0 ? 0 : text.lastIndexOf('\n', from - 1) + 1;
  const nextBreak = text.indexOf('\n', from);
  const end = nextBreak < 0 ? text.length : nextBreak;
  const lineNumber = lineOf(span.source, start);
  const column = from - start + (start === 0 && text.startsWith('\uFEFF') && from > 0 ? 0 : 1);
  const length = Math.max(1, Math.min(span.to, end) - from);
  return {
    file,
    line: lineNumber,
    column,
    length,
    frame: frameOf(span.source, lineNumber, start, end, from, length, hidden),
  };
}

/** Widest line of a frame; a longer one is shown around the caret. */
const widest = 110;

function frameOf(
  source: SourceFile,
  lineNumber: number,
  start: number,
  end: number,
  from: number,
  length: number,
  hidden: Span | undefined,
): string {
  if (source.text.trim() === '') return '';
  const cutFrom =
    end - start > widest && from - start > widest / 2 ? from - Math.floor(widest / 2) : start;
  const cutTo = Math.min(end, cutFrom + widest);
  const shown = masked(source, cutFrom, cutTo, hidden);
  const gutter = ` ${String(lineNumber).padStart(3)} | `;
  const dots = cutFrom > start ? '…' : '';
  const under = ' '.repeat(Array.from(masked(source, cutFrom, from, hidden)).length + dots.length);
  const carets = '^'.repeat(
    Math.max(1, Array.from(masked(source, from, Math.min(from + length, cutTo), hidden)).length),
  );
  return (
    `${gutter}${dots}${shown}${cutTo < end ? '…' : ''}`.trimEnd() +
    `\n${' '.repeat(gutter.length - 2)}| ${under}${carets}`
  );
}

function masked(source: SourceFile, from: number, to: number, hidden: Span | undefined): string {
  const hides =
    hidden !== undefined && hidden.source === source && hidden.from < to && hidden.to > from;
  const text = hides
    ? source.text.slice(from, Math.max(from, hidden.from)) +
      '•••' +
      source.text.slice(Math.min(to, hidden.to), to)
    : source.text.slice(from, to);
  // What moves a cursor or cannot be seen is shown as a mark; a byte order mark is not shown at all.
  return text
    .replace(/\uFEFF|\r/g, '')
    .replace(/\t/g, ' ')
    .replace(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '�');
}

const lineStartsOf = new WeakMap<SourceFile, readonly number[]>();

function lineOf(source: SourceFile, offset: number): number {
  const starts = lineStartsOf.get(source) ?? countLines(source);
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

function countLines(source: SourceFile): readonly number[] {
  const starts = [0];
  for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1))
    starts.push(at + 1);
  lineStartsOf.set(source, starts);
  return starts;
}
