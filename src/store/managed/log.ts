// What the managed server says, kept in a file that never grows beyond a bound.
import { appendFileSync, existsSync, renameSync, statSync } from 'node:fs';

const sizeBytesMax = 1024 * 1024;

/** Appends to the file; at 1 MiB it becomes `<path>.1` and a new one begins. Says nothing of a full disk: the server does. */
export function appendLog(path: string, text: string): void {
  try {
    if (existsSync(path) && statSync(path).size > sizeBytesMax) renameSync(path, `${path}.1`);
    appendFileSync(path, text, { mode: 0o600 });
  } catch {
    // A log that cannot be written must not stop the database that it tells of.
  }
}
