// A real RabbitMQ with its management API, for tests. It brings its own epmd, which ends with it.
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** Of `guest`, who may do everything, from this machine only: so RabbitMQ has it. */
const rabbitmqPassword = 'guest';

/** Erlang starts slowly on a busy machine: 45 s were seen with 14 others at work on each core. Milliseconds. */
const readyTimeoutMs = 90_000;

/** Starts it; `url` is that of the management API, `amqp` that of the broker without user. Throws Missing. */
export async function startRabbitmq(): Promise<{
  url: string;
  amqp: (user: string, password: string, vhost: string) => string;
  stop: () => Promise<void>;
}> {
  await ensureProgram('rabbitmqctl', 'rabbitmq-server');
  const epmd = await ensureProgram('epmd', 'erlang-base');
  const folder = temporaryFolder('rabbitmq');
  const [port, http, dist, names] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const settings = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${http}`,
    'collect_statistics_interval = 500',
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${settings.join('\n')}\n`);
  writeFileSync(join(folder, 'plugins'), '[rabbitmq_management].\n');
  const environment = {
    ...process.env,
    HOME: folder,
    RABBITMQ_NODENAME: `test${port}@localhost`,
    RABBITMQ_MNESIA_BASE: join(folder, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder, 'logs'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_DIST_PORT: String(dist),
    ERL_EPMD_PORT: String(names),
    ERL_EPMD_ADDRESS: '127.0.0.1',
  };
  // The broker would start one that outlives it.
  const registry = spawn(epmd, ['-address', '127.0.0.1', '-port', String(names)], {
    stdio: 'ignore',
  });
  const stopRegistry = async (): Promise<void> => {
    const ended = once(registry, 'close');
    registry.kill();
    await ended;
  };
  const url = `http://guest:${rabbitmqPassword}@127.0.0.1:${http}`;
  try {
    const stop = await startProcess({
      program: '/usr/lib/rabbitmq/bin/rabbitmq-server',
      words: [],
      folder,
      options: { env: environment, cwd: folder },
      readyTimeoutMs,
      isReady: () => answers(http),
    });
    return {
      url,
      amqp: (user, password, vhost) =>
        `amqp://${user}:${password}@127.0.0.1:${port}/${encodeURIComponent(vhost)}`,
      stop: async () => {
        await stop();
        await stopRegistry();
      },
    };
  } catch (error) {
    await stopRegistry();
    throw error;
  }
}

async function answers(port: number): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`guest:${rabbitmqPassword}`).toString('base64')}`;
  try {
    return (await fetch(`http://127.0.0.1:${port}/api/overview`, { headers: { authorization } }))
      .ok;
  } catch {
    return false;
  }
}
