// Deliberately bad connectors: each is the good one with one thing done wrong, and says which clauses of the contract must catch it.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { AnyConnector, AnyStateKind, Call, Reading } from '../../../src/connector.ts';
import type { ConnectorCase } from '../../../src/testing.ts';
import { aborted, enter, house, key, lamps, lampsCase, now, refusal, type Lamps } from './lamps.ts';

/** One way to be wrong. */
export interface Fault {
  readonly title: string;
  readonly given: ConnectorCase;
  /** The clauses that fail, and no other. */
  readonly fails: readonly string[];
}

const good: AnyStateKind = lamps.states?.['lamp'] as AnyStateKind; // it has this one

/** Waiting for silence takes its time: only those that are wrong about it have to wait. */
const { silent, ...quick } = lampsCase;
const slow = (given: ConnectorCase): ConnectorCase => ({ ...given, silent: silent! }); // the case has it

const connector = (more: Partial<AnyConnector>): ConnectorCase => ({
  ...quick,
  connector: { ...lamps, ...more },
});
const state = (more: Partial<AnyStateKind>): ConnectorCase =>
  connector({ states: { lamp: { ...good, ...more } } });
const channel = (send: NonNullable<AnyConnector['channel']>['send']): ConnectorCase =>
  connector({ channel: { summary: '', address: z.strictObject({}), send } });

const looks = 'sees what does not hold, and changes nothing by looking';
const unreached = 'does not know, and never says that it differs, when nobody listens';
const notLetIn = 'does not know, and never says that it differs, when it is not let in';
const applies = 'brings the state about, and changes nothing more when applied again';
const counts = 'touches as many things as it says beforehand, where it says so';
const killed = 'survives being killed between the apply and its receipt';
const undoes = 'brings back what was there before, and undoing twice changes nothing more';
const withoutReceipt = 'brings it back from what was observed alone when the receipt was lost';
const undoesNothing = 'undoes nothing when nothing had been applied';
const fails = 'fails as refused when a lamp is the fuse, and leaves no half of it behind';
const failsHalf =
  'fails as cannot-reach when the power goes out in the middle, and may leave a half';
const unwinds = 'can be unwound after it failed when a lamp is the fuse';
const unwindsHalf = 'can be unwound after it failed when the power goes out in the middle';
const delivers = 'delivers a notice, and a second try of it can be told from a second notice';

/** Waits for one reason to end only, and for ever if it is another. */
const deafTo =
  (name: 'TimeoutError' | 'AbortError', kind: 'observe' | 'apply') =>
  async (client: Lamps, wanted: never, call: never): Promise<never> => {
    if (client.place === 'silent') {
      await aborted(call);
      if (((call as Call).signal.reason as Error).name === name) await new Promise(() => undefined);
    }
    return (await good[kind]?.(client, wanted, call)) as never; // whatever the good one answers
  };

/** A channel that has the system drop repeats, and cannot tell what a lost answer means. */
const bells: ConnectorCase = {
  ...slow(
    channel(async (client: Lamps, _address, notice, call) => {
      if (client.place === 'silent') {
        await aborted(call);
        return { type: 'maybe', receipt: null };
      }
      await enter(client, call);
      if (!house.letters.includes(notice.id)) house.letters.push(notice.id);
      return { type: 'sent', receipt: null };
    }),
  ),
  channel: {
    address: {},
    arrived: async () => house.letters,
    again: 'dropped',
    lost: 'maybe',
  },
};

