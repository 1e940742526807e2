// A real OpenSSH server with keys of its own, for tests of commands on another host, which is this one.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** How to reach it, and with what. */
export interface Sshd {
  readonly port: number;
  readonly user: string;
  /** A private key that is let in. */
  readonly key: string;
  /** A private key that is not. */
  readonly strangerKey: string;
  /** A file that knows the host; and one that knows another key for it. */
  readonly knownHosts: string;
  readonly wrongHosts: string;
  /** Of another port: `[127.0.0.1]:port key`. */
  readonly knownAt: (port: number) => string;
  readonly stop: () => Promise<void>;
}

/** Starts it with further lines of sshd_config; it lets our own user in by key only. Throws Missing. */
export async function startSshd(settings: readonly string[] = []): Promise<Sshd> {
  const program = await ensureProgram('sshd', 'openssh-server');
  const keygen = await ensureProgram('ssh-keygen', 'openssh-client');
  const folder = temporaryFolder('sshd');
  const [host, key, strangerKey] = ['host', 'key', 'stranger'].map((name) => {
    const path = join(folder, name);
    execFileSync(keygen, ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
    return path;
  }) as [string, string, string]; // three names, three paths
  copyFileSync(`${key}.pub`, join(folder, 'authorized_keys'));
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true });
  const port = await freePort();
  const config = join(folder, 'sshd_config');
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${host}`,
    `PidFile ${join(folder, 'pid')}`,
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'PasswordAuthentication no',
    'UsePAM no',
    'StrictModes no',
    'PermitRootLogin prohibit-password',
    ...settings,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const publicKey = (path: string): string => readFileSync(`${path}.pub`, 'utf8');
  const written = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const knownAt = (at: number): string =>
    written(`known-${at}`, `[127.0.0.1]:${at} ${publicKey(host)}`);
  const stop = await startProcess({
    program,
    words: ['-D', '-e', '-f', config],
    folder,
    isReady: () => answers(port),
  });
  return {
    port,
    user: userInfo().username,
    key,
    strangerKey,
    knownHosts: knownAt(port),
    wrongHosts: written('wrong', `[127.0.0.1]:${port} ${publicKey(strangerKey)}`),
    knownAt,
    stop,
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
