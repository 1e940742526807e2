// A good connector to a house of lamps in memory, and its case: what the deliberately bad ones are made of.
import { z } from 'zod';
import {
  ConnectorError,
  defineChannel,
  defineConnector,
  defineSignal,
  defineState,
  type ApplyCall,
  type Call,
  type Delivered,
  type Json,
} from '../../../src/connector.ts';
import type { ConnectorCase } from '../../../src/testing.ts';

/** The key of the house, which nobody may say. */
export const key = 'a-very-secret-key';

/** The house: its lamps, what was delivered there, and two places where bad connectors leave traces. */
export const house = {
  lamps: new Map<string, boolean>(),
  letters: [] as string[],
  traces: [] as string[],
  keys: new Set<string>(),
};

/** A house that can be asked. */
export interface Lamps {
  readonly place: 'house' | 'nowhere' | 'silent';
  readonly key: string;
}

type Wanted = { readonly lamps: { readonly [name: string]: boolean } };

/** Goes there: fails where nobody listens or with a wrong key, and waits for ever where nobody answers. */
export async function enter({ place, key: given }: Lamps, call: Call): Promise<void> {
  if (place === 'nowhere') throw refusal('cannot-reach', 'nobody is there');
  if (place === 'silent') {
    await aborted(call);
    const isLate = (call.signal.reason as Error).name === 'TimeoutError';
    throw refusal(isLate ? 'timed-out' : 'cancelled', 'nobody answered');
  }
  if (given !== key) throw refusal('not-allowed', 'the key does not fit');
}

/** Waits until the call is aborted. */
export async function aborted({ signal }: Call): Promise<void> {
  if (signal.aborted) return;
  const alive = setInterval(() => undefined, 1_000); // or the process would end with nothing to wait for
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  clearInterval(alive);
}

/** The error of the lamps. */
export function refusal(errorClass: ConnectorError['class'], why: string): ConnectorError {
  return new ConnectorError(errorClass, `[lamps] Cannot switch lamps: ${why}.`);
}

/** How the wanted lamps are now; those that are not there are off. */
export function now({ lamps }: Wanted): { readonly [name: string]: boolean } {
  const names = Object.keys(lamps);
  return Object.fromEntries(names.map((name) => [name, house.lamps.get(name) ?? false]));
}

/** Switches lamps as they were said to be in what was kept. */
function restore(kept: Json): void {
  const { is } = kept as { readonly is: { readonly [name: string]: boolean } };
  for (const [name, on] of Object.entries(is)) if (house.lamps.has(name)) house.lamps.set(name, on);
}

const lamp = defineState({
  summary: 'Lamps are on or off',
  desired: z.strictObject({ lamps: z.record(z.string(), z.boolean()) }),
  observe: async (client: Lamps, wanted: Wanted, call) => {
    await enter(client, call);
    const is = now(wanted);
    const touches = Object.keys(is).filter((name) => is[name] !== wanted.lamps[name]).length;
    if (touches === 0) return { type: 'holds', evidence: { is } };
    return { type: 'differs', evidence: { is }, change: `${touches} lamps`, touches };
  },
  apply: async (client, wanted, call: ApplyCall) => {
    await enter(client, call);
    const is = now(wanted);
    if ('fuse' in wanted.lamps) throw refusal('refused', 'the fuse is no lamp');
    for (const [name, on] of Object.entries(wanted.lamps)) {
      if (name === 'storm') throw refusal('cannot-reach', 'the power went out');
      house.lamps.set(name, on);
    }
    return { is };
  },
  undo: async (client, _wanted, { before, receipt }, call) => {
    await enter(client, call);
    if (before === null && receipt === null) throw refusal('refused', 'nothing was kept');
    restore(before ?? receipt);
    return null;
  },
});

