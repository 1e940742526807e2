// A small homeserver that keeps what the Matrix client-server API (v1.11) says of sending: tokens, rooms, aliases, transactions, limits.
import { randomUUID } from 'node:crypto';
import { startHttpServer, type TestServer } from './quiet-server.ts';

/** The access token that it knows, and the room that its account is in. */
export const homeserverToken = 'syt_a-very-secret-token';
export const room = '!ops:saas.test';

/** A started one, with what was said in its rooms. */
export interface Homeserver extends TestServer {
  readonly events: { readonly id: string; readonly content: { readonly [key: string]: unknown } }[];
  /** What the next requests get instead of their answer; `lose` does what is asked and hangs up. */
  readonly troubles: (
    | 'lose'
    | { readonly status: number; readonly says: object; readonly after?: string }
  )[];
}

/** Starts it. */
export async function startHomeserver(): Promise<Homeserver> {
  const events: Homeserver['events'] = [];
  const troubles: Homeserver['troubles'] = [];
  // A transaction belongs to a token and to what is asked: the same answer for the same three.
  const transactions = new Map<string, string>();
  const answer = (method: string, path: string, token: string, body: string): [number, object] => {
    if (token !== `Bearer ${homeserverToken}`)
      return [401, { errcode: 'M_UNKNOWN_TOKEN', error: token }];
    if (path === '/_matrix/client/v3/account/whoami')
      return [200, { user_id: '@backout:saas.test' }];
    const alias = /^\/_matrix\/client\/v3\/directory\/room\/(.+)$/.exec(path)?.[1];
    if (alias !== undefined) {
      if (decodeURIComponent(alias) === '#ops:saas.test')
        return [200, { room_id: room, servers: [] }];
      return [404, { errcode: 'M_NOT_FOUND', error: 'no such alias' }];
    }
    const sent = /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/m\.room\.message\/([^/]+)$/.exec(
      path,
    );
    if (sent === null || method !== 'PUT') return [404, { errcode: 'M_UNRECOGNIZED' }];
    if (decodeURIComponent(sent[1] ?? '') !== room) return [403, { errcode: 'M_FORBIDDEN' }];
    const known = transactions.get(path);
    if (known !== undefined) return [200, { event_id: known }];
    const id = `$${randomUUID()}`;
    transactions.set(path, id);
    events.push({ id, content: JSON.parse(body) as { readonly [key: string]: unknown } });
    return [200, { event_id: id }];
  };
  const server = await startHttpServer((request, response, body) => {
    const trouble = troubles.shift();
    if (typeof trouble === 'object') {
      const { status, says, after } = trouble;
      response.writeHead(status, after === undefined ? {} : { 'retry-after': after });
      return void response.end(JSON.stringify(says));
    }
    const { method = '', url = '', headers } = request;
    const [status, says] = answer(method, url, headers.authorization ?? '', body);
    if (trouble === 'lose') return void response.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(says));
  });
  return { ...server, events, troubles };
}
