// The state varnish/banned: nothing that was cached before a moment ago and matches an expression is served again.
import { z } from 'zod';
import { defineState, type Json, type Observation, type Receipt } from '../../connector.ts';
import { duration } from '../duration.ts';
import { parseJson } from '../pointer.ts';
import { failure, talk, type Say } from './cli.ts';
import type { VarnishClient } from './client.ts';

const withinDefaultMs = 300_000;

const desired = z.strictObject({
  expression: z
    .string()
    .regex(/^(?!.*<<)[^\p{C}]+$/u, 'must be one line, without <<')
    .transform((text) => text.trim().replaceAll(/\s+/g, ' '))
    .refine((text) => /^\S+ \S+ \S/.test(text), 'is no field, operator and argument')
    .meta({ description: 'As varnishadm ban takes it: obj.http.x-side == ledger' }),
  within: duration.default(withinDefaultMs).meta({
    description: 'A ban that is not older counts as this one. Default: 5m',
  }),
});

type Desired = z.output<typeof desired>;

/** Bans, and sees that the ban is in the list. There is no way back: what is banned is fetched anew. */
export const banned = defineState({
  summary: 'A ban with this expression is in force, not older than a while',
  desired,
  observe: async (client: VarnishClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    return talk(client, call, what, async (say) => {
      const bans = await readBans(client, say, what);
      const found = bans.find((ban) => isMeant(ban, wanted));
      const same = bans.filter(({ expression }) => expression === wanted.expression);
      const evidence: Json = {
        bans: bans.length,
        same: same.map(({ at }) => new Date(at).toISOString()),
      };
      if (found !== undefined) return { type: 'holds', evidence };
      const old = same.length === 0 ? '' : `, the last one is older than ${wanted.within / 1000} s`;
      return { type: 'differs', evidence, change: `ban ${wanted.expression}${old}` };
    });
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `ban on ${client.system}`;
    return talk(client, call, what, async (say) => {
      const before = await readBans(client, say, what);
      if (before.some((ban) => isMeant(ban, wanted))) return { already: true };
      await say(`ban ${wanted.expression}`);
      const after = await readBans(client, say, what);
      const made = after.find(
        ({ at, expression }) =>
          expression === wanted.expression && before.every((ban) => ban.at !== at),
      );
      if (made !== undefined) return { at: new Date(made.at).toISOString() };
      const why = `the list has no ban "${wanted.expression}". Write it as varnishadm ban.list shows it.`;
      throw failure(client, 'verification-failed', what, why);
    });
  },
});

interface Ban {
  /** Epoch milliseconds, by the clock of Varnish. */
  readonly at: number;
  readonly expression: string;
}

/** As it judges the age by its own clock, so do we: the answer bears its time. */
async function readBans(
  client: VarnishClient,
  say: Say,
  what: string,
): Promise<readonly (Ban & { readonly ageMs: number })[]> {
  const text = await say('ban.list -j');
  const [, , now, ...list] = asList(parseJson(text));
  if (typeof now !== 'number') {
    const mend = 'Varnish 6.2 or newer is needed.';
    throw failure(client, 'refused', what, `Varnish does not list its bans as JSON. ${mend}`);
  }
  return list.flatMap((each) => {
    const { time, spec } = asObject(each);
    if (typeof time !== 'number' || typeof spec !== 'string') return [];
    return [{ at: time * 1000, ageMs: (now - time) * 1000, expression: spec }];
  });
}

function isMeant(ban: Ban & { readonly ageMs: number }, { expression, within }: Desired): boolean {
  return ban.expression === expression && ban.ageMs <= within;
}

function asList(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []; // a list of JSON
}

function asObject(value: Json): Readonly<Record<string, Json>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, Json>>; // neither null nor a list: an object
}
