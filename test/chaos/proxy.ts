// A wire between two machines, as a TCP proxy: it passes everything, holds everything back, or is cut.
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { once } from 'node:events';

/** What becomes of bytes now: `stalled` holds them back in silence, `cut` ends every connection and refuses new ones. */
export type Condition = 'whole' | 'stalled' | 'cut';

/** A connection through the wire. */
interface Pair {
  readonly end: () => void;
  readonly deliver: () => void;
}

/** One wire. */
export class Proxy {
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #condition: Condition = 'whole';

  private constructor(server: Server) {
    this.#server = server;
  }

  /** A wire to this port on this machine. */
  static async to(port: number): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server);
    server.on('connection', (client) => proxy.#carry(client, port));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    // A server that listens on TCP has such an address.
    return (this.#server.address() as AddressInfo).port;
  }

  become(condition: Condition): void {
    this.#condition = condition;
    for (const pair of this.#pairs) {
      if (condition === 'cut') pair.end();
      if (condition === 'whole') pair.deliver();
    }
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) pair.end();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** What is held back when its sender hangs up is never delivered, as on a network that lost it. */
  #carry(client: Socket, port: number): void {
    if (this.#condition === 'cut') {
      client.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    const held: (() => void)[] = [];
    const pair: Pair = {
      end: () => {
        this.#pairs.delete(pair);
        client.destroy();
        upstream.destroy();
      },
      deliver: () => {
        for (const write of held.splice(0)) write();
      },
    };
    this.#pairs.add(pair);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      from.setNoDelay(true);
      from.on('error', pair.end).on('close', pair.end);
      // Read also while stalled, for whoever hangs up is heard only by reading.
      from.on('data', (bytes: Buffer) => {
        if (this.#condition === 'stalled') held.push(() => void to.write(bytes));
        else to.write(bytes);
      });
    }
  }
}
