// What stays of a demo: the journal as JSON lines, which `backout journal verify` reads without any database.
import { writeFile } from 'node:fs/promises';
import type { Control } from '../engine/control.ts';

/** Writes every event of every stream to the file; answers the file. */
export async function keepJournal(control: Control, file: string): Promise<string> {
  const lines: string[] = [];
  for (const { stream } of await control.streams('')) {
    for (const event of await control.events(stream)) {
      lines.push(JSON.stringify({ type: 'event', ...event }));
    }
  }
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}
