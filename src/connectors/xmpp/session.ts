// Signing in to an XMPP server: TLS first, then a proof of the password, then a resource of our own.
import { ConnectorError, type ErrorClass } from '../../connector.ts';
import { Ended, endedError, withEnding } from '../ending.ts';
import { explainSocket } from '../socket.ts';
import type { Call } from '../../connector.ts';
import type { XmppClient } from './client.ts';
import { childOf, escaped, type Element } from './element.ts';
import { Scram } from './scram.ts';
import { conditionOf, StreamError, XmppStream } from './stream.ts';

const saslSpace = 'urn:ietf:params:xml:ns:xmpp-sasl';

/** A session, and what its server offers beside. */
export interface Session {
  readonly stream: XmppStream;
  /** Whether it acknowledges what it has taken (XEP-0198). */
  readonly acknowledges: boolean;
}

/** Signs in, works, and leaves. Throws a ConnectorError for whatever goes wrong in between. */
export async function inSession<T>(
  client: XmppClient,
  does: string,
  call: Call,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withEnding(call, client.timeoutMs, async (signal) => {
    let stream: XmppStream | undefined;
    try {
      stream = await XmppStream.connect(client, signal);
      return await work(await signIn(client, does, stream));
    } catch (error) {
      throw explained(client, does, error);
    } finally {
      stream?.close();
    }
  });
}

/** Whatever went wrong, as an error with its class. */
export function explained(
  { system, conceal }: XmppClient,
  does: string,
  error: unknown,
): ConnectorError {
  if (error instanceof ConnectorError) return error;
  if (error instanceof Ended) return endedError('xmpp', `${does} ${system}`, error);
  const [errorClass, why] = error instanceof StreamError ? ofStream(error) : explainSocket(error);
  return xmppError({ system, conceal }, errorClass, does, why);
}

/** `[xmpp] Cannot send the notice by chat: …`, without secrets. */
export function xmppError(
  { system, conceal }: Pick<XmppClient, 'system' | 'conceal'>,
  errorClass: ErrorClass,
  does: string,
  why: string,
): ConnectorError {
  return new ConnectorError(errorClass, conceal.text(`[xmpp] Cannot ${does} ${system}: ${why}.`));
}

function ofStream({ condition, message }: StreamError): readonly [ErrorClass, string] {
  if (condition === 'host-unknown' || condition === 'host-gone')
    return ['target-mismatch', message];
  if (condition === 'not-authorized') return ['not-allowed', message];
  if (condition === 'policy-violation') return ['refused', message];
  return ['cannot-reach', message];
}

async function signIn(client: XmppClient, does: string, stream: XmppStream): Promise<Session> {
  let features = await stream.open();
  let isSecret = client.secure;
  if (!isSecret && childOf(features, 'starttls') !== undefined) {
    stream.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    const said = await stream.wait(({ name }) => name === 'proceed' || name === 'failure');
    if (said.name === 'failure')
      throw xmppError(client, 'refused', does, 'it offers TLS and does not do it');
    await stream.secure();
    features = await stream.open();
    isSecret = true;
  }
  if (!isSecret && !client.mayBePlain) {
    throw xmppError(
      client,
      'refused',
      does,
      'the server offers no TLS. Use one that does, or allow-plain: true',
    );
  }
  await authenticate(client, does, stream, features);
  features = await stream.open();
  stream.send("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  const bound = await stream.wait(
    ({ name, attributes }) => name === 'iq' && attributes['id'] === 'bind',
  );
  if (bound.attributes['type'] !== 'result') {
    throw xmppError(client, 'refused', does, `the server binds no resource: ${conditionOf(bound)}`);
  }
  const offered = features.children.some(
    ({ name, attributes }) => name === 'sm' && attributes['xmlns'] === 'urn:xmpp:sm:3',
  );
  return { stream, acknowledges: offered && (await enabled(stream)) };
}

async function enabled(stream: XmppStream): Promise<boolean> {
  stream.send("<enable xmlns='urn:xmpp:sm:3'/>");
  return (
    (await stream.wait(({ name }) => name === 'enabled' || name === 'failed')).name === 'enabled'
  );
}

async function authenticate(
  client: XmppClient,
  does: string,
  stream: XmppStream,
  features: Element,
): Promise<void> {
  const offered = childOf(features, 'mechanisms')?.children.map(({ text }) => text) ?? [];
  const { user, password } = client;
  const scram = (['SCRAM-SHA-256', 'SCRAM-SHA-1'] as const).find((name) => offered.includes(name));
  if (scram !== undefined) {
    const proof = new Scram(scram, user, password);
    stream.send(authOf(scram, proof.first));
    const challenge = await outcome(client, does, stream);
    stream.send(
      `<response xmlns='${saslSpace}'>${inBase64(await proof.answer(fromBase64(challenge)))}</response>`,
    );
    const final = await outcome(client, does, stream);
    if (proof.isProved(fromBase64(final))) return;
    throw xmppError(
      client,
      'target-mismatch',
      does,
      'the server does not know the password: it is another than ours',
    );
  }
  if (!offered.includes('PLAIN')) {
    throw xmppError(
      client,
      'refused',
      does,
      `the server takes no password as we give it, only ${offered.join(', ')}`,
    );
  }
  stream.send(authOf('PLAIN', `\0${user}\0${password}`));
  await outcome(client, does, stream);
}

async function outcome(client: XmppClient, does: string, stream: XmppStream): Promise<Element> {
  const said = await stream.wait(({ name }) => ['challenge', 'success', 'failure'].includes(name));
  if (said.name !== 'failure') return said;
  const condition = said.children[0]?.name ?? 'unknown';
  const isBusy = condition === 'temporary-auth-failure';
  throw xmppError(
    client,
    isBusy ? 'cannot-reach' : 'not-allowed',
    does,
    `${condition}. Check jid and password`,
  );
}

function authOf(mechanism: string, text: string): string {
  return `<auth xmlns='${saslSpace}' mechanism='${escaped(mechanism)}'>${inBase64(text)}</auth>`;
}

function inBase64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function fromBase64({ text }: Element): string {
  return Buffer.from(text, 'base64').toString();
}
