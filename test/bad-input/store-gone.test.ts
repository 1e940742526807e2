// The store refuses to write, or another server takes its place, in the middle of a rollback: the run waits, says so, goes on.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Client } from 'pg';
import {
  backout,
  linesOf,
  type Running,
  type Said,
  start,
  temporaryFolder,
} from '../cli/backout.ts';
import { Missing } from '../servers/missing.ts';
import { type PostgresPair, startPostgresPair } from '../servers/postgres-pair.ts';
import { bookOf, partsOf, writeManyParts } from './many-parts.ts';

const folder = temporaryFolder();
const pair = await startPostgresPair().catch((error: unknown) => {
  if (error instanceof Missing) return error;
  throw error;
});
const skip = pair instanceof Missing ? pair.message : false;
after(async () => {
  folder.remove();
  if (!(pair instanceof Missing)) await pair.stop();
});

const names = partsOf(20);

interface Scene {
  readonly running: Running;
  readonly at: { readonly cwd: string; readonly env: { readonly BACKOUT_DATABASE_URL: string } };
  readonly url: string;
}

/** A run that has just applied its third step. */
async function begun(name: string, { url }: PostgresPair): Promise<Scene> {
  const plan = writeManyParts(folder.path, name, names);
  const at = { cwd: folder.path, env: { BACKOUT_DATABASE_URL: url } };
  const words = ['run', 'full', '--plan', plan, '--because', 'a test', '--json'];
  const running = start(words, at);
  await running.until(/"done":"applied","evidence":[^\n]*"step":"part-3"/);
  return { running, at, url };
}

/** It ended verified, applied each step once in its order, and told what the journal holds. */
async function assertWhole(name: string, { at }: Scene, said: Said): Promise<void> {
  assert.equal(said.exit, 0, said.stderr);
  const last = linesOf(said).at(-1);
  assert.equal(last?.['outcome'], 'rolled-back-verified');
  assert.deepEqual(bookOf(folder.path, name), names);
  const events = (lines: ReturnType<typeof linesOf>): unknown =>
    lines.filter(({ type }) => type === 'event');
  const kept = await backout(['journal', `run-${String(last?.['run'])}`, '--json'], at);
  assert.deepEqual(events(linesOf(said)), events(linesOf(kept)), 'nothing acknowledged is lost');
  assert.equal((await backout(['store', 'check'], at)).exit, 0);
}

async function superuser(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  // One that may write whatever the default is.
  await client.query('set default_transaction_read_only = off');
  for (const sql of statements) await client.query(sql);
  await client.end();
}

test(
  'a store that becomes read-only holds a run up, loudly, and the run goes on when it may write again',
  { skip },
  async () => {
    if (pair instanceof Missing) return;
    const scene = await begun('read-only', pair);
    const reload = 'select pg_reload_conf()';
    await superuser(
      scene.url,
      'alter system set default_transaction_read_only = on',
      reload,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'backout%'",
    );
    await scene.running.until(/read-only/);
    assert.equal(scene.running.child.exitCode, null, scene.running.said);
    await superuser(scene.url, 'alter system reset default_transaction_read_only', reload);
    await assertWhole('read-only', scene, await scene.running.ended);
  },
);

test(
  'a failover to the promoted standby in the middle of a run loses nothing that was acknowledged',
  { skip },
  async () => {
    if (pair instanceof Missing) return;
    const scene = await begun('failed-over', pair);
    await pair.failOver();
    await assertWhole('failed-over', scene, await scene.running.ended);
  },
);
