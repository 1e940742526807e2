// The state dns/records: the records of one name and type, at the server that has authority over them.
import { z } from 'zod';
import {
  defineState,
  type Call,
  type Json,
  type Kept,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { domainName, type DnsClient } from './client.ts';
import { failure } from './errors.ts';
import { readRecords, type RecordSet } from './query.ts';
import { canonical, complaintOf, recordTypes } from './rdata.ts';
import { update } from './update.ts';

const valuesMax = 100;
const ttlMax = 2 ** 31 - 1;
const values = z.array(z.string().min(1).max(4096)).max(valuesMax);

const desired = z
  .strictObject({
    name: domainName.meta({ description: 'The whole name: app.example.com' }),
    type: z.enum(recordTypes),
    values: values.meta({ description: 'All of its records; none: there must be no such record' }),
    ttl: z.int().min(0).max(ttlMax).optional().meta({
      description: 'In seconds. Needed where there are records; how long resolvers keep them',
    }),
    'instead-of': values.optional().meta({
      description: 'What may be there before; anything else was put there by somebody and is left',
    }),
  })
  .superRefine((given, context) => {
    for (const field of ['values', 'instead-of'] as const) {
      for (const [index, value] of (given[field] ?? []).entries()) {
        const complaint = complaintOf(given.type, value);
        if (complaint === undefined) continue;
        context.addIssue({
          code: 'custom',
          message: complaint,
          path: [field, index],
          input: value,
        });
      }
    }
    if (given.values.length > 0 && given.ttl === undefined)
      context.addIssue({ code: 'custom', message: 'is needed', path: ['ttl'], input: undefined });
    if (given.type === 'CNAME' && given.values.length > 1)
      context.addIssue({
        code: 'custom',
        message: 'an alias has one value',
        path: ['values'],
        input: given.values,
      });
  });

type Desired = z.output<typeof desired>;

/** Sets records by one update that holds on to what was there. */
export const records = defineState({
  summary: 'A name has exactly these records of a type, at the authoritative server',
  desired,
  observe: async (client: DnsClient, wanted: Desired, call): Promise<Observation> => {
    const now = await read(client, wanted, call, `observe ${client.system}`);
    const evidence: Json = { before: keptOf(now), resolversKeepItFor: keepSecondsOf(now) };
    const target = targetOf(wanted);
    if (isSame(now, target)) return { type: 'holds', evidence };
    const [gone, come] = [without(now.values, target.values), without(target.values, now.values)];
    const words = [
      ...(gone.length + come.length === 0
        ? []
        : [`${shown(now.values)} -> ${shown(target.values)}`]),
      ...(now.ttl === target.ttl || gone.length + come.length > 0
        ? []
        : [`ttl ${now.ttl ?? 'none'} -> ${target.ttl ?? 'none'}`]),
    ];
    const change = `${wanted.name} ${wanted.type}: ${words.join(', ')}`;
    return {
      type: 'differs',
      evidence,
      change,
      touches: gone.length + come.length || target.values.length,
    };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `set ${wanted.name} ${wanted.type} on ${client.system}`;
    const now = await read(client, wanted, call, what);
    const allowed = wanted['instead-of']?.map((value) => canonical(wanted.type, value)).toSorted();
    if (allowed !== undefined && !isSame(now, targetOf(wanted)) && !sameList(now.values, allowed)) {
      const why = `it is ${shown(now.values)}, and the plan would replace only ${shown(allowed)}. Somebody else changed it; look first.`;
      throw failure(client, 'refused', what, why);
    }
    await bring(client, wanted, now, targetOf(wanted), call, what);
    return { before: keptOf(now), oldAnswersUntil: untilOf(now) };
  },
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const what = `undo ${wanted.name} ${wanted.type} on ${client.system}`;
    const target = beforeIn(kept);
    if (target === undefined) return { already: true };
    const now = await read(client, wanted, call, what);
    if (!isSame(now, target) && !isSame(now, targetOf(wanted))) {
      const why = `it is ${shown(now.values)}, which the step did not set. Somebody else changed it since; look first.`;
      throw failure(client, 'refused', what, why);
    }
    await bring(client, wanted, now, target, call, what);
    return { oldAnswersUntil: untilOf(now) };
  },
});

