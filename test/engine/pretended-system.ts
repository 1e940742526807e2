// A pretended system that outlives the nodes that work on it: real enough to be called over HTTP, and it keeps count.
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call that changed, or would have changed, something. */
export interface Applied {
  readonly name: string;
  readonly key: string;
  readonly attempt: number;
  /** Whether the value was changed by it. */
  readonly done: boolean;
}

/** A message that arrived. */
export interface Noticed {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** How one apply, observe or signal misbehaves; `times` bounds it. */
export interface Fault {
  /** Never answers: before or after the effect. */
  readonly hangs?: 'before' | 'after';
  /** Answers with this status instead. */
  readonly status?: number;
  readonly body?: string;
  /** Does what was asked, but only then. */
  readonly until?: Promise<void>;
  /** From now on so often; default for ever. */
  times?: number;
}

/** The system. Names are free: a value that was never set is 0. */
export class PretendedSystem {
  readonly values = new Map<string, number>();
  readonly applied: Applied[] = [];
  readonly noticed: Noticed[] = [];
  /** Every request, by `METHOD /what/name`. */
  readonly calls: string[] = [];
  /** By what the request begins with: `apply/route`. */
  readonly faults = new Map<string, Fault>();
  environment = 'production';
  readonly #server: Server;
  #url = '';

  private constructor() {
    this.#server = createServer((request, response) => {
      void this.#serve(request, response);
    });
  }

  /** Listens on a free port. */
  static async start(): Promise<PretendedSystem> {
    const system = new PretendedSystem();
    await new Promise<void>((resolve) => system.#server.listen(0, '127.0.0.1', resolve));
    system.#url = `http://127.0.0.1:${(system.#server.address() as AddressInfo).port}`;
    return system;
  }

  get url(): string {
    return this.#url;
  }

  set(name: string, value: number): void {
    this.values.set(name, value);
  }

  get(name: string): number {
    return this.values.get(name) ?? 0;
  }

  /** How often requests that begin so came. */
  count(begin: string): number {
    return this.calls.filter((call) => call.startsWith(begin)).length;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await this.#answer(request);
    if (answer === 'hangs') return;
    response.statusCode = answer.status ?? 200;
    response.end(JSON.stringify(answer.body ?? null));
  }

  async #answer(
    request: IncomingMessage,
  ): Promise<{ readonly status?: number; readonly body?: unknown } | 'hangs'> {
    const [what = '', name = ''] = decodeURIComponent(request.url ?? '')
      .slice(1)
      .split('/');
    const said = await bodyOf(request);
    this.calls.push(`${what}/${name}`);
    const fault = this.#fault(`${what}/${name}`);
    await fault?.until;
    const { to = 0, key = '', attempt = 0, ...notice } = said;
    if (what === 'apply') {
      const done = fault === undefined || fault.hangs === 'after' || fault.until !== undefined;
      this.applied.push({ name, key, attempt, done });
      if (done) this.set(name, Number(to));
    }
    if (fault?.hangs !== undefined) return 'hangs';
    if (fault !== undefined && fault.until === undefined)
      return { status: fault.status ?? 500, body: fault.body ?? 'broken' };
    // The fields are those of a Noticed, made by the channel of pretended-connector.ts.
    if (what === 'notice') this.noticed.push({ ...(notice as unknown as Noticed), to: name });
    if (what === 'identify') return { body: { environment: this.environment } };
    return { body: { value: this.get(name) } };
  }

  #fault(call: string): Fault | undefined {
    const found = [...this.faults].find(([begin]) => call.startsWith(begin));
    if (found === undefined) return undefined;
    const [begin, fault] = found;
    if (fault.times !== undefined) {
      fault.times -= 1;
      if (fault.times <= 0) this.faults.delete(begin);
    }
    return fault;
  }
}

interface Said {
  readonly to?: number | string;
  readonly key?: string;
  readonly attempt?: number;
}

async function bodyOf(request: IncomingMessage): Promise<Said> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Said);
}
