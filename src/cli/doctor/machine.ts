// What the doctor says of this machine: Node, Postgres, the data folder and the room in it.
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { findBinaries } from '../../store/managed/binaries.ts';
import { serverAccount } from '../../store/managed/account.ts';
import { defaultFolder } from '../../store/managed/folder.ts';
import type { Cli } from '../cli.ts';
import type { Symptom } from './symptom.ts';

const nodeMajor = 24;
const mib = 1024 * 1024;

/** Less than this is worth a word; less than the second stops the journal soon. Bytes. */
const room = { tightBytes: 1024 * mib, fullBytes: 200 * mib };

/** Node, then what the managed Postgres needs where no database was given. */
export async function* aboutMachine(cli: Cli): AsyncGenerator<Symptom> {
  yield aboutNode();
  if (cli.options.server !== undefined || cli.options.database !== undefined) return;
  yield aboutPostgres();
  yield await aboutDisk(cli.options.data ?? defaultFolder());
}

function aboutNode(): Symptom {
  const version = process.versions.node;
  if (Number(version.split('.')[0]) >= nodeMajor)
    return { about: 'node', says: 'good', text: version };
  return {
    about: 'node',
    says: 'bad',
    text: `${version}, and Backout needs ${nodeMajor}`,
    mend: 'install Backout again without --omit=optional: npm brings the right one',
  };
}

function aboutPostgres(): Symptom {
  try {
    const { version, bin } = findBinaries(null, serverAccount());
    return { about: 'postgres', says: 'good', text: `${version} in ${bin}` };
  } catch (error) {
    // A StoreError: its sentence says what was looked for and how to mend it.
    return {
      about: 'postgres',
      says: 'bad',
      text: error instanceof Error ? error.message : String(error),
    };
  }
}

async function aboutDisk(folder: string): Promise<Symptom> {
  let place = resolve(folder);
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  const text = `${free > 10 * 1024 * mib ? `${Math.round(free / mib / 1024)} GiB` : `${Math.round(free / mib)} MiB`} free for ${folder}`;
  if (free >= room.tightBytes) return { about: 'disk', says: 'good', text };
  const says = free < room.fullBytes ? 'bad' : 'attention';
  return {
    about: 'disk',
    says,
    text,
    mend: 'free some space, or choose another folder with --data',
  };
}
