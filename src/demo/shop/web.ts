// A small HTTP server for the parts of the shop: routes, JSON in and out, bounded bodies.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** A request as a route sees it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The values of the `:names` in the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  /** The body as it came. */
  readonly text: string;
  /** The body as JSON; `undefined` when there is none. */
  readonly body: unknown;
  /** Tells whether nobody waits for the answer any more. */
  readonly gone: () => boolean;
}

/** What a route answers: JSON, or a text with its own type. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One thing a part can be asked. `path` may hold `:names`. */
export interface Route {
  readonly method: string;
  readonly path: string;
  readonly handle: (asked: Asked) => Promise<Answer> | Answer;
}

/** Called after each answer, for metering. */
export type Observer = (route: string, status: number, seconds: number) => void;

/** The largest body that is read, in bytes. */
const bodyBytesMax = 64 * 1024;

/** Serves the routes; nothing listens yet. */
export function createWeb(
  routes: readonly Route[],
  report: (line: string) => void,
  observer: Observer = () => undefined,
): Server {
  const table = routes.map((route) => ({ route, pattern: patternOf(route.path) }));
  const server = createServer((request, response) => {
    const began = performance.now();
    const url = new URL(request.url ?? '/', 'http://part');
    const found = find(table, request.method ?? 'GET', url.pathname);
    answerOf(found, url, request, response)
      .catch((error: unknown) => failed(error, report))
      .then((answer) => send(response, answer))
      .then((status) =>
        observer(found?.route.path ?? 'unknown', status, (performance.now() - began) / 1000),
      )
      .catch((error: unknown) => report(`cannot answer: ${String(error)}`));
  });
  // Longer than any client of ours keeps an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 75_000;
  return server;
}

/** An answer that says no, with the reason. */
export function refusal(status: number, error: string, headers = {}): Answer {
  return { status, json: { error }, headers };
}

/** The value as an object with unknown fields; an empty one when it is none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

interface Found {
  readonly route: Route;
  readonly params: Readonly<Record<string, string>>;
}

function find(
  table: readonly { readonly route: Route; readonly pattern: RegExp }[],
  method: string,
  path: string,
): Found | undefined {
  for (const { route, pattern } of table) {
    const match = pattern.exec(path);
    if (match !== null && route.method === method) return { route, params: { ...match.groups } };
  }
  return undefined;
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
}

async function answerOf(
  found: Found | undefined,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Answer> {
  const text = await bodyOf(request);
  if (text === undefined) return refusal(413, `The body is larger than ${bodyBytesMax} bytes.`);
  const body = parsed(text);
  if (body === unreadable) return refusal(400, 'The body is not JSON.');
  if (found === undefined) return refusal(404, `There is no ${request.method} ${url.pathname}.`);
  return found.route.handle({
    method: request.method ?? 'GET',
    path: url.pathname + url.search,
    query: url.searchParams,
    params: found.params,
    headers: request.headers,
    text,
    body,
    gone: () => response.destroyed,
  });
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bodyBytesMax) chunks.push(chunk);
  }
  return bytes > bodyBytesMax ? undefined : Buffer.concat(chunks).toString('utf8');
}

const unreadable = Symbol('unreadable');

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return unreadable;
  }
}

function failed(error: unknown, report: (line: string) => void): Answer {
  const why = error instanceof Error ? error.message : String(error);
  report(`answered 500: ${why}`);
  return refusal(500, why);
}

function send(response: ServerResponse, answer: Answer): number {
  if (response.destroyed) return 499;
  const text = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json));
  response.writeHead(answer.status, {
    ...(answer.json === undefined ? {} : { 'content-type': 'application/json' }),
    ...answer.headers,
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
  return answer.status;
}
