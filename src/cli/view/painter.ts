// Paints changing lines in place on a terminal, at most five times a second, and leaves the last of them standing.
import type { Sink } from '../output.ts';
import { cut } from './lines.ts';

const everyMs = 200;

/** Paints what `frame` gives, again and again. */
export class Painter {
  readonly #sink: Sink;
  readonly #frame: () => readonly string[];
  readonly #timer: NodeJS.Timeout;
  #height = 0;
  #last = '';

  constructor(sink: Sink, frame: () => readonly string[]) {
    this.#sink = sink;
    this.#frame = frame;
    this.#timer = setInterval(() => this.#paint(), everyMs);
    this.#paint();
  }

  /** A line that stays, above what is painted. */
  print(line: string): void {
    this.#sink.write(`${this.#clear()}${line}\n`);
    this.#height = 0;
    this.#last = '';
    this.#paint();
  }

  /** Paints for the last time. */
  stop(): void {
    clearInterval(this.#timer);
    this.#paint();
  }

  #paint(): void {
    const width = this.#sink.columns ?? 80;
    // A frame that is taller than the terminal could not be painted over; its end says what is to be done.
    const lines = this.#frame()
      .slice(-Math.max(1, (this.#sink.rows ?? 24) - 1))
      .map((line) => cut(line, width - 1));
    const text = lines.join('\n');
    if (text === this.#last) return;
    this.#sink.write(`${this.#clear()}${text}\n`);
    this.#height = lines.length;
    this.#last = text;
  }

  /** Up to the first painted line, and everything below it gone. */
  #clear(): string {
    return this.#height === 0 ? '' : `\x1b[${this.#height}A\r\x1b[J`;
  }
}
