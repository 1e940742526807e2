// A real store, dispatcher and node with a pretended system, so that what is measured is the engine and not the system.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineConnector, defineSignal, defineState } from '../src/connector.ts';
import type { JournalEvent } from '../src/core/journal/event.ts';
import { fingerprint } from '../src/core/plan/canonical.ts';
import { parsePlan } from '../src/core/plan/parse.ts';
import { type Control, localControl } from '../src/engine/control.ts';
import type { Dispatcher } from '../src/engine/dispatcher.ts';
import { Node } from '../src/engine/node.ts';
import { memoryOf, nodesOf } from '../src/engine/of-store.ts';
import { openPgBoss } from '../src/engine/pgboss.ts';
import { openStore } from '../src/store/store.ts';
import { withFolder } from './folder.ts';

/** The pretended system: errors that a signal reads, a weight that a step sets, and when either happened. */
export class System {
  errors = 0;
  weight = 0;
  /** When the first bad reading since the last apply was answered. */
  badAt: number | null = null;
  /** From the first bad reading to the call of apply. Milliseconds. */
  readonly latencies: number[] = [];

  read(): number {
    if (this.errors > 0) this.badAt ??= performance.now();
    return this.errors;
  }

  apply(weight: number): void {
    if (this.badAt !== null) this.latencies.push(performance.now() - this.badAt);
    this.badAt = null;
    this.errors = 0;
    this.weight = weight;
  }
}

/** What a bench of the engine is given. */
export interface Pretended {
  readonly system: System;
  readonly control: Control;
  /** The first event of this stream, from a place on, that is wanted. */
  readonly event: (
    stream: string,
    wanted: (event: JournalEvent) => boolean,
  ) => Promise<JournalEvent>;
}

/** An event that does not come in this time never will. Milliseconds. */
const EVENT_MS = 30_000;

/** Starts everything, arms the plan's phase `cutover`, and stops everything when `use` is done. */
export function withPretended<Result>(
  planText: string,
  use: (pretended: Pretended) => Promise<Result>,
): Promise<Result> {
  return withFolder(async (folder) => {
    const system = new System();
    const pretend = connectorOf(system);
    let dispatcher: Dispatcher | undefined;
    const store = await openStore({
      folder,
      enqueue: async (sql, jobs) => dispatcher?.enqueue(sql, jobs),
    });
    try {
      dispatcher = await openPgBoss(store.url, () => undefined);
      const node = await Node.start({
        id: 'node-bench',
        journal: store.journal,
        dispatcher,
        nodes: nodesOf(store, 'bench'),
        memory: memoryOf(store),
        connectors: {
          load: async (name) => (name === 'pretend' ? pretend : undefined),
          state: (connector, uses) => connector.states?.[uses.split('/')[1] ?? ''],
        },
        events: async (_plan, _signal, at) => ({ type: 'no-data', at, because: 'none' }),
        secret: () => undefined,
        log: (level, sentence) => level === 'error' && console.error(sentence),
      });
      try {
        const control = localControl(node.office, store.journal);
        await arm(control, planText, folder);
        return await use({
          system,
          control,
          event: (stream, wanted) => eventOf(control, stream, wanted),
        });
      } finally {
        await node.drain(1_000);
      }
    } finally {
      await store.close();
    }
  });
}

async function arm(control: Control, text: string, directory: string): Promise<void> {
  const parsed = parsePlan({ file: 'pretended.plan.yaml', text });
  if (parsed.type === 'problems')
    throw new Error(`[bench] The plan is none: ${parsed.problems[0]?.message}`);
  const { plan } = parsed;
  const answer = await control.arm(
    { plan, fingerprint: fingerprint(plan), directory },
    'cutover',
    'the bench',
  );
  if (answer.type === 'rejected') throw new Error(`[bench] ${answer.because}`);
}

async function eventOf(
  control: Control,
  stream: string,
  wanted: (event: JournalEvent) => boolean,
): Promise<JournalEvent> {
  for await (const event of control.follow(stream, 1, AbortSignal.timeout(EVENT_MS)))
    if (wanted(event)) return event;
  throw new Error(
    `[bench] What was waited for did not come in ${stream} within ${EVENT_MS / 1000} s.`,
  );
}

/** Waits until something holds; looks often, for as long as an event is waited for. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const giveUp = performance.now() + EVENT_MS;
  while (!(await holds())) {
    if (performance.now() > giveUp) throw new Error('[bench] Waited in vain.');
    await sleep(20);
  }
}

function connectorOf(system: System) {
  return defineConnector({
    name: 'pretend',
    summary: 'A system in memory',
    options: z.object({}),
    open: () => system,
    signal: defineSignal({
      summary: 'A number',
      query: z.object({ of: z.literal('errors') }),
      read: async (client: System, _query, when) => [
        { type: 'number', at: when.type === 'at' ? when.at : when.to, value: client.read() },
      ],
    }),
    states: {
      weight: defineState({
        summary: 'A weight that has to be set',
        desired: z.object({ legacy: z.number() }),
        observe: async (client: System, desired) =>
          client.weight === desired.legacy
            ? { type: 'holds', evidence: { legacy: client.weight } }
            : { type: 'differs', evidence: { legacy: client.weight }, change: 'sets it' },
        apply: async (client, desired) => {
          client.apply(desired.legacy);
          return { legacy: desired.legacy };
        },
      }),
      so: defineState({
        summary: 'What is already so',
        desired: z.object({}),
        observe: async () => ({ type: 'holds', evidence: {} }),
        apply: async () => ({}),
      }),
    },
  });
}
