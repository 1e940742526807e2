// What the management API says of one queue: figures that are some seconds old, and none at all at first.
import { ConnectorError, type Call, type Json } from '../../connector.ts';
import { ask, member, type RabbitmqClient } from './client.ts';

/** The figures of a queue. */
export interface Queue {
  readonly ready: number;
  readonly unacked: number;
  readonly consumers: number;
  /** How many messages were ever put there since the broker counts; null when it has not counted any. */
  readonly published: number | null;
  readonly rates: { readonly [name: string]: number | undefined };
}

/** Undefined while the broker has no figures yet; there being no such queue is an error. */
export async function readQueue(
  client: RabbitmqClient,
  vhost: string,
  name: string,
  call: Call,
  what: string,
): Promise<Queue | undefined> {
  const found = await ask(client, { method: 'GET', path: ['queues', vhost, name] }, call, what);
  if (found === undefined) {
    const message = `[rabbitmq] Cannot ${what}: there is no queue ${name} in ${vhost}. Check its name and vhost.`;
    throw new ConnectorError('refused', client.conceal.text(message));
  }
  const [ready, unacked] = [
    number(found, 'messages_ready'),
    number(found, 'messages_unacknowledged'),
  ];
  if (ready === undefined || unacked === undefined) return undefined;
  const stats = member(found, 'message_stats');
  const rate = (of: string): number | undefined => number(member(stats, `${of}_details`), 'rate');
  return {
    ready,
    unacked,
    consumers: number(found, 'consumers') ?? 0,
    published: number(stats, 'publish') ?? null,
    rates: { publish: rate('publish'), deliver: rate('deliver_get'), ack: rate('ack') },
  };
}

function number(value: Json | undefined, name: string): number | undefined {
  const found = member(value, name);
  return typeof found === 'number' ? found : undefined;
}
