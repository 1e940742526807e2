// How a command speaks: data on stdout, talk on stderr, JSON lines with --json, and never more than the terminal can show.
import type { Json } from '../core/journal/event.ts';
import { asciiOf, type Look } from './view/marks.ts';

/** The part of a stream that we need: real streams and the ones of tests have it. */
export interface Sink {
  readonly write: (text: string) => unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Why it takes nothing more, once it broke. */
  readonly errored?: Error | null;
  readonly rows?: number;
}

/** Where a command writes, and what it was told about how. */
export interface OutputOptions {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly version: string;
  readonly json: boolean;
  readonly ascii: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** The version of the JSON lines; it changes only when a known line changes its meaning. */
const schema = 1;

/** One command's voice. */
export class Output {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly #options: OutputOptions;
  readonly #result: { [key: string]: Json } = {};
  #begun = false;

  constructor(options: OutputOptions) {
    this.#options = options;
    this.json = options.json;
    this.verbose = options.verbose;
  }

  /** How stdout is written to now; the width may change while we run. */
  get look(): Look {
    return lookOf(this.#options.stdout, this.#options);
  }

  /** A terminal whose cursor we may move: no pipe, no CI, not dumb. */
  get live(): boolean {
    const { stdout, environment, quiet } = this.#options;
    const dumb = environment['TERM'] === 'dumb' || isSet(environment['CI']);
    return stdout.isTTY === true && !dumb && !this.json && !quiet;
  }

  /** Nobody reads any more: the other end of the pipe is closed. */
  get unread(): boolean {
    const { errored } = this.#options.stdout;
    return errored !== undefined && errored !== null;
  }

  /** The terminal itself, for the painter. */
  get stdout(): Sink {
    return this.#options.stdout;
  }

  /** A line of data for people. Nothing in JSON: there the same stands in a line of its own. */
  say(line = ''): void {
    if (this.json) return;
    this.#options.stdout.write(`${this.#shown(line)}\n`);
  }

  /** A line of talk, for people only; --quiet leaves it out. */
  talk(line: string): void {
    if (this.#options.quiet) return;
    this.#options.stderr.write(`${this.#shown(line)}\n`);
  }

  /** What went wrong; nothing silences it. */
  complain(line: string): void {
    this.#options.stderr.write(`${this.#shown(line)}\n`);
  }

  /** Which command comes next. */
  next(command: string, why?: string): void {
    if (!this.json)
      this.talk(why === undefined ? `Next: ${command}` : `Next: ${command}   (${why})`);
  }

  /** Text that another program reads, as it is. */
  raw(text: string): void {
    this.#options.stdout.write(text);
  }

  /** One JSON line; the version line goes before the first. */
  line(value: { readonly [key: string]: unknown }): void {
    if (!this.json) return;
    if (!this.#begun) {
      this.#begun = true;
      this.raw(`${JSON.stringify({ type: 'version', backout: this.#options.version, schema })}\n`);
    }
    this.raw(`${JSON.stringify(value)}\n`);
  }

  /** Facts for the result line. */
  result(facts: { readonly [key: string]: Json }): void {
    Object.assign(this.#result, facts);
  }

  /** The last line of JSON. */
  end(exit: number): void {
    this.line({ type: 'result', exit, ...this.#result });
  }

  #shown(text: string): string {
    return this.#options.ascii ? asciiOf(text) : text;
  }
}

/** What a stream can show: NO_COLOR and FORCE_COLOR as their own pages have them, TERM=dumb has none. */
export function lookOf(sink: Sink, options: Pick<OutputOptions, 'environment' | 'ascii'>): Look {
  const { environment, ascii } = options;
  const forced = environment['FORCE_COLOR'];
  const color = isSet(forced)
    ? forced !== '0' && forced !== 'false'
    : !isSet(environment['NO_COLOR']) && environment['TERM'] !== 'dumb' && sink.isTTY === true;
  return { color, ascii, width: Math.max(40, sink.columns ?? 80) };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
