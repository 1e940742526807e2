// The signal of rabbitmq: one figure of one queue.
import { z } from 'zod';
import { ConnectorError, defineSignal, type Reading } from '../../connector.ts';
import { notNow } from '../live.ts';
import type { RabbitmqClient } from './client.ts';
import { readQueue, type Queue } from './queue.ts';

const query = z.strictObject({
  queue: z.string().min(1),
  vhost: z.string().min(1).default('/').meta({ description: 'Default: /' }),
  read: z
    .enum(['depth', 'ready', 'unacked', 'consumers', 'publish-rate', 'deliver-rate', 'ack-rate'])
    .default('depth')
    .meta({ description: 'depth is ready and unacked together; rates are for a second' }),
});

/** Reads one number, some seconds old. */
export const question = defineSignal({
  summary: 'A figure of a queue: its depth, its consumers, its rates',
  query,
  read: async (client: RabbitmqClient, asked, when, call): Promise<readonly Reading[]> => {
    const refused = notNow('rabbitmq', when);
    if (refused !== undefined) return refused;
    const at = when.type === 'at' ? when.at : when.to;
    try {
      const what = `read ${client.system}`;
      const queue = await readQueue(client, asked.vhost, asked.queue, call, what);
      const value = queue === undefined ? undefined : figureOf(queue, asked.read);
      if (value !== undefined) return [{ type: 'number', at, value }];
      return [{ type: 'no-data', at, because: 'the broker has not counted it yet' }];
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return [{ type: 'error', at, class: error.class, because: error.message }];
    }
  },
});

function figureOf(queue: Queue, read: z.output<typeof query>['read']): number | undefined {
  switch (read) {
    case 'depth':
      return queue.ready + queue.unacked;
    case 'ready':
    case 'unacked':
    case 'consumers':
      return queue[read];
    case 'publish-rate':
      return queue.rates['publish'];
    case 'deliver-rate':
      return queue.rates['deliver'];
    case 'ack-rate':
      return queue.rates['ack'];
  }
}
