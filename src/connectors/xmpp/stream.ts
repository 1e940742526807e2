// A connection to an XMPP server (RFC 6120): opened, made secret by TLS, and read element by element.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { XmppClient } from './client.ts';
import { StreamReader, childOf, escaped, type Element } from './element.ts';

/** The server said that the stream itself is over. */
export class StreamError extends Error {
  /** Such as `host-unknown` or `policy-violation`. */
  readonly condition: string;

  constructor(condition: string) {
    super(`the server ends the stream: ${condition}`);
    this.condition = condition;
  }
}

/** A stream of elements. It is over when the signal aborts. */
export class XmppStream {
  readonly #client: XmppClient;
  #socket: Socket;
  #elements: Element[] = [];
  #failure: unknown;
  #wake: () => void = () => undefined;

  private constructor(client: XmppClient, socket: Socket, signal: AbortSignal) {
    this.#client = client;
    this.#socket = socket;
    signal.addEventListener('abort', () => this.#fail(signal.reason), { once: true });
  }

  /** Connects; throws what the socket or TLS says. */
  static async connect(client: XmppClient, signal: AbortSignal): Promise<XmppStream> {
    signal.throwIfAborted();
    const socket = client.secure
      ? connectTls({
          host: client.host,
          port: client.port,
          servername: client.domain,
          ...(await trusted(client)),
        })
      : connect(client.port, client.host);
    await once(socket, client.secure ? 'secureConnect' : 'connect', { signal }).catch(
      (error: unknown) => {
        socket.destroy();
        throw signal.aborted ? signal.reason : error;
      },
    );
    return new XmppStream(client, socket, signal);
  }

  /** Opens a stream, or the next one on the same connection; gives its features. */
  async open(): Promise<Element> {
    const reader = new StreamReader(
      (element) => {
        this.#elements.push(element);
        this.#wake();
      },
      () => this.#fail(new Error('the server ends the stream')),
    );
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('error');
    this.#socket.removeAllListeners('close');
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (text: string) => {
      try {
        reader.take(text);
      } catch (error) {
        this.#fail(error);
      }
    });
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server hangs up')));
    this.send(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='${escaped(this.#client.domain)}'>`,
    );
    return this.wait(({ name }) => name === 'stream:features');
  }

  /** Goes on in TLS, after the server agreed. */
  async secure(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    plain.removeAllListeners('close');
    const socket = connectTls({
      socket: plain,
      servername: this.#client.domain,
      ...(await trusted(this.#client)),
    });
    this.#socket = socket;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#wake = () => reject(this.#failure);
    socket.once('secureConnect', resolve).once('error', reject);
    socket.once('close', () => reject(new Error('the server hangs up')));
    await promise;
    this.#wake = () => undefined;
  }

  /** Hands the text to the connection. */
  send(text: string): void {
    if (this.#failure === undefined) this.#socket.write(text);
  }

  /** The next element that is wanted; others are passed over. Throws when the stream is over before. */
  async wait(isWanted: (element: Element) => boolean): Promise<Element> {
    for (;;) {
      for (let next = this.#elements.shift(); next !== undefined; next = this.#elements.shift()) {
        if (next.name === 'stream:error')
          throw new StreamError(next.children[0]?.name ?? 'unknown');
        if (isWanted(next)) return next;
      }
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** Ends it. What was written before is still carried over. */
  close(): void {
    if (this.#failure === undefined) this.#socket.end('</stream:stream>');
    this.#fail(new Error('it was closed'));
    setTimeout(() => this.#socket.destroy(), lingerMs).unref();
  }

  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    if (!(reason instanceof Error && reason.message === 'it was closed')) this.#socket.destroy();
    this.#wake();
  }
}

/** How long a closed connection may still carry what was written. Milliseconds. */
const lingerMs = 1_000;

async function trusted({ certificates }: XmppClient): Promise<{ readonly ca?: Buffer }> {
  return certificates === undefined ? {} : { ca: await readFile(certificates) };
}

/** The condition of an error stanza: `service-unavailable`. */
export function conditionOf(element: Element): string {
  return childOf(element, 'error')?.children[0]?.name ?? 'unknown';
}