/** All of them. */
export const faults: readonly Fault[] = [
  { title: 'nothing is wrong', given: lampsCase, fails: [] },
  {
    title: 'nothing is wrong with a channel that drops repeats',
    given: bells,
    fails: [],
  },
  {
    title: 'takes any options',
    given: connector({ options: z.any() }),
    fails: ['refuses options that are wrong at key'],
  },
  {
    title: 'says its key when it is asked who it is',
    given: connector({ identify: async ({ key: mine }: Lamps) => ({ evidence: { mine } }) }),
    fails: ['opens without any input or output, and says who it is and whether it is ready'],
  },
  {
    title: 'is always ready',
    given: connector({ probe: async () => ({ type: 'ready', evidence: null }) }),
    fails: ['is not ready when nobody listens', 'is not ready when it is not let in'],
  },
  {
    title: 'takes a closed door for an empty house',
    given: connector({
      probe: async (client: Lamps, call: Call) => {
        const answer = await lamps.probe?.(client, call);
        return answer?.type === 'not-ready' ? { ...answer, class: 'cannot-reach' } : answer!;
      },
    }),
    fails: ['is not ready when it is not let in'],
  },
  {
    title: 'has no such state',
    given: connector({ states: {} }),
    fails: ['is a state of the connector'],
  },
  {
    title: 'takes any desired state',
    given: state({ desired: z.any() }),
    fails: ['refuses a desired state that is wrong at lamps.hall'],
  },
  {
    title: 'leaves a trace by looking, which it wipes out when it switches',
    given: state({
      observe: async (client, wanted, call) => {
        const seen = await good.observe(client, wanted, call);
        house.traces = seen.type === 'differs' ? ['looked'] : [];
        return seen;
      },
      apply: async (client, wanted, call) => {
        house.traces = [];
        return (await good.apply?.(client, wanted, call)) ?? null;
      },
      undo: async (client, wanted, kept, call) => {
        house.traces = [];
        return (await good.undo?.(client, wanted, kept, call)) ?? null;
      },
    }),
    fails: [looks],
  },
  {
    title: 'says that what it cannot see differs',
    given: state({
      observe: async (client: Lamps, wanted, call) =>
        client.place === 'nowhere'
          ? { type: 'differs', evidence: null }
          : good.observe(client, wanted, call),
    }),
    fails: [unreached],
  },
  {
    title: 'says that what it may not see holds',
    given: state({
      observe: async (client: Lamps, wanted, call) =>
        client.place === 'house' && client.key !== key
          ? { type: 'holds', evidence: null }
          : good.observe(client, wanted, call),
    }),
    fails: [notLetIn],
  },
  {
    title: 'gives evidence that is no JSON',
    given: state({
      observe: async (client, wanted, call) => {
        const seen = await good.observe(client, wanted, call);
        return seen.type === 'holds' ? { ...seen, evidence: { at: new Date() } as never } : seen;
      },
    }),
    fails: [applies, killed],
  },
  {
    title: 'says its key in the evidence',
    given: state({
      observe: async (client: Lamps, wanted, call) => {
        const seen = await good.observe(client, wanted, call);
        return seen.type === 'holds' ? { ...seen, evidence: client.key } : seen;
      },
    }),
    fails: [applies, killed],
  },
  {
    title: 'says that it holds whatever is there once it applied',
    given: state({
      observe: async (client, wanted, call) =>
        house.keys.has('applied')
          ? { type: 'holds', evidence: null }
          : good.observe(client, wanted, call),
      apply: async (client, wanted, call) => {
        if (call.idempotencyKey !== 'run-1/step')
          return (await good.apply?.(client, wanted, call)) ?? null;
        house.keys.add('applied');
        return null;
      },
    }),
    fails: [applies],
  },
  {
    title: 'applies once more each time',
    given: state({
      apply: async (client, wanted, call) => {
        const receipt = (await good.apply?.(client, wanted, call)) ?? null;
        if (call.attempt > 1) house.traces.push('again');
        return receipt;
      },
    }),
    fails: [applies, killed],
  },
  {
    title: 'applies, and it does not hold',
    given: state({
      apply: async (client, wanted, call) => {
        const receipt = (await good.apply?.(client, wanted, call)) ?? null;
        if (call.idempotencyKey === 'run-1/step') house.lamps.set('porch', false);
        return receipt;
      },
    }),
    fails: [applies],
  },
  {
    title: 'gives a receipt that is no JSON',
    given: state({
      apply: async (client, wanted, call) => {
        await good.apply?.(client, wanted, call);
        return { at: new Date() } as never;
      },
    }),
    fails: [applies],
  },
  {
    title: 'says its key in the receipt',
    given: state({
      apply: async (client: Lamps, wanted, call) => {
        const receipt = (await good.apply?.(client, wanted, call)) ?? null;
        return { receipt, with: client.key };
      },
    }),
    fails: [applies, killed],
  },
  {
    title: 'knows only in its own memory what it has applied',
    given: state({ apply: applyOncePerClient() }),
    fails: [killed],
  },
  {
    title: 'counts wrongly what it would touch',
    given: state({
      observe: async (client, wanted, call) => {
        const seen = await good.observe(client, wanted, call);
        return seen.type === 'differs' ? { ...seen, touches: 3 } : seen;
      },
    }),
    fails: [counts],
  },
  {
    title: 'undoes once more each time',
    given: state({
      undo: async (client, wanted, kept, call) => {
        const left = (await good.undo?.(client, wanted, kept, call)) ?? null;
        if (call.attempt > 1) house.traces.push('again');
        return left;
      },
    }),
    fails: [undoes],
  },
  {
    title: 'forgets what was there before',
    given: state({
      undo: async (client, wanted, kept, call) => {
        if (kept.receipt === null) return (await good.undo?.(client, wanted, kept, call)) ?? null;
        house.lamps.set('hall', true);
        return null;
      },
    }),
    fails: [undoes],
  },
  {
    title: 'undoes nothing, and says nothing, when the receipt is lost',
    given: state({
      undo: async (client, wanted, kept, call) => {
        if (kept.receipt === null && call.idempotencyKey === 'run-7/undo' && holds(wanted))
          return null;
        return (await good.undo?.(client, wanted, kept, call)) ?? null;
      },
    }),
    fails: [withoutReceipt],
  },
  {
    title: 'undoes what was never applied',
    given: state({
      undo: async (client, wanted, kept, call) => {
        await enter(client as Lamps, call);
        if (!house.keys.has(call.idempotencyKey))
          for (const name of Object.keys(now(wanted))) toggle(name);
        house.keys.add(call.idempotencyKey);
        return kept.receipt;
      },
    }),
    fails: [undoesNothing, unwinds, unwindsHalf],
  },
  {
    title: 'thinks that there is nothing to undo when it failed in the middle',
    given: state({
      undo: async (client, wanted, kept, call) => {
        if (kept.receipt === null && !holds(wanted)) throw refusal('refused', 'nothing to undo');
        return (await good.undo?.(client, wanted, kept, call)) ?? null;
      },
    }),
    fails: [unwindsHalf],
  },
  {
    title: 'breaks something else when it unwinds a refusal',
    given: state({
      undo: async (client, wanted, kept, call) => {
        const left = (await good.undo?.(client, wanted, kept, call)) ?? null;
        if ('fuse' in (wanted.lamps as object)) house.traces.push('sparks');
        return left;
      },
    }),
    fails: [unwinds],
  },
  ...[
    { title: 'fails as another class', error: refusal('cannot-reach', 'the fuse is no lamp') },
    { title: 'fails with an error of its own', error: new Error('[lamps] the fuse is no lamp') },
    { title: 'fails without a word of it', error: refusal('refused', 'no') },
    {
      title: 'fails without saying who speaks',
      error: Object.assign(refusal('refused', ''), { message: 'the fuse is no lamp' }),
    },
    {
      title: 'says its key when it fails',
      error: refusal('refused', `the fuse is no lamp ${key}`),
    },
  ].map(({ title, error }) => ({
    title,
    given: state({
      apply: async (client, wanted, call) => {
        if ('fuse' in (wanted.lamps as object)) throw error;
        return (await good.apply?.(client, wanted, call)) ?? null;
      },
    }),
    fails: [fails, unwinds],
  })),
  {
    title: 'takes a power cut for a refusal',
    given: state({
      apply: async (client, wanted, call) => {
        try {
          return (await good.apply?.(client, wanted, call)) ?? null;
        } catch (error) {
          if ('storm' in (wanted.lamps as object)) throw refusal('refused', 'no');
          throw error;
        }
      },
    }),
    fails: [failsHalf, unwindsHalf],
  },
  {
    title: 'leaves half of it behind when it fails',
    given: state({
      apply: async (client, wanted, call) => {
        if ('fuse' in (wanted.lamps as object)) house.lamps.set('hall', false);
        return (await good.apply?.(client, wanted, call)) ?? null;
      },
    }),
    fails: [fails],
  },
  ...(['observe', 'apply'] as const).flatMap((kind) => {
    const does = kind === 'observe' ? 'looking' : 'applying';
    return [
      {
        title: `does not end ${does} at its deadline`,
        given: slow(state({ [kind]: deafTo('TimeoutError', kind) })),
        fails: [`stops ${does} at the deadline when the system never answers`],
      },
      {
        title: `does not end ${does} when it is cancelled`,
        given: slow(state({ [kind]: deafTo('AbortError', kind) })),
        fails: [`stops ${does} when it is told to when the system never answers`],
      },
    ];
  }),
  {
    title: 'guesses a number',
    given: reads((found) =>
      found.type === 'no-data' ? { type: 'number', at: found.at, value: 0 } : found,
    ),
    fails: ['answers no-data when there is no such lamp'],
  },
  {
    title: 'takes a failure for silence',
    given: reads((found) => (found.type === 'error' ? { ...found, type: 'no-data' } : found)),
    fails: ['answers error when nobody listens'],
  },
  {
    title: 'reads another lamp',
    given: reads((found) => (found.type === 'number' ? { ...found, value: 0 } : found)),
    fails: ['answers number when the lamp is on'],
  },
  {
    title: 'sends letters that cannot be told apart',
    given: channel(async (client: Lamps, _address, _notice, call) => {
      await enter(client, call);
      house.letters.push(randomUUID());
      return { type: 'sent', receipt: null };
    }),
    fails: [delivers],
  },
  {
    title: 'says that it sent what it did not send',
    given: slow(
      channel(async (client: Lamps, _address, notice, call) => {
        if (client.place !== 'house' || client.key !== key) return { type: 'sent', receipt: null };
        await enter(client, call);
        house.letters.push(notice.id);
        return { type: 'sent', receipt: null };
      }),
    ),
    fails: [
      'fails to deliver as cannot-reach when nobody listens',
      'fails to deliver as not-allowed when it is not let in',
      'fails to deliver as timed-out when nobody answers',
    ],
  },
  {
    title: 'sends again what the system was to drop',
    given: {
      ...bells,
      ...channel(async (client: Lamps, _address, notice, call) => {
        if (client.place === 'silent') return { type: 'maybe', receipt: null };
        await enter(client, call);
        house.letters.push(notice.id);
        return { type: 'sent', receipt: null };
      }),
      channel: bells.channel!,
    },
    fails: ['delivers a notice, and a second try of it does not arrive'],
  },
  {
    title: 'is sure where nobody can be',
    given: {
      ...bells,
      connector: {
        ...bells.connector,
        channel: {
          summary: '',
          address: z.strictObject({}),
          send: async (client: Lamps, address, notice, call) => {
            const sent = await bells.connector.channel?.send(client, address, notice, call);
            return { type: 'sent', receipt: sent?.receipt ?? null };
          },
        },
      },
    },
    fails: ['does not know whether the notice arrived when nobody answers, and says so'],
  },
  {
    title: 'gives an event another id each time',
    given: connector({
      events: {
        summary: '',
        receive: async (client, delivered) => {
          const answer = await lamps.events!.receive(client, delivered);
          if (answer.type === 'rejected') return answer;
          const events = answer.events.map((event) => ({ ...event, id: randomUUID() }));
          return { ...answer, events };
        },
      },
    }),
    fails: ['takes a ring, and gives it the same ids when it is delivered again'],
  },
  {
    title: 'opens to anybody who rings',
    given: connector({
      events: {
        summary: '',
        receive: async (client, delivered) =>
          lamps.events!.receive(client, { ...delivered, headers: { 'x-key': key } }),
      },
    }),
    fails: ['refuses as unproved what comes without the key'],
  },
];

/** The good signal with its answer changed. */
function reads(change: (reading: Reading) => Reading): ConnectorCase {
  const signal = lamps.signal!; // it has one
  return connector({
    signal: {
      ...signal,
      read: async (client, query, when, call) =>
        (await signal.read(client, query, when, call)).map(change),
    },
  });
}

function holds(wanted: unknown): boolean {
  const { lamps: asked } = wanted as { readonly lamps: { readonly [name: string]: boolean } };
  return Object.entries(asked).every(([name, on]) => (house.lamps.get(name) ?? false) === on);
}

function toggle(name: string): void {
  house.lamps.set(name, !(house.lamps.get(name) ?? false));
}

/** Keeps what it has done where it dies with its node, and does harm the second time. */
function applyOncePerClient(): NonNullable<AnyStateKind['apply']> {
  const done = new WeakSet<object>();
  return async (client: Lamps, wanted, call) => {
    if (!done.has(client) && call.attempt > 1) house.traces.push('again');
    done.add(client);
    return (await good.apply?.(client, wanted, call)) ?? null;
  };
}
