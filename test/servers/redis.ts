// A real Redis with passwords and users, for tests; more of them as its replica, as a cluster node, with TLS.
import { once } from 'node:events';
import { connect } from 'node:net';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** The password of the default user. */
export const redisPassword = 'a-very-secret-password';

/** Starts one with further settings of redis.conf, each a list of words. Throws Missing. */
export async function startRedis(
  settings: readonly (readonly string[])[] = [],
): Promise<{ url: string; stop: () => Promise<void> }> {
  const program = await ensureProgram('redis-server', 'redis-server');
  const folder = temporaryFolder('redis');
  const port = await freePort();
  const own = [
    ['port', String(port)],
    ['bind', '127.0.0.1'],
    ['dir', folder],
    ['save', ''],
    ['requirepass', redisPassword],
    ['masterauth', redisPassword],
  ];
  const stop = await startProcess({
    program,
    words: [...own, ...settings].flatMap(([name = '', ...words]) => [`--${name}`, ...words]),
    folder,
    isReady: () => answers(port),
  });
  return { url: `redis://default:${redisPassword}@127.0.0.1:${port}/0`, stop };
}

/** A server that wants a password says so; that is answer enough. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write('PING\r\n');
    const [said] = (await once(socket, 'data')) as readonly unknown[];
    return /^(\+PONG|-NOAUTH)/.test(String(said));
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
