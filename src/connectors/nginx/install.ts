// Puts a file of the configuration in place: tested before it is loaded, and taken back when it does not work out.
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { ApplyCall, Call, Json } from '../../connector.ts';
import { readText, replaceFile, withFile } from '../atomic-file.ts';
import { timeLeftMs } from '../ending.ts';
import { parseJson } from '../pointer.ts';
import { failure, signalReload, testConfig, type NginxClient } from './client.ts';
import { readProcesses, type Processes } from './processes.ts';

/** The file as it must be, and how to see that it is what runs. */
export interface Wanted {
  readonly path: string;
  /** Undefined: there must be no such file. */
  readonly text: string | undefined;
  readonly waitForOld: boolean;
  readonly isLoaded: (processes: Processes, call: Call, what: string) => Promise<boolean>;
  readonly proven: ((call: Call, what: string) => Promise<boolean>) | undefined;
}

/** How often the process table is looked at while new workers come. */
const pollMs = 50;
/** What is kept of the deadline for taking a file back. */
const reserveMs = 2000;
/** How long taking a file back may take, whatever became of the call. */
const restoreMs = 5000;

/** Resolves when the workers run with the file; throws with the old file back in its place. */
export async function install(
  client: NginxClient,
  wanted: Wanted,
  call: ApplyCall,
  what: string,
): Promise<{ readonly [key: string]: Json }> {
  const { path } = wanted;
  const started = await readProcesses(client, what);
  const old = await oldText(path, what);
  const now = await withFile('nginx', what, path, () => readText(path));
  if (now !== wanted.text) {
    await write(backupOf(path), JSON.stringify({ text: old ?? null }), what);
    try {
      await write(path, wanted.text, what);
      await holdTest(client, wanted, call, what, 'and the old file is back');
    } catch (error) {
      await write(path, old, what);
      await rm(backupOf(path), { force: true });
      throw error;
    }
  } else {
    await holdTest(client, wanted, call, what, 'though this file is as it must be');
    const already =
      (await wanted.isLoaded(started, call, what)) &&
      (wanted.proven === undefined || (await wanted.proven(call, what).catch(() => false)));
    if (already) {
      if (wanted.waitForOld) await untilOldAreGone(client, call, what);
      await rm(backupOf(path), { force: true });
      return { reloaded: false, workers: started.serving.map(({ pid }) => pid) };
    }
  }
  return reload(client, wanted, { old, started }, call, what);
}

async function reload(
  client: NginxClient,
  wanted: Wanted,
  before: { readonly old: string | undefined; readonly started: Processes },
  call: ApplyCall,
  what: string,
): Promise<{ readonly [key: string]: Json }> {
  try {
    await signalReload(client, call, what);
    await untilNew(client, wanted, before.started, call, what);
  } catch (error) {
    await takeBack(client, wanted, before.old, what);
    throw error;
  }
  await rm(backupOf(wanted.path), { force: true });
  if (wanted.waitForOld) await untilOldAreGone(client, call, what);
  const { serving, leaving } = await readProcesses(client, what);
  return { reloaded: true, workers: serving.map(({ pid }) => pid), leaving };
}

/** The test of nginx itself, on the files as they lie there; and the file must be one of them. */
async function holdTest(
  client: NginxClient,
  wanted: Wanted,
  call: Call,
  what: string,
  then: string,
): Promise<void> {
  const tested = await testConfig(client, call, what);
  if (!tested.ok) {
    const { class: errorClass, says } = tested.error;
    throw failure(errorClass, what, `nginx does not take its configuration, ${then}: ${says}`);
  }
  if (wanted.text === undefined || tested.files.has(wanted.path)) return;
  const mend = `Add include ${wanted.path}; to it.`;
  throw failure('refused', what, `the configuration does not include ${wanted.path}. ${mend}`);
}

/** A reload is done when every worker that serves is another than before; the signal alone says nothing. */
async function untilNew(
  client: NginxClient,
  wanted: Wanted,
  before: Processes,
  call: ApplyCall,
  what: string,
): Promise<void> {
  const old = new Set(before.serving.map(({ pid }) => pid));
  const giveUpAt =
    performance.now() + Math.max(0, timeLeftMs(call, client.timeoutMs) - reserveMs / 4);
  for (;;) {
    if (call.signal.aborted)
      throw failure('cancelled', what, 'it was cancelled while nginx reloaded.');
    const { serving } = await readProcesses(client, what);
    const isNew = serving.length > 0 && serving.every(({ pid }) => !old.has(pid));
    if (isNew && (wanted.proven === undefined || (await wanted.proven(call, what)))) return;
    if (performance.now() > giveUpAt) {
      const mend = 'See its error log; the old file is back.';
      throw failure('verification-failed', what, `nginx was told to reload and did not. ${mend}`);
    }
    await wait(pollMs);
  }
}

async function untilOldAreGone(client: NginxClient, call: ApplyCall, what: string): Promise<void> {
  for (;;) {
    const { leaving } = await readProcesses(client, what);
    if (leaving.length === 0) return;
    if (call.signal.aborted || timeLeftMs(call) < pollMs * 4) {
      const why = `${leaving.length} workers of the old configuration still hold connections. Wait longer, or set worker_shutdown_timeout.`;
      throw failure('timed-out', what, why);
    }
    await wait(pollMs);
  }
}

/** Also when the call is over: a file that does not work must not wait for the next reload. */
async function takeBack(
  client: NginxClient,
  wanted: Wanted,
  old: string | undefined,
  what: string,
): Promise<void> {
  await write(wanted.path, old, what);
  await rm(backupOf(wanted.path), { force: true });
  const signal = AbortSignal.timeout(restoreMs);
  // Whatever comes of it, the first error is the one to tell.
  await signalReload(client, { signal, deadline: Date.now() + restoreMs }, what).catch(
    () => undefined,
  );
}

/** The file before an attempt that died between writing and testing is in the backup that it left. */
async function oldText(path: string, what: string): Promise<string | undefined> {
  const backup = await withFile('nginx', what, path, () => readText(backupOf(path)));
  const kept = backup === undefined ? undefined : parseJson(backup);
  if (typeof kept === 'object' && kept !== null && 'text' in kept) {
    return typeof kept.text === 'string' ? kept.text : undefined;
  }
  return withFile('nginx', what, path, () => readText(path));
}

async function write(path: string, text: string | undefined, what: string): Promise<void> {
  await withFile('nginx', what, path, () =>
    text === undefined ? rm(path, { force: true }) : replaceFile(path, text),
  );
}

/** Hidden, so that no include of a pattern takes it in. */
function backupOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.backout`);
}
