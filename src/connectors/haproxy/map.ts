// The state haproxy/map: entries of a map that routes by name or path, changed on the running process and in its file.
import { resolve } from 'node:path';
import { z } from 'zod';
import { defineState, type Json, type Observation, type Receipt } from '../../connector.ts';
import { readText, replaceFile, withFile } from '../atomic-file.ts';
import type { HaproxyClient } from './client.ts';
import { converse, converseToChange, failure, type Talk } from './conversation.ts';
import { entriesIn, rewritten, valuesOf, type Entries } from './map-text.ts';
import { beforeOf } from './names.ts';

const entriesMax = 10_000;

const key = z
  .string()
  .min(1)
  .regex(/^[^\s#\p{C}][^\s\p{C}]*$/u, 'is no key: no spaces, and no # at its beginning');
const value = z
  .string()
  .regex(
    /^[^\s<\p{C}]([^\p{C}]*[^\s\p{C}])?$/u,
    'is no value: one line, not empty, not beginning with <',
  );

const desired = z.strictObject({
  map: z
    .string()
    .regex(/^[^\s;\\<\p{C}]+$/u, 'is no name of a map')
    .meta({
      description: 'As the configuration names it, mostly its path: /etc/haproxy/routes.map',
    }),
  entries: z
    .record(key, value.nullable())
    .refine((entries) => Object.keys(entries).length <= entriesMax, `are more than ${entriesMax}`)
    .meta({ description: 'What each key leads to; null: the key is not in the map' }),
  only: z
    .boolean()
    .default(false)
    .meta({ description: 'Nothing else is in the map; it is replaced as a whole, in one moment' }),
  file: z.string().min(1).optional().meta({
    description: 'The file of the map on this machine: changed too, so that a reload keeps it',
  }),
});

type Desired = z.output<typeof desired>;

/** Changes the running map and its file. */
export const map = defineState({
  summary: 'A map has these entries, on the running process and in its file',
  desired,
  observe: async (client: HaproxyClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    return converse(client, call, what, async (talk) => {
      const running = await readMap(talk, wanted, what);
      const text = await readFileOf(client, wanted, what);
      const changes = differencesOf(running, wanted);
      const kept = text === undefined ? undefined : meant(entriesIn(text), wanted);
      const unkept = kept === undefined ? [] : differencesOf(kept, wanted);
      const evidence: Json = {
        process: talk.info.pid,
        map: keptOf(running, wanted),
        ...(kept === undefined ? {} : { file: keptOf(kept, wanted) }),
      };
      if (changes.length === 0 && unkept.length === 0) return { type: 'holds', evidence };
      const touches = new Set([...changes, ...unkept].map(({ name }) => name)).size;
      const words = changes.length > 0 ? shown(changes) : `the file: ${shown(unkept)}`;
      return { type: 'differs', evidence, change: `${wanted.map}: ${words}`, touches };
    });
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `change a map on ${client.system}`;
    return converseToChange(client, call, what, async (talk) => {
      const running = await readMap(talk, wanted, what);
      const text = await readFileOf(client, wanted, what);
      const before = {
        map: keptOf(running, wanted),
        ...(text === undefined ? {} : { file: keptOf(meant(entriesIn(text), wanted), wanted) }),
      };
      const target = targetOf(wanted);
      await bring(talk, wanted, running, target, what);
      await bringFile(client, wanted, text, target, what);
      return { process: talk.info.pid, before };
    });
  },
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const what = `undo a map on ${client.system}`;
    const before = beforeOf(kept);
    if (before === undefined) return { already: true };
    const target = targetIn(before['map'], what);
    const fileTarget = before['file'] === undefined ? undefined : targetIn(before['file'], what);
    return converseToChange(client, call, what, async (talk) => {
      await bring(talk, wanted, await readMap(talk, wanted, what), target, what);
      if (fileTarget !== undefined) {
        await bringFile(client, wanted, await readFileOf(client, wanted, what), fileTarget, what);
      }
      return { process: talk.info.pid };
    });
  },
});

/** What each key must have in the end: its values in order, none when it must not be there. */
type Target = ReadonlyMap<string, readonly string[]>;

async function readMap(talk: Talk, wanted: Desired, what: string): Promise<Entries> {
  const text = await talk.ask(`show map ${wanted.map}`);
  if (/^unknown map/i.test(text)) {
    const list = await talk.ask('show map');
    const names = [...list.matchAll(/^\S+ \(([^)]+)\)/gm)].map(([, name = '']) => name);
    const has = names.length === 0 ? 'none' : names.slice(0, 12).join(', ');
    throw failure('refused', what, `HAProxy has no map ${wanted.map}; it has ${has}.`);
  }
  const all: Entries = text.split('\n').flatMap((line) => {
    const [, name = '', said = ''] = /^0x[0-9a-f]+ (\S+) ?(.*)$/.exec(line) ?? [];
    if (name !== '') return [[name, said] as const];
    if (line.trim() === '') return [];
    throw failure('refused', what, `HAProxy says "${line.slice(0, 200)}".`);
  });
  return meant(all, wanted);
}

/** Of a large map only what the plan speaks of. */
function meant(entries: Entries, { entries: wanted, only }: Desired): Entries {
  return only ? entries : entries.filter(([name]) => Object.hasOwn(wanted, name));
}

