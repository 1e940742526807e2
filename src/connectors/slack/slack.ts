// The slack connector: a channel that can only say "maybe sent" when an answer is lost, for Slack knows no key of ours.
import { z } from 'zod';
import {
  defineChannel,
  defineConnector,
  type ApplyCall,
  type Delivery,
  type Json,
  type Notice,
} from '../../connector.ts';
import { classOfStatus } from '../exchange.ts';
import {
  apiError,
  apiFields,
  apiUrl,
  ask,
  impatience,
  openApi,
  patiently,
  tryAsking,
  type Api,
} from '../json-api.ts';
import { readinessBy } from '../readiness.ts';
import { troubleOf } from './errors.ts';

const options = z.strictObject({
  token: z
    .string()
    .min(1)
    .meta({ description: 'The token of a bot with chat:write: xoxb-…; never shown' }),
  url: apiUrl
    .default('https://slack.com/api')
    .meta({ description: 'Where the Web API is. Default: https://slack.com/api' }),
  timeout: apiFields.timeout,
});

const address = z.strictObject({
  channel: z
    .string()
    .regex(/^(#\S+|[CDGUW][A-Z0-9]{5,})$/, 'is no channel: write C0123456789, #ops, or a member id')
    .meta({
      description: 'The id of the channel (C0123456789), its #name, or a member (U0123456789)',
    }),
});

/** Slack cuts off what is longer; a notice of that length is cut off by us, where it can be seen. */
const textMaxLength = 30_000;

/** What plans name by `uses: slack`. */
export const slack = defineConnector<z.output<typeof options>, Api>({
  name: 'slack',
  summary: 'Notices to channels of Slack',
  options,
  open: (given, { system }) => openApi('slack', system, given),
  probe: async (client, call) =>
    readinessBy(async () => {
      const answer = await ask(client, 'use', { method: 'POST', path: '/auth.test' }, call);
      const said = saidBy(answer.json);
      if (answer.status === 200 && said.ok)
        return { team: said['team'] ?? null, user: said['user'] ?? null };
      const error = said.error ?? `status ${answer.status}`;
      const trouble = troubleOf(error);
      const errorClass =
        said.error === undefined
          ? classOfStatus(answer.status)
          : trouble.type === 'unknown'
            ? 'cannot-reach'
            : trouble.class;
      throw apiError(client, errorClass, 'use', error);
    }),
  channel: defineChannel({
    summary: 'Posts the notice; a lost answer means: maybe sent',
    address,
    // What is posted to a member's id reaches them as a direct message.
    person: (contact) => ({ channel: contact }),
    send,
  }),
});

/**
 * Whatever Slack may have done without our hearing of it is `maybe`, and never an error: an error is sent again, and the
 * message would stand there twice. Who looks can tell a repeat by the metadata of the message.
 */
async function send(
  client: Api,
  { channel }: z.output<typeof address>,
  { id, subject, text }: Notice,
  call: ApplyCall,
): Promise<Delivery> {
  const does = 'send the notice by';
  const json = {
    channel,
    text: cut(`*${escaped(subject)}*\n${escaped(text)}`),
    unfurl_links: false,
    metadata: { event_type: 'backout_notice', event_payload: { id, key: call.idempotencyKey } },
  };
  const request = { method: 'POST', path: '/chat.postMessage', json } as const;
  const answer = await patiently(call, () => tryAsking(client, request, call));
  if (answer.type === 'failed') {
    if (answer.neverSent) throw apiError(client, answer.class, does, answer.because);
    return maybe(client, id, answer.because);
  }
  const { status } = answer;
  const said = saidBy(answer.json);
  if (status === 429) throw impatience(client, does, call);
  if (status >= 500) return maybe(client, id, `status ${status}`);
  if (said.ok)
    return {
      type: 'sent',
      receipt: { id, channel: said['channel'] ?? channel, ts: said['ts'] ?? null },
    };
  if (said.error === undefined)
    throw apiError(client, classOfStatus(status), does, `status ${status}`);
  const trouble = troubleOf(said.error);
  if (trouble.type === 'unknown') return maybe(client, id, said.error);
  throw apiError(client, trouble.class, does, `${said.error} (${channel}). ${trouble.mend}`);
}

function maybe(client: Api, id: string, because: string): Delivery {
  return { type: 'maybe', receipt: { id, because: client.conceal.text(because) } };
}

type Said = { readonly ok: boolean; readonly error?: string } & { readonly [field: string]: Json };

function saidBy(json: Json | undefined): Said {
  const isObject = json !== null && typeof json === 'object' && !Array.isArray(json);
  return isObject && 'ok' in json ? (json as Said) : { ok: false }; // a Slack answer has ok, and error if not
}

/** Or a name in a notice could call a whole channel: `<!channel>`. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(text: string): string {
  return text.length <= textMaxLength ? text : `${text.slice(0, textMaxLength)} …`;
}
