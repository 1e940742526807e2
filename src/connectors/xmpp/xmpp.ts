// The xmpp connector: a channel to people, sure when the server acknowledged the message and not before.
import { z } from 'zod';
import {
  defineChannel,
  defineConnector,
  type ApplyCall,
  type Delivery,
  type Notice,
} from '../../connector.ts';
import { readinessBy } from '../readiness.ts';
import { openXmpp, xmppOptions, type XmppClient, type XmppOptions } from './client.ts';
import { escaped, type Element } from './element.ts';
import { explained, inSession, xmppError, type Session } from './session.ts';
import { conditionOf } from './stream.ts';

const address = z.strictObject({
  to: z
    .string()
    .regex(/^[^@/\s]+@[^@/\s]+$/, 'is no account: write ada@example.com')
    .meta({ description: 'The account that is written to: ada@example.com' }),
});

/** What plans name by `uses: xmpp`. */
export const xmpp = defineConnector<XmppOptions, XmppClient>({
  name: 'xmpp',
  summary: 'Notices to people by XMPP (Jabber)',
  options: xmppOptions,
  open: openXmpp,
  probe: async (client, call) =>
    readinessBy(async () =>
      inSession(client, 'use', call, async ({ acknowledges }) => ({
        domain: client.domain,
        acknowledges,
      })),
    ),
  channel: defineChannel({
    summary: 'Sends the notice as a message; every try of it has the same id',
    address,
    person: (contact) => ({ to: contact }),
    send,
  }),
});

async function send(
  client: XmppClient,
  { to }: z.output<typeof address>,
  { id, subject, text }: Notice,
  call: ApplyCall,
): Promise<Delivery> {
  const does = 'send the notice by';
  return inSession(client, does, call, async (session) => {
    const known = escaped(id);
    session.stream.send(
      `<message type='normal' id='${known}' to='${escaped(to)}'><subject>${escaped(subject)}</subject><body>${escaped(text)}</body><origin-id xmlns='urn:xmpp:sid:0' id='${known}'/></message>`,
    );
    let refusal: Element | undefined;
    try {
      refusal = await taken(session, id);
    } catch (error) {
      // It was written, and nobody said what became of it: sending it again could show it twice.
      return { type: 'maybe', receipt: { id, because: explained(client, does, error).message } };
    }
    if (refusal !== undefined) {
      throw xmppError(
        client,
        'refused',
        does,
        `${to} cannot be written to: ${conditionOf(refusal)}`,
      );
    }
    return { type: 'sent', receipt: { id, to } };
  });
}

/**
 * Waits until the server has taken the message: it says so (XEP-0198), or answers a ping that was sent behind it, for it
 * reads what we send in order. Gives the error that came back for the message, if one did.
 */
async function taken({ stream, acknowledges }: Session, id: string): Promise<Element | undefined> {
  stream.send(
    acknowledges
      ? "<r xmlns='urn:xmpp:sm:3'/>"
      : "<iq type='get' id='ping'><ping xmlns='urn:xmpp:ping'/></iq>",
  );
  const said = await stream.wait(({ name, attributes }) => {
    if (name === 'a') return Number(attributes['h']) >= 1;
    if (name === 'iq') return attributes['id'] === 'ping';
    return name === 'message' && attributes['type'] === 'error' && attributes['id'] === id;
  });
  return said.name === 'message' ? said : undefined;
}
