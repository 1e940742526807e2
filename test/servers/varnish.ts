// A real Varnish in front of a server of the test, with its management interface and a secret.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

const run = promisify(execFile);

/** One Varnish. */
export interface Varnish {
  readonly url: string;
  /** host:port of its management interface. */
  readonly cli: string;
  readonly secretFile: string;
  readonly secret: string;
  readonly workdir: string;
  /** Says a command by varnishadm. */
  readonly say: (...words: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts it; it caches everything for five minutes, and takes PURGE unless X-Not-Allowed is sent. Throws Missing. */
export async function startVarnish(backendPort: number): Promise<Varnish> {
  const program = await ensureProgram('varnishd', 'varnish');
  const folder = temporaryFolder('varnish');
  // Its workers run as another user, who must come in.
  chmodSync(folder, 0o755);
  const at = (name: string): string => join(folder, name);
  const [port, cliPort] = [await freePort(), await freePort()];
  const secret = randomBytes(24).toString('base64');
  writeFileSync(at('secret'), `${secret}\n`, { mode: 0o600 });
  writeFileSync(
    at('default.vcl'),
    `vcl 4.1;
backend app { .host = "127.0.0.1"; .port = "${backendPort}"; }
sub vcl_recv {
  if (req.method == "PURGE") {
    if (req.url ~ "^/closed") { return (synth(405)); }
    return (purge);
  }
}
sub vcl_backend_response { set beresp.ttl = 300s; set beresp.grace = 0s; }
`,
  );
  const cli = `127.0.0.1:${cliPort}`;
  const say = async (...words: readonly string[]): Promise<string> =>
    (await run('varnishadm', ['-T', cli, '-S', at('secret'), ...words])).stdout.trim();
  const listen = ['-a', `127.0.0.1:${port}`, '-T', cli, '-S', at('secret')];
  const small = ['-s', 'malloc,16m', '-p', 'thread_pool_min=10'];
  const stop = await startProcess({
    program,
    words: ['-F', '-n', at('work'), ...listen, '-f', at('default.vcl'), ...small],
    folder,
    isReady: async () => (await say('status').catch(() => '')).includes('running'),
  });
  return {
    url: `http://127.0.0.1:${port}`,
    cli,
    secretFile: at('secret'),
    secret,
    workdir: at('work'),
    say,
    stop,
  };
}
