// The customers' own book: an append-only file of what the shop promised them, synced to disk in batches.
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** One line of the book. Only a `promised` line is something that the shop owes. */
export type BookLine =
  | {
      readonly type: 'promised';
      readonly request_id: string;
      readonly customer: string;
      readonly sku: string;
      readonly quantity: number;
      readonly total_cents: number;
      readonly promised_at: string;
    }
  | {
      /** Asked again and again without an answer: it may or may not have been written. */
      readonly type: 'unknown';
      readonly request_id: string;
      readonly at: string;
    }
  | { readonly type: 'failed'; readonly kind: string; readonly at: string };

/** The book while it is written. */
export interface Book {
  readonly write: (line: BookLine) => void;
  /** Resolves when everything written so far is on disk. */
  readonly synced: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How long lines gather before they are synced together, in milliseconds. */
const batchMs = 50;

/** Opens the book to write on at its end. */
export async function openBook(path: string): Promise<Book> {
  const file = await open(path, 'a', 0o600);
  let lines: string[] = [];
  let syncing: Promise<void> = Promise.resolve();
  const sync = () => {
    syncing = appendAfter(syncing);
    return syncing;
  };
  const appendAfter = async (earlier: Promise<void>) => {
    await earlier;
    const batch = lines;
    lines = [];
    if (batch.length > 0) await append(file, batch);
  };
  // A book that cannot be written ends the process: the unhandled rejection says why.
  const timer = setInterval(() => void sync(), batchMs);
  return {
    write: (line) => void lines.push(`${JSON.stringify(line)}\n`),
    synced: sync,
    close: async () => {
      clearInterval(timer);
      await sync();
      await file.close();
    },
  };
}

/** Reads the book; a last line that was cut off by a crash was never synced and is left out. */
export async function* readBook(path: string): AsyncGenerator<BookLine> {
  const lines = createInterface({ input: createReadStream(path, 'utf8') });
  for await (const line of lines) {
    if (line.endsWith('}')) yield JSON.parse(line) as BookLine; // Written by `openBook` only.
  }
}

async function append(file: FileHandle, lines: readonly string[]): Promise<void> {
  await file.appendFile(lines.join(''));
  await file.datasync();
}
