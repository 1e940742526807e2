// The ledger of a chaos run: what the journal holds as it grows, who has what in hand, and what became of each run.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { KillablePostgres } from './postgres.ts';

/** An event as it stands in the journal. */
export interface Entry {
  readonly stream: string;
  readonly at: number;
  readonly body: { readonly type: string; readonly [field: string]: unknown };
}

/** The journal is read so often. Milliseconds. */
const READ_MS = 40;

/** Follows the journal by SQL, past every outage. */
export class Ledger {
  readonly entries: Entry[] = [];
  /** Attempts under way, `run-7/route/1`, and the node that has each. */
  readonly held = new Map<string, string>();
  /** When an attempt was found lost, by the store's clock. */
  readonly lostAt = new Map<string, number>();
  readonly ended = new Map<string, string>();
  readonly started = new Map<string, string>();
  readonly blocked = new Map<string, string>();
  readonly #server: KillablePostgres;
  #client: Client | null = null;
  readonly #seen = new Map<string, number>();
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(server: KillablePostgres) {
    this.#server = server;
  }

  follow(): void {
    this.#loop = this.#read();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop;
    await this.#client?.end().catch(() => undefined);
  }

  async #read(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#client ??= await this.#server.client('backout');
        await this.#more(this.#client);
      } catch {
        this.#client?.end().catch(() => undefined);
        this.#client = null;
      }
      await sleep(READ_MS);
    }
  }

  /** By stream and place in it, for positions of the whole journal become visible out of order. */
  async #more(client: Client): Promise<void> {
    const { rows: heads } = await client.query<{ stream: string; seq: string }>(
      'select stream, seq from backout.head',
    );
    for (const { stream, seq } of heads) {
      const seen = this.#seen.get(stream) ?? 0;
      if (Number(seq) <= seen) continue;
      const { rows } = await client.query<{ seq: string; at: string; body: string }>(
        'select seq, at, body from backout.event where stream = $1 and seq > $2 order by seq',
        [stream, seen],
      );
      for (const row of rows)
        this.#enter({ stream, at: Number(row.at), body: JSON.parse(row.body) as Entry['body'] });
      this.#seen.set(stream, seen + rows.length);
    }
  }

  #enter(entry: Entry): void {
    this.entries.push(entry);
    const { stream, at, body } = entry;
    const key = `${stream}/${String(body['step'])}`;
    const attempt = `${key}/${String(body['attempt'])}`;
    if (body.type === 'RunStarted') this.started.set(stream, String(body['plan']));
    if (body.type === 'RunEnded') {
      this.ended.set(stream, String(body['outcome']));
      for (const each of this.held.keys())
        if (each.startsWith(`${stream}/`)) this.held.delete(each);
    }
    if (body.type === 'StepAttemptBegan') this.held.set(attempt, String(body['node']));
    if (body.type === 'StepAttemptLost') this.lostAt.set(attempt, at);
    if (body.type === 'StepBlocked') this.blocked.set(key, stream);
    if (body.type === 'StepDispatched') this.blocked.delete(key);
    if (/^Step(AttemptLost|AttemptFailed|Confirmed|Blocked)$/.test(body.type))
      for (const each of this.held.keys())
        if (each === attempt || (body.type === 'StepBlocked' && each.startsWith(`${key}/`)))
          this.held.delete(each);
  }
}
