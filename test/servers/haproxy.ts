// A real HAProxy in front of two servers of the test, with sockets of each level, a map and a state file.
import { readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** One HAProxy. */
export interface Haproxy {
  readonly url: string;
  /** Stats sockets by their level. */
  readonly admin: string;
  readonly operator: string;
  readonly user: string;
  /** The socket of the master process, which is not the one that we want. */
  readonly master: string;
  /** The admin socket on TCP. */
  readonly tcp: string;
  readonly stateFile: string;
  readonly mapFile: string;
  /** Says commands to the admin socket in one line each, and gives what is answered. */
  readonly say: (command: string) => Promise<string>;
  /** Reads its configuration anew, with these words changed in it, and waits for the new process. */
  readonly reload: (change?: (config: string) => string) => Promise<void>;
  /** The process that answers now. */
  readonly pid: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** Starts it; `app` has the servers legacy and ledger on these ports. Throws Missing. */
export async function startHaproxy(legacy: number, ledger: number): Promise<Haproxy> {
  const program = await ensureProgram('haproxy', 'haproxy');
  const folder = temporaryFolder('haproxy');
  const at = (name: string): string => join(folder, name);
  const [port, tcpPort] = [await freePort(), await freePort()];
  writeFileSync(at('routes.map'), '# who goes where\n/pay app\n/old legacyonly\n');
  writeFileSync(at('state'), '');
  const sockets = ['admin', 'operator', 'user'].map(
    (level) => `  stats socket ${at(`${level}.sock`)} level ${level}`,
  );
  const config = at('haproxy.cfg');
  writeFileSync(
    config,
    `global
${sockets.join('\n')}
  stats socket ipv4@127.0.0.1:${tcpPort} level admin
  server-state-file ${at('state')}
  maxconn 200
  node edge-1
  description "The edge, environment=staging"
defaults
  mode http
  timeout connect 1s
  timeout client 20s
  timeout server 20s
  load-server-state-from-file global
frontend public
  bind 127.0.0.1:${port}
  use_backend %[path,map_beg(${at('routes.map')},app)]
backend app
  balance roundrobin
  server legacy 127.0.0.1:${legacy} weight 100
  server ledger 127.0.0.1:${ledger} weight 100
  server dead 127.0.0.1:${await freePort()} weight 0 check inter 200ms
backend legacyonly
  server legacy 127.0.0.1:${legacy}
backend fixed
  balance static-rr
  server legacy 127.0.0.1:${legacy} weight 10
  server ledger 127.0.0.1:${ledger} weight 20
backend gone
  server dead 127.0.0.1:${await freePort()} check inter 200ms
`,
  );
  const say = (command: string): Promise<string> => ask(at('admin.sock'), command);
  const pid = async (): Promise<number> => {
    const said = await say('show info').catch(() => '');
    return Number(/^Pid: (\d+)$/m.exec(said)?.[1] ?? 0);
  };
  const stop = await startProcess({
    program,
    words: ['-W', '-S', at('master.sock'), '-db', '-f', config, '-p', at('pid')],
    folder,
    isReady: async () => (await pid()) > 0,
  });
  const reload = async (change = (text: string): string => text): Promise<void> => {
    const before = await pid();
    writeFileSync(config, change(readFileSync(config, 'utf8')));
    process.kill(Number(readFileSync(at('pid'), 'utf8')), 'SIGUSR2');
    for (;;) {
      const now = await pid();
      if (now > 0 && now !== before) return;
      await wait(20);
    }
  };
  return {
    url: `http://127.0.0.1:${port}`,
    admin: `unix:${at('admin.sock')}`,
    operator: `unix:${at('operator.sock')}`,
    master: `unix:${at('master.sock')}`,
    user: `unix:${at('user.sock')}`,
    tcp: `127.0.0.1:${tcpPort}`,
    stateFile: at('state'),
    mapFile: at('routes.map'),
    say,
    reload,
    pid,
    stop,
  };
}

function ask(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    let said = '';
    socket.on('data', (chunk: Buffer) => void (said += chunk.toString()));
    socket.on('error', reject);
    socket.on('close', () => resolve(said.trim()));
    socket.write(`${command}\n`);
  });
}
