// The system that runs are about: an HTTP service with values that keeps a book of every look and every change, in order.
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One line of its book. */
export type Booked =
  | { readonly type: 'looked'; readonly value: string; readonly at: number }
  | { readonly type: 'changed'; readonly value: string; readonly key: string; readonly at: number };

/** An answer to a change takes so long, so that nodes are killed while they wait for it. Milliseconds. */
const ANSWER_MS = { from: 100, to: 700 };

/** The service. A value that was not set is `new`; runs set it to `legacy`. */
export class Target {
  readonly book: Booked[] = [];
  readonly #values = new Map<string, string>();
  readonly #server: Server;
  readonly #random: () => number;

  private constructor(random: () => number) {
    this.#random = random;
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        return response.end(JSON.stringify(body));
      });
    });
  }

  /** Listens on a free port. */
  static async start(random: () => number): Promise<Target> {
    const target = new Target(random);
    await new Promise<void>((resolve) => target.#server.listen(0, '127.0.0.1', resolve));
    return target;
  }

  get port(): number {
    // A server that listens on TCP has such an address.
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every value whose name begins so is `new` again, as before a migration. */
  reset(begin: string): void {
    for (const name of this.#values.keys()) if (name.startsWith(begin)) this.#values.delete(name);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A change is made the moment it arrives; what takes long is its answer. */
  async #answer(
    request: IncomingMessage,
  ): Promise<{ readonly status: number; readonly body: unknown }> {
    const name = (request.url ?? '/').slice(1);
    let text = '';
    for await (const chunk of request) text += String(chunk);
    if (name === 'identity') return { status: 200, body: { environment: 'production' } };
    if (name === 'calm') return { status: 200, body: { calm: true } };
    const at = Date.now();
    if (request.method === 'PUT') {
      const key = String(request.headers['idempotency-key'] ?? '');
      this.book.push({ type: 'changed', value: name, key, at });
      this.#values.set(name, 'legacy');
      await sleep(ANSWER_MS.from + this.#random() * (ANSWER_MS.to - ANSWER_MS.from));
      return { status: 200, body: {} };
    }
    this.book.push({ type: 'looked', value: name, at });
    return { status: 200, body: { value: this.#values.get(name) ?? 'new' } };
  }
}
