// Servers for the unhappy paths: one that never answers, a port where nobody listens, and one that answers as told.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A server of a test, on a port of the system's choice. */
export interface TestServer {
  readonly port: number;
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** Takes every connection and never says a word. */
export async function startSilentServer(): Promise<TestServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  return started(server, () => sockets.forEach((socket) => socket.destroy()));
}

/** Answers HTTP as the handler says. */
export async function startHttpServer(
  handle: (request: IncomingMessage, response: ServerResponse, body: string) => void,
): Promise<TestServer> {
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => handle(request, response, Buffer.concat(chunks).toString()));
  });
  return started(server, () => server.closeAllConnections());
}

/** A port where nobody listens: it was free a moment ago. */
export async function unusedPort(): Promise<number> {
  const server = await startSilentServer();
  await server.close();
  return server.port;
}

async function started(server: Server, hangUp: () => void): Promise<TestServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a server on TCP has such an address
  const close = async (): Promise<void> => {
    hangUp();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, url: `http://127.0.0.1:${port}`, close };
}
