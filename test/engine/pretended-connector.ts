// The connector to the pretended system, and how the engine finds it: the same in the test's process and in its children.
import { z } from 'zod';
import {
  type Call,
  ConnectorError,
  defineChannel,
  defineConnector,
  defineSignal,
  defineState,
} from '../../src/connector.ts';
import { loadConnector } from '../../src/connectors/index.ts';
import type { Connectors } from '../../src/engine/systems.ts';

interface Client {
  readonly url: string;
  readonly token: string;
  /** Ignores the signal of its calls. */
  readonly deaf: boolean;
}

const Answer = z.object({ value: z.number().optional(), environment: z.string().optional() });

/** Speaks to the pretended system. */
const pretend = defineConnector({
  name: 'pretend',
  summary: 'A system that only tests know',
  options: z.object({
    url: z.string(),
    token: z.string().default(''),
    deaf: z.boolean().default(false),
  }),
  open: (options): Client => options,
  identify: async (client, call) => {
    const { environment = '' } = await ask(client, 'identify', 'it', call);
    return { environment, evidence: { environment } };
  },
  signal: defineSignal({
    summary: 'A number',
    query: z.object({ of: z.string() }),
    read: async (client: Client, { of }, when, call) => {
      const at = when.type === 'at' ? when.at : when.to;
      try {
        const { value } = await ask(client, 'signal', of, call);
        return [
          value === undefined
            ? { type: 'no-data', at, because: 'nothing there' }
            : { type: 'number', at, value },
        ];
      } catch (error) {
        return [{ type: 'error', at, class: 'cannot-reach', because: messageOf(error) }];
      }
    },
  }),
  states: {
    value: defineState({
      summary: 'A value',
      desired: z.object({ name: z.string(), to: z.number(), secret: z.string().optional() }),
      observe: async (client: Client, { name, to, secret }, call) => {
        const { value = 0 } = await ask(client, 'observe', name, call);
        const evidence = { value, ...(secret === undefined ? {} : { asked: `with ${secret}` }) };
        return value === to
          ? { type: 'holds', evidence }
          : { type: 'differs', evidence, change: `${value} -> ${to}` };
      },
      apply: async (client, { name, to, secret }, call) => {
        await ask(client, 'apply', name, call, {
          to,
          key: call.idempotencyKey,
          attempt: call.attempt,
        });
        return {
          to,
          ...(secret === undefined
            ? {}
            : { header: `Basic ${Buffer.from(secret).toString('base64')}` }),
        };
      },
    }),
  },
  channel: defineChannel({
    summary: 'A mailbox',
    address: z.object({ box: z.string() }),
    person: (contact) => ({ box: contact }),
    send: async (client: Client, { box }, { id, subject, text }, call) => {
      await ask(client, 'notice', box, call, { id, subject, text });
      return { type: 'sent', receipt: { box } };
    },
  }),
});

async function ask(
  client: Client,
  what: string,
  name: string,
  call: Call,
  body?: unknown,
): Promise<z.infer<typeof Answer>> {
  let response: Response;
  try {
    response = await fetch(`${client.url}/${what}/${name}`, {
      method: 'POST',
      ...(client.deaf ? {} : { signal: call.signal }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (call.signal.aborted) throw error;
    throw new ConnectorError('cannot-reach', `[pretend] Cannot reach it: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const text = await response.text();
  if (response.ok) return Answer.parse(JSON.parse(text));
  const because = `[pretend] It answered ${response.status}: ${text} (token ${client.token})`;
  throw new ConnectorError(
    response.status === 403 ? 'not-allowed' : response.status === 409 ? 'refused' : 'cannot-reach',
    because,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The pretended connector, whatever a test adds, and those that Backout brings. */
export function pretendedConnectors(
  others: { readonly [name: string]: Awaited<ReturnType<Connectors['load']>> } = {},
): Connectors {
  return {
    load: async (name, directory) =>
      name === 'pretend' ? pretend : (others[name] ?? (await loadConnector(name, directory))),
    state: (connector, uses) => connector.states?.[uses.split('/')[1] ?? ''],
  };
}
