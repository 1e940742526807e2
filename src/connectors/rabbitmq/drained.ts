// The state rabbitmq/drained: queues are empty, and nobody puts anything there. People and consumers bring it about.
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { ConnectorError, defineState, type Call, type Observation } from '../../connector.ts';
import { duration } from '../duration.ts';
import { Ended, endedError, orEnded, withEnding } from '../ending.ts';
import type { RabbitmqClient } from './client.ts';
import { readQueue, type Queue } from './queue.ts';

const desired = z.strictObject({
  queues: z.array(z.string().min(1)).min(1).max(100),
  vhost: z.string().min(1).default('/').meta({ description: 'Default: /' }),
  settle: duration.default(11_000).meta({
    description:
      'How long they must stay empty: longer than it takes until the broker has counted (5 s) and tells (5 s). Default: 11s',
  }),
});

type Desired = z.output<typeof desired>;

/** Looks twice, for what the broker says is up to ten seconds old: an empty queue may have been filled meanwhile. */
export const drained = defineState({
  summary: 'Queues are empty, waiting and unacknowledged messages alike, and stay so for a while',
  desired,
  observe: async (client: RabbitmqClient, wanted: Desired, call): Promise<Observation> => {
    const first = await readAll(client, wanted, call);
    const full = fullOf(first);
    if (full !== undefined) return differs(client, first, full);
    await pause(client, wanted.settle, call);
    const second = await readAll(client, wanted, call);
    const written = [...second].filter(
      ([name, { published }]) => published !== (first.get(name)?.published ?? null),
    );
    const still = fullOf(second) ?? writtenTo(written.map(([name]) => name));
    if (still !== undefined) return differs(client, second, still);
    return { type: 'holds', evidence: evidenceOf(second) };
  },
});

type Queues = ReadonlyMap<string, Queue>;

async function readAll(client: RabbitmqClient, wanted: Desired, call: Call): Promise<Queues> {
  const what = `observe ${client.system}`;
  const found = new Map<string, Queue>();
  for (const name of wanted.queues) {
    const queue = await readQueue(client, wanted.vhost, name, call, what);
    if (queue === undefined) {
      const message = `[rabbitmq] Cannot ${what}: the broker has not counted ${name} yet.`;
      throw new ConnectorError('cannot-reach', message);
    }
    found.set(name, queue);
  }
  return found;
}

function fullOf(queues: Queues): string | undefined {
  const full = [...queues].filter(([, { ready, unacked }]) => ready + unacked > 0);
  if (full.length === 0) return undefined;
  return full
    .map(([name, { ready, unacked, consumers }]) => {
      const held = unacked === 0 ? '' : ` (${unacked} not acknowledged)`;
      return `${name} ${ready + unacked}${held} -> 0 by ${consumers} consumers`;
    })
    .join(', ');
}

function writtenTo(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `somebody still writes to ${names.join(', ')}`;
}

function differs(client: RabbitmqClient, queues: Queues, change: string): Observation {
  return { type: 'differs', evidence: evidenceOf(queues), change: client.conceal.text(change) };
}

function evidenceOf(queues: Queues): {
  readonly [name: string]: { readonly [name: string]: number };
} {
  return Object.fromEntries(
    [...queues].map(([name, { ready, unacked, consumers }]) => [
      name,
      { ready, unacked, consumers },
    ]),
  );
}

async function pause(client: RabbitmqClient, ms: number, call: Call): Promise<void> {
  try {
    await withEnding(call, Infinity, (signal) =>
      orEnded(signal, wait(ms, undefined, { ref: false })),
    );
  } catch (error) {
    if (error instanceof Ended) throw endedError('rabbitmq', `observe ${client.system}`, error);
    throw error;
  }
}
