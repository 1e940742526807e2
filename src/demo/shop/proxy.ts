// Passes one request on to a backend over kept connections, with a deadline.
import { Agent, request as send } from 'node:http';
import { refusal, type Answer, type Asked } from './web.ts';

/** A backend behind the router. */
export interface Backend {
  readonly name: string;
  readonly pass: (asked: Asked) => Promise<Answer>;
  readonly inFlight: () => number;
}

/** How long a backend has for its answer before the router says 504, in milliseconds. */
export const backendMsMax = 2000;

/** The headers that are passed on; everything else is the connection's own business. */
const passedOn = ['authorization', 'content-type', 'x-customer'];

/** Makes the way to one backend. */
export function createBackend(name: string, url: string): Backend {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  let inFlight = 0;
  return {
    name,
    inFlight: () => inFlight,
    pass: async (asked) => {
      inFlight += 1;
      try {
        return await pass(url, agent, asked);
      } catch (error) {
        const isLate = error instanceof Error && error.name === 'TimeoutError';
        return isLate
          ? refusal(504, `${name} did not answer within ${backendMsMax} ms.`)
          : refusal(502, `${name} cannot be reached: ${String(error)}`);
      } finally {
        inFlight -= 1;
      }
    },
  };
}

function pass(url: string, agent: Agent, asked: Asked): Promise<Answer> {
  const signal = AbortSignal.timeout(backendMsMax);
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(signal.aborted && signal.reason instanceof Error ? signal.reason : error);
    const outgoing = send(
      new URL(asked.path, url),
      { method: asked.method, agent, signal, headers: headersFor(asked) },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 502,
            text: Buffer.concat(chunks).toString('utf8'),
            headers: { 'content-type': incoming.headers['content-type'] ?? 'text/plain' },
          }),
        );
      },
    );
    outgoing.on('error', fail);
    outgoing.end(asked.text);
  });
}

function headersFor(asked: Asked): Readonly<Record<string, string | number>> {
  const kept = passedOn.flatMap((name) => {
    const value = asked.headers[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return { ...Object.fromEntries(kept), 'content-length': Buffer.byteLength(asked.text) };
}