/** The connector that passes. */
export const lamps = defineConnector({
  name: 'lamps',
  summary: 'The lamps of a house',
  options: z.strictObject({ place: z.enum(['house', 'nowhere', 'silent']), key: z.string() }),
  open: (options: Lamps) => options,
  identify: async () => ({ environment: 'home', evidence: { lamps: house.lamps.size } }),
  probe: async (client, call) => {
    try {
      await enter(client, call);
      return { type: 'ready', evidence: null };
    } catch (error) {
      const { class: errorClass, message } = error as ConnectorError; // enter throws nothing else
      return { type: 'not-ready', class: errorClass, because: message };
    }
  },
  signal: defineSignal({
    summary: 'Whether a lamp is on',
    query: z.strictObject({ lamp: z.string() }),
    read: async (client: Lamps, query, _when, call) => {
      const at = Date.now();
      try {
        await enter(client, call);
      } catch (error) {
        const { class: errorClass, message } = error as ConnectorError; // enter throws nothing else
        return [{ type: 'error', at, class: errorClass, because: message }];
      }
      const on = house.lamps.get(query.lamp);
      if (on === undefined) return [{ type: 'no-data', at, because: 'there is no such lamp' }];
      return [{ type: 'number', at, value: Number(on) }];
    },
  }),
  states: { lamp },
  channel: defineChannel({
    summary: 'A letter through the door',
    address: z.strictObject({}),
    send: async (client: Lamps, _address: object, notice, call) => {
      await enter(client, call);
      house.letters.push(notice.id);
      return { type: 'sent', receipt: notice.id };
    },
  }),
  events: {
    summary: 'The bell',
    receive: async (_client, { headers, receivedAt, body }) => {
      if (headers['x-key'] !== key)
        return { type: 'rejected', status: 401, because: '[lamps] Who is there?' };
      const id = Buffer.from(body).toString();
      return { type: 'accepted', events: [{ type: 'event', at: receivedAt, id, data: null }] };
    },
  },
});

const ring = (headers: Delivered['headers']) => (): Delivered => ({
  method: 'POST',
  path: '/',
  headers,
  body: Buffer.from('ring-1'),
  receivedAt: Date.now(),
});

const options: Lamps = { place: 'house', key };

/** What the suite is given for it. */
export const lampsCase: ConnectorCase = {
  connector: lamps,
  options: () => options,
  secrets: [key],
  unreachable: () => ({ ...options, place: 'nowhere' }),
  silent: () => ({ ...options, place: 'silent' }),
  forbidden: () => ({ ...options, key: 'another-key' }),
  badOptions: [{ value: { key: 7, place: 'house' }, path: 'key' }],
  graceMs: 200,
  settleMs: 100,
  states: [
    {
      name: 'lamp',
      desired: () => ({ lamps: { hall: false, porch: true } }),
      disturb: async () => {
        house.lamps = new Map([
          ['hall', true],
          ['porch', false],
          ['storm', false],
        ]);
        house.traces = [];
        house.keys = new Set();
      },
      picture: async () => ({ lamps: Object.fromEntries(house.lamps), traces: [...house.traces] }),
      changed: (before, after) => differences(before, after),
      undoes: true,
      bad: [{ value: { lamps: { hall: 'off' } }, path: 'lamps.hall' }],
      failures: [
        {
          title: 'a lamp is the fuse',
          desired: { lamps: { hall: false, fuse: true } },
          class: 'refused',
          says: /the fuse is no lamp/,
        },
        {
          title: 'the power goes out in the middle',
          desired: { lamps: { hall: false, storm: true } },
          class: 'cannot-reach',
          leaves: 'half',
        },
      ],
    },
  ],
  signals: [
    {
      title: 'the lamp is on',
      query: { lamp: 'hall' },
      arrange: async () => void house.lamps.set('hall', true),
      expect: 'number',
      value: 1,
    },
    { title: 'there is no such lamp', query: { lamp: 'moon' }, expect: 'no-data' },
    {
      title: 'nobody listens',
      query: { lamp: 'hall' },
      options: { ...options, place: 'nowhere' },
      expect: 'error',
      class: 'cannot-reach',
    },
  ],
  channel: { address: {}, arrived: async () => [...house.letters] },
  events: {
    genuine: [{ title: 'a ring', delivered: ring({ 'x-key': key }) }],
    forged: [{ title: 'without the key', delivered: ring({}) }],
  },
};

function differences(before: Json, after: Json): number {
  type Picture = { readonly lamps: { readonly [name: string]: boolean } };
  const [old, young] = [before as Picture, after as Picture]; // pictures of the case above
  return Object.keys(young.lamps).filter((name) => old.lamps[name] !== young.lamps[name]).length;
}
