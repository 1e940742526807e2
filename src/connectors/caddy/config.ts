// The state caddy/config: one place of the running configuration has this value, or is not there.
import { z } from 'zod';
import {
  defineState,
  type Json,
  type Kept,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { sameJson } from '../pointer.ts';
import { failure, readPlace } from './api.ts';
import { change } from './change.ts';
import { configPath, type CaddyClient } from './client.ts';

/** What of a value is kept for the way back. */
const keptMaxLength = 64 * 1024;

const desired = z.strictObject({
  path: configPath.meta({
    description:
      'The place: /config/apps/http/servers/app/routes/0/handle/0/upstreams or /id/<name>/…',
  }),
  value: z.json().meta({ description: 'What must be there; null: nothing' }),
});

type Desired = z.output<typeof desired>;

/** Sets any value of the configuration. */
export const config = defineState({
  summary: 'A place of the running configuration has this value',
  desired,
  observe: async (client: CaddyClient, wanted: Desired, call): Promise<Observation> => {
    const found = await readPlace(client, wanted.path, call, `observe ${client.system}`);
    const evidence: Json = { before: keptOf(found.value), etag: found.etag };
    if (sameJson(found.value, wanted.value)) return { type: 'holds', evidence };
    const difference = `${shown(found.value)} -> ${shown(wanted.value)}`;
    return { type: 'differs', evidence, change: `${wanted.path}: ${difference}` };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `set ${wanted.path} on ${client.system}`;
    const before = await change(client, wanted.path, () => wanted.value, call, what);
    return { before: keptOf(before) };
  },
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const what = `undo ${wanted.path} on ${client.system}`;
    const before = beforeIn(kept);
    if (before === undefined) return { already: true };
    if (!('value' in before)) {
      throw failure('refused', what, 'the value was too long to be kept. Put it back by hand.');
    }
    const value = before['value'] ?? null;
    await change(client, wanted.path, () => value, call, what);
    return { restored: true };
  },
});

/** What was kept of the place; undefined when nothing was seen to differ, so nothing was changed. */
export function beforeIn({ before, receipt }: Kept): Readonly<Record<string, Json>> | undefined {
  for (const from of [before, receipt]) {
    if (typeof from !== 'object' || from === null || !('before' in from)) continue;
    // Both were written by us: an object.
    return from.before as Readonly<Record<string, Json>>;
  }
  return undefined;
}

function keptOf(value: Json): Json {
  return JSON.stringify(value).length > keptMaxLength ? { tooLong: true } : { value };
}

const shownMaxLength = 120;

function shown(value: Json): string {
  if (value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= shownMaxLength ? text : `${text.slice(0, shownMaxLength)}…`;
}
