// A real Prosody with two accounts on two domains: "localhost" with TLS and acknowledgements, "plain.localhost" with neither.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeCertificate } from './certificate.ts';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

const run = promisify(execFile);

/** The password of every account. */
export const prosodyPassword = 'a-very-secret-password';

/** A started one. */
export interface Prosody {
  readonly port: number;
  /** Its certificate, which signs itself. */
  readonly certificate: string;
  readonly stop: () => Promise<void>;
}

/** Starts it with the accounts backout and ada on both domains. Throws Missing. */
export async function startProsody(): Promise<Prosody> {
  const program = await ensureProgram('prosody', 'prosody');
  const control = await ensureProgram('prosodyctl', 'prosody');
  const folder = temporaryFolder('prosody');
  const port = await freePort();
  const { certificate, key } = await makeCertificate(folder, 'DNS:localhost');
  const data = join(folder, 'data');
  mkdirSync(data);
  const config = join(folder, 'prosody.cfg.lua');
  writeFileSync(
    config,
    `daemonize = false
run_as_root = true
pidfile = "${join(folder, 'pid')}"
data_path = "${data}"
certificates = "${folder}"
interfaces = { "127.0.0.1" }
c2s_ports = { ${port} } c2s_direct_tls_ports = {} s2s_ports = {} s2s_direct_tls_ports = {}
http_ports = {} https_ports = {} component_ports = {}
modules_enabled = { "disco", "roster", "saslauth", "ping", "posix" }
modules_disabled = { "s2s", "tls" }
c2s_require_encryption = false
authentication = "internal_hashed"
log = { warn = "*console" }
VirtualHost "localhost"
  modules_enabled = { "tls", "smacks" }
  modules_disabled = { "s2s" }
  ssl = { certificate = "${certificate}", key = "${key}" }
VirtualHost "plain.localhost"
`,
  );
  for (const domain of ['localhost', 'plain.localhost'])
    for (const user of ['backout', 'ada'])
      await run(control, ['--root', '--config', config, 'register', user, domain, prosodyPassword]);
  const stop = await startProcess({
    program,
    words: ['-F', '--config', config],
    folder,
    options: { cwd: folder },
    isReady: () => answers(port),
  });
  return { port, certificate, stop };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
