// Brings a database to the shape that this Backout knows: forward-only numbered files, each applied once, one process at a time.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClientBase } from 'pg';
import { StoreError, codeOf } from './errors.ts';

/** One file of sql/. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
  readonly sql: string;
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly checksum: string;
}

const migrationLock = 4_207_201_702;

/** The files of sql/, in order. */
export function readMigrations(
  folder = fileURLToPath(new URL('../../sql', import.meta.url)),
): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .toSorted()
    .map((name) => {
      const sql = readFileSync(join(folder, name), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { number: Number.parseInt(name, 10), name, checksum, sql };
    });
}

/** Applies what is missing, all in one transaction; answers whether anything was. */
export async function migrate(
  client: ClientBase,
  where: string,
  known: readonly Migration[] = readMigrations(),
): Promise<boolean> {
  if (missing(known, await readApplied(client), where).length === 0) return false;
  await client.query('begin');
  try {
    await client.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await client.query(ground);
    for (const migration of missing(known, await readApplied(client), where)) {
      await client.query(migration.sql);
      await client.query(
        'insert into backout.migration (number, name, checksum) values ($1, $2, $3)',
        [migration.number, migration.name, migration.checksum],
      );
    }
    await client.query('commit');
    return true;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

const ground = `
  create schema if not exists backout;
  create table if not exists backout.migration (
    number int primary key,
    name text not null,
    checksum text not null,
    at timestamptz not null default now()
  )`;

async function readApplied(client: ClientBase): Promise<readonly Applied[]> {
  try {
    const text = 'select number, name, checksum from backout.migration order by number';
    return (await client.query<Applied>(text)).rows;
  } catch (error) {
    if (codeOf(error) === '42P01' || codeOf(error) === '3F000') return [];
    throw error;
  }
}

/** What is not applied yet, or why this Backout must not touch this database. */
function missing(
  known: readonly Migration[],
  applied: readonly Applied[],
  where: string,
): readonly Migration[] {
  for (const one of applied) {
    const same = known.find(({ number }) => number === one.number);
    if (same === undefined) {
      throw new StoreError(
        'newer-backout',
        `[store] Cannot use ${where}: a newer Backout has changed it (${one.name}). Install that version or a newer one; going back is not possible.`,
      );
    }
    if (same.checksum !== one.checksum) {
      throw new StoreError(
        'changed-migration',
        `[store] Cannot use ${where}: ${same.name} was applied with another text than this Backout has. Install the version that made the database, or restore sql/${same.name} as it was.`,
      );
    }
  }
  return known.filter(({ number }) => !applied.some((one) => one.number === number));
}