/** One key after the other; or, when nothing else may be there, a new version of the whole that is put in its place. */
async function bring(
  talk: Talk,
  wanted: Desired,
  running: Entries,
  target: Target,
  what: string,
): Promise<void> {
  const now = valuesOf(running);
  const spare = wanted.only ? [...now.keys()].some((name) => !target.has(name)) : false;
  const wrong = [...target].filter(([name, values]) => !sameValues(now.get(name) ?? [], values));
  if (!spare && wrong.length === 0) return;
  if (wanted.only) {
    const said = await talk.ask(`prepare map ${wanted.map}`);
    const version = /^New version created: (\d+)/.exec(said)?.[1];
    if (version === undefined)
      throw failure('refused', what, `HAProxy says "${said.slice(0, 200)}".`);
    for (const [name, values] of target)
      for (const each of values)
        await talk.order(`add map @${version} ${wanted.map} ${escaped(name)} ${escaped(each)}`);
    await talk.order(`commit map @${version} ${wanted.map}`);
  } else {
    for (const [name, values] of wrong)
      await bringKey(talk, wanted.map, name, now.get(name) ?? [], values);
  }
  const after = valuesOf(await readMap(talk, wanted, what));
  const missed = [...target].filter(([name, values]) => !sameValues(after.get(name) ?? [], values));
  if (missed.length === 0) return;
  const why = `read back, ${missed.length} entries differ from what was set: ${missed[0]?.[0] ?? ''}.`;
  throw failure('verification-failed', what, why);
}

async function bringKey(
  talk: Talk,
  name: string,
  entry: string,
  now: readonly string[],
  values: readonly string[],
): Promise<void> {
  const place = `${name} ${escaped(entry)}`;
  const [only] = values;
  if (now.length > 0 && values.length === 1 && only !== undefined) {
    // Every entry of that key is set, in one moment; doubles stay doubles and lead to the same.
    await talk.order(`set map ${place} ${escaped(only)}`);
    return;
  }
  if (now.length > 0) await talk.order(`del map ${place}`);
  for (const each of values) await talk.order(`add map ${place} ${escaped(each)}`);
}

/** A key may be there more than once with the same value. */
function sameValues(now: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 1) return now.length > 0 && now.every((each) => each === wanted[0]);
  return now.length === wanted.length && now.every((each, index) => each === wanted[index]);
}

async function readFileOf(
  client: HaproxyClient,
  wanted: Desired,
  what: string,
): Promise<string | undefined> {
  if (wanted.file === undefined) return undefined;
  const path = resolve(client.directory, wanted.file);
  return (await withFile('haproxy', what, path, () => readText(path))) ?? '';
}

async function bringFile(
  client: HaproxyClient,
  wanted: Desired,
  text: string | undefined,
  target: Target,
  what: string,
): Promise<void> {
  if (wanted.file === undefined || text === undefined) return;
  const path = resolve(client.directory, wanted.file);
  const next = rewritten(text, target, wanted.only);
  if (next !== text) await withFile('haproxy', what, path, () => replaceFile(path, next));
}

function targetOf({ entries }: Desired): Target {
  return new Map(Object.entries(entries).map(([name, to]) => [name, to === null ? [] : [to]]));
}

/** Of the whole map when it is replaced, else of the named keys. Undefined when that is too much to keep. */
function keptOf(entries: Entries, wanted: Desired): Json {
  const all = valuesOf(entries);
  if (!wanted.only) {
    const names = Object.keys(wanted.entries);
    return Object.fromEntries(names.map((name) => [name, all.get(name) ?? []]));
  }
  return entries.length > entriesMax ? { tooMany: entries.length } : Object.fromEntries(all);
}

function targetIn(kept: Json | undefined, what: string): Target {
  if (typeof kept !== 'object' || kept === null || 'tooMany' in kept) {
    const why = `the map had more than ${entriesMax} entries, which nobody kept. Load its old file by hand.`;
    throw failure('refused', what, why);
  }
  return new Map(
    Object.entries(kept).map(([name, values]) => [
      name,
      Array.isArray(values) ? values.map(String) : [],
    ]),
  );
}

interface Difference {
  readonly name: string;
  readonly words: string;
}

function differencesOf(entries: Entries, wanted: Desired): readonly Difference[] {
  const now = valuesOf(entries);
  const target = targetOf(wanted);
  const spell = (values: readonly string[]): string =>
    values.length === 0 ? 'none' : values.join('|');
  const wrong = [...target]
    .filter(([name, values]) => !sameValues(now.get(name) ?? [], values))
    .map(([name, to]) => ({
      name,
      words: `${name} ${spell(now.get(name) ?? [])} -> ${spell(to)}`,
    }));
  if (!wanted.only) return wrong;
  const spare = [...now]
    .filter(([name]) => !target.has(name))
    .map(([name, values]) => ({ name, words: `${name} ${spell(values)} -> none` }));
  return [...wrong, ...spare];
}

const shownMax = 5;

function shown(differences: readonly Difference[]): string {
  const rest = differences.length - shownMax;
  const words = differences.slice(0, shownMax).map(({ words: each }) => each);
  return words.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** A word of a command: blanks and what has a meaning are escaped. */
function escaped(word: string): string {
  return word.replaceAll(/[\\ \t;#"'$]/g, (each) => `\\${each}`);
}
