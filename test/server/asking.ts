// Asks the app as a program on this machine would, without a network.
import type { Hono } from 'hono';
import type { Journal } from '../../src/core/journal/journal.ts';
import { type AppParts, makeApp } from '../../src/server/app.ts';
import { operatorIdentity } from '../../src/engine/identity.ts';
import { memoryJournal } from '../../src/testing/memory-journal.ts';
import { type Stage, setStage } from './pretend-plan.ts';

/** The name that the app is asked by. */
export const host = '127.0.0.1:4600';

/** An app on a stage, and what it logged. */
export interface Asking {
  readonly app: Hono;
  readonly stage: Stage;
  readonly journal: Journal;
  readonly logged: string[];
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Response>;
  /** JSON from the same origin. */
  readonly post: (
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ) => Promise<Response>;
  /** A form of a page of this server. */
  readonly submit: (
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ) => Promise<Response>;
}

/** An app with an armed plan. */
export async function asking(
  parts: Partial<AppParts> = {},
  now: () => number = Date.now,
): Promise<Asking> {
  const journal = memoryJournal({ now });
  const stage = await setStage(journal);
  const logged: string[] = [];
  const app = makeApp({
    control: stage.control,
    log: (_, sentence) => logged.push(sentence),
    closing: new AbortController().signal,
    access: { host: '127.0.0.1', names: [], token: null },
    identity: operatorIdentity(stage.office),
    receive: null,
    ...parts,
  });
  const at = (path: string): string => `http://${host}${path}`;
  const own = { host, origin: `http://${host}` };
  return {
    app,
    stage,
    journal,
    logged,
    get: async (path, headers = {}) => app.request(at(path), { headers: { host, ...headers } }),
    post: async (path, body, headers = {}) =>
      app.request(at(path), {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { ...own, 'content-type': 'application/json', ...headers },
      }),
    submit: async (path, fields, headers = {}) =>
      app.request(at(path), {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { ...own, ...headers },
      }),
  };
}

/** The problem document that was answered. */
export async function problemIn(response: Response): Promise<{
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly issues?: readonly { readonly path: string }[];
}> {
  const type = response.headers.get('content-type');
  if (type !== 'application/problem+json')
    throw new Error(`No problem document but ${type}: ${await response.text()}`);
  return response.json() as never;
}
