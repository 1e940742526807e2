// The nodes of a chaos run: real `backout serve` processes, each with wires of its own, started again when they are killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Proxy } from './proxy.ts';

const program = fileURLToPath(new URL('../../bin/backout.js', import.meta.url));

/** Where things are, before the wires. */
export interface Addresses {
  readonly folder: string;
  /** The files of the plans that every node makes known when it begins. */
  readonly plans: readonly string[];
  readonly storePort: number;
  readonly dataPort: number;
  readonly servicePort: number;
}

/** One place for a node; the processes in it change. */
export class Seat {
  readonly store: Proxy;
  readonly data: Proxy;
  readonly service: Proxy;
  /** What is being done to it: a seat has one accident at a time. */
  busy = false;
  readonly #addresses: Addresses;
  #child: ChildProcess | null = null;
  #said = '';
  #url: string | null = null;
  #stopped = false;

  private constructor(addresses: Addresses, wires: readonly [Proxy, Proxy, Proxy]) {
    this.#addresses = addresses;
    [this.store, this.data, this.service] = wires;
  }

  /** Lays the wires and starts the first process. */
  static async at(addresses: Addresses): Promise<Seat> {
    const wires = await Promise.all([
      Proxy.to(addresses.storePort),
      Proxy.to(addresses.dataPort),
      Proxy.to(addresses.servicePort),
    ]);
    const seat = new Seat(addresses, wires);
    seat.start();
    return seat;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Where its API answers; null while it does not work. */
  get url(): string | null {
    return this.#url;
  }

  /** The last that it said, for messages. */
  get said(): string {
    return this.#said.slice(-3_000);
  }

  start(): void {
    if (this.#stopped) return;
    this.#url = null;
    this.#said = '';
    const child = spawn(
      process.execPath,
      [program, 'serve', ...this.#addresses.plans, '--port', '0'],
      {
        cwd: this.#addresses.folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: process.env['PATH'],
          HOME: this.#addresses.folder,
          BACKOUT_DATABASE_URL: `postgres://postgres@127.0.0.1:${this.store.port}/backout`,
          DATA_URL: `postgres://postgres@127.0.0.1:${this.data.port}/postgres`,
          SERVICE_URL: `http://127.0.0.1:${this.service.port}`,
        },
      },
    );
    this.#child = child;
    const hear = (text: string): void => {
      if (this.#child !== child) return;
      this.#said = (this.#said + text).slice(-20_000);
      const page = /Page and API: (http:\S+)/.exec(this.#said)?.[1];
      if (page !== undefined && this.#said.includes('Working.')) this.#url = page;
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    // Whatever ends it (the store was away when it began, or a kill): there is always a next one.
    child.once('exit', () => {
      if (this.#child !== child) return;
      this.#url = null;
      setTimeout(() => this.start(), 100);
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    await Promise.all([this.store.close(), this.data.close(), this.service.close()]);
  }
}