interface Target {
  readonly values: readonly string[];
  readonly ttl: number | undefined;
}

async function bring(
  client: DnsClient,
  { name, type }: Desired,
  now: RecordSet,
  target: Target,
  call: Call,
  what: string,
): Promise<void> {
  if (isSame(now, target)) return;
  const became = await update(client, linesOf(name, type, now, target), call, what);
  // Read back: an update that a rule of DNS forbids, such as a record beside an alias, is ignored without a word.
  const after = await readRecords(client, name, type, call, what);
  if (isSame(after, target)) return;
  if (became === 'moved' && isSame(after, now)) {
    const mend = 'Set the name itself by hand once, so that there is something to bring back.';
    throw failure(client, 'refused', what, `${shown(now.values)} comes from a wildcard. ${mend}`);
  }
  if (became === 'moved') {
    const why = `somebody else changed it since it was read: it is ${shown(after.values)} now. Nothing was overwritten.`;
    throw failure(client, 'refused', what, why);
  }
  const mend = 'Other records of the name may forbid it.';
  const why = `the server took the update, and has ${shown(after.values)} all the same. ${mend}`;
  throw failure(client, 'verification-failed', what, why);
}

/** The prerequisites name every record that was read: one more or less, and the update is refused. */
function linesOf(name: string, type: string, now: RecordSet, target: Target): readonly string[] {
  const were = now.values.map((value) => `prereq yxrrset ${name} ${type} ${value}`);
  return [
    ...(were.length === 0 ? [`prereq nxrrset ${name} ${type}`] : were),
    ...(type === 'CNAME' ? [] : [`prereq nxrrset ${name} CNAME`]),
    `update delete ${name} ${type}`,
    ...target.values.map((value) => `update add ${name} ${target.ttl ?? 0} ${type} ${value}`),
  ];
}

async function read(
  client: DnsClient,
  { name, type }: Desired,
  call: Call,
  what: string,
): Promise<RecordSet> {
  if (name !== client.zone && !name.endsWith(`.${client.zone}`)) {
    throw failure(client, 'refused', what, `${name} is not in the zone ${client.zone}.`);
  }
  const found = await readRecords(client, name, type, call, what);
  if (found.alias === undefined) return found;
  const why = `${name} is an alias of ${found.alias}, beside which no ${type} record can be. Change the alias, or ${found.alias} itself.`;
  throw failure(client, 'refused', what, why);
}

function targetOf(wanted: Desired): Target {
  const list = wanted.values.map((value) => canonical(wanted.type, value));
  return {
    values: [...new Set(list)].toSorted(),
    ttl: list.length === 0 ? undefined : wanted.ttl,
  };
}

function isSame(now: Target, target: Target): boolean {
  return sameList(now.values, target.values) && now.ttl === target.ttl;
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

function without(list: readonly string[], other: readonly string[]): readonly string[] {
  return list.filter((value) => !other.includes(value));
}

function keptOf(now: RecordSet): Json {
  return { values: now.values, ttl: now.ttl ?? null };
}

/** Until when a resolver that asked a moment ago may still answer as it was. */
function untilOf(now: RecordSet): string {
  return new Date(Date.now() + keepSecondsOf(now) * 1000).toISOString();
}

function keepSecondsOf(now: RecordSet): number {
  return now.ttl ?? now.absentTtl ?? 0;
}

function beforeIn({ before, receipt }: Kept): Target | undefined {
  for (const from of [before, receipt]) {
    if (typeof from !== 'object' || from === null || !('before' in from)) continue;
    // Both were written by us: the values and the TTL.
    const kept = from.before as { readonly values: readonly string[]; readonly ttl: number | null };
    return { values: kept.values, ttl: kept.ttl ?? undefined };
  }
  return undefined;
}

const shownMax = 4;

function shown(list: readonly string[]): string {
  if (list.length === 0) return 'none';
  const rest = list.length - shownMax;
  return list.slice(0, shownMax).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
