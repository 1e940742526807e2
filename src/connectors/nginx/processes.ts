// The processes of a running nginx, by the process table of Linux: who serves, since when, and who is on its way out.
import { readFile } from 'node:fs/promises';
import type { NginxClient } from './client.ts';
import { failure } from './client.ts';

/** The master and its workers. */
export interface Processes {
  readonly master: number;
  readonly serving: readonly Worker[];
  /** Workers of an older configuration that end their last connections. */
  readonly leaving: readonly number[];
}

/** One worker. */
export interface Worker {
  readonly pid: number;
  /** Epoch milliseconds, to about 10 ms. */
  readonly startedAt: number;
}

/** The kernel counts the start of processes in ticks, a hundred a second on every Linux. */
const tickMs = 10;

/** Who serves now. */
export async function readProcesses(client: NginxClient, what: string): Promise<Processes> {
  const text = await readFile(client.pidFile, 'utf8').catch(() => '');
  const master = Number(text.trim() || Number.NaN);
  const children = Number.isInteger(master)
    ? await readFile(`/proc/${master}/task/${master}/children`, 'utf8').catch(() => undefined)
    : undefined;
  if (children === undefined) {
    const mend = 'Start it, or set pid-file to what its configuration says.';
    throw failure('cannot-reach', what, `no nginx runs by ${client.pidFile}. ${mend}`);
  }
  const title = await titleOf(master);
  if (!title.startsWith('nginx: master')) {
    const why = `process ${master} of ${client.pidFile} is no nginx but "${title.slice(0, 80)}".`;
    throw failure('target-mismatch', what, why);
  }
  const bootedAt = await readBootedAt();
  const pids = children.split(' ').filter(Boolean).map(Number);
  const workers = await Promise.all(
    pids.map(async (pid) => ({
      pid,
      title: await titleOf(pid),
      startedAt: bootedAt + (await startOf(pid)),
    })),
  );
  const own = workers.filter((worker) => worker.title.startsWith('nginx: worker'));
  const isLeaving = ({ title: each }: { readonly title: string }): boolean =>
    each.includes('shutting down');
  return {
    master,
    serving: own
      .filter((worker) => !isLeaving(worker))
      .map(({ pid, startedAt }) => ({ pid, startedAt })),
    leaving: own.filter(isLeaving).map(({ pid }) => pid),
  };
}

async function titleOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text.replaceAll('\0', ' ').trim();
}

/** Milliseconds after boot; the name in the second field may hold blanks and brackets. */
async function startOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[19] ?? 0) * tickMs;
}

async function readBootedAt(): Promise<number> {
  const now = Date.now();
  const uptime = await readFile('/proc/uptime', 'utf8');
  return now - Number.parseFloat(uptime) * 1000;
}
