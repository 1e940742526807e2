// The flags of the shop in one file: read once, written whole, never half.
import {
  existsSync,
  openSync,
  readFileSync,
  closeSync,
  fsyncSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { fieldsOf } from './web.ts';

/** All flags with the version that grows with every change. */
export interface Flags {
  readonly version: number;
  readonly flags: Readonly<Record<string, boolean>>;
}

/** The shop as it opens: writes are allowed. */
const firstFlags: Flags = { version: 1, flags: { writes: true } };

/** Reads the flags; a missing file is a new shop, a broken one is an error. */
export function readFlags(path: string): Flags {
  if (!existsSync(path)) return firstFlags;
  const { version, flags } = fieldsOf(JSON.parse(readFileSync(path, 'utf8')));
  if (typeof version !== 'number' || typeof flags !== 'object') {
    throw new Error(`[shop] Cannot read the flags in ${path}: delete the file to begin anew.`);
  }
  return { version, flags: fieldsOf(flags) as Record<string, boolean> }; // Written by writeFlags only.
}

/** Writes the flags so that a crash leaves either the old or the new ones. */
export function writeFlags(path: string, flags: Flags): void {
  const file = openSync(`${path}.new`, 'w');
  writeSync(file, JSON.stringify(flags));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${path}.new`, path);
}
