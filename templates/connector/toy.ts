// A switchboard in memory that speaks HTTP, and a server that never answers: only for the test. CHANGE: start your real system.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the toy wants to be told. */
export const token = 'a-very-secret-token';

/** Starts it. Every line is open until it is closed; there is no line "nobody". */
export async function startToy() {
  const lines = new Map<string, boolean>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const say = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(value));
    };
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (request.headers.authorization !== `Bearer ${token}`) return say(401, {});
    const line = request.url?.replace('/lines/', '') ?? '';
    if (line === '') return say(200, Object.fromEntries(lines));
    if (line === 'nobody') return say(404, {});
    if (request.method === 'PUT') lines.set(line, (JSON.parse(body) as { open: boolean }).open);
    return say(200, { open: lines.get(line) ?? true });
  };
  const server = createServer((request, response) => void answer(request, response));
  return { ...(await started(server)), lines };
}

/** Starts a server that takes every request and never answers. */
export async function startSilence() {
  return started(createServer(() => undefined));
}

async function started(server: Server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${port}/`, stop };
}
