// Writes a file that is not there yet: nothing that somebody has written is ever overwritten.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CliError } from './exit.ts';

/** `wx`: fails when somebody was faster. */
export function writeFresh(who: string, path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { flag: 'wx' });
  } catch (error) {
    throw new CliError(
      'BK-0107',
      `[${who}] Cannot write ${path}: ${error instanceof Error ? error.message : String(error)}. Run it in a folder that you may write to.`,
    );
  }
}
