// A transaction pooler in miniature, as PgBouncer is one: a client has a server connection only while in a transaction.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A pooler in front of a Postgres socket, on a port of its own. */
export interface Pooler {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** A connection to the real server, past its start. */
interface Upstream {
  readonly socket: Socket;
}

/** Serves `database` as `user`, who needs no password there. */
export async function startPooler(path: string, user: string, database: string): Promise<Pooler> {
  const idle: Upstream[] = [];
  const sockets = new Set<Socket>();
  const track = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    let upstream: Upstream | null = null;
    let started = false;
    const serve = async (data: Buffer): Promise<void> => {
      if (!started) {
        started = true;
        client.write(Buffer.concat([message('R', int32(0)), message('K', int32(4242), int32(1))]));
        client.write(message('Z', Buffer.from('I')));
        return;
      }
      if (data[0] === 0x58) return void client.end(); // Terminate
      if (upstream === null) {
        const taken =
          idle.pop() ?? (await open(track(connect(`${path}/.s.PGSQL.5432`)), user, database));
        upstream = taken;
        taken.socket.removeAllListeners('data').on('data', (answer: Buffer) => {
          client.write(answer);
          // ReadyForQuery outside a transaction ends the client's turn; it comes last in its packet.
          if (!answer.subarray(-6).equals(message('Z', Buffer.from('I')))) return;
          upstream = null;
          idle.push(taken);
        });
      }
      upstream.socket.write(data);
    };
    track(client).on('data', (data: Buffer) => void serve(data));
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function open(socket: Socket, user: string, database: string): Promise<Upstream> {
  const fields = Buffer.from(`user\0${user}\0database\0${database}\0\0`);
  socket.write(Buffer.concat([int32(8 + fields.length), int32(196_608), fields]));
  await new Promise<void>((resolve) => {
    socket.on('data', (data: Buffer) => {
      if (data.subarray(-6).equals(message('Z', Buffer.from('I')))) resolve();
    });
  });
  return { socket };
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}
