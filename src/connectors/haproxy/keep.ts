// What a reload brings back: the state of all servers, written to the file that HAProxy reads when it starts.
import type { HaproxyClient } from './client.ts';
import { readText, replaceFile, withFile } from '../atomic-file.ts';
import type { Talk } from './conversation.ts';
import { keptIn, type Admin } from './servers.ts';

/** What a server is meant to come back with. */
export interface Wanted {
  readonly name: string;
  readonly weight?: number;
  readonly admin?: Admin;
}

/** Writes the state of every server to the state file, when the plan names one. */
export async function keepState(client: HaproxyClient, talk: Talk, what: string): Promise<void> {
  const { stateFile } = client;
  if (stateFile === undefined) return;
  const text = await talk.ask('show servers state');
  await withFile('haproxy', what, stateFile, () => replaceFile(stateFile, `${text}\n`));
}

/** The servers that a reload would bring back otherwise; none when the plan names no state file. */
export async function notKept(
  client: HaproxyClient,
  backend: string,
  wanted: readonly Wanted[],
  what: string,
): Promise<readonly string[]> {
  const { stateFile } = client;
  if (stateFile === undefined) return [];
  const text = await withFile('haproxy', what, stateFile, () => readText(stateFile));
  const kept = keptIn(text ?? '');
  return wanted
    .filter(({ name, weight, admin }) => {
      const line = kept.get(`${backend}/${name}`);
      if (line === undefined) return true;
      return (
        (weight !== undefined && line.weight !== weight) ||
        (admin !== undefined && line.admin !== admin)
      );
    })
    .map(({ name }) => name);
}
