// A real BIND with authority over a zone of the test, which one key may change and another may not.
import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

const run = promisify(execFile);

/** One BIND. */
export interface Bind {
  readonly port: number;
  /** The key that may change the zone: its file, and its secret. */
  readonly keyFile: string;
  readonly secret: string;
  /** A key that the server knows and that may change nothing. */
  readonly strangerFile: string;
  readonly folder: string;
  /** Sends lines of nsupdate as somebody else would. */
  readonly change: (...lines: readonly string[]) => Promise<void>;
  /** What dig says in short. */
  readonly ask: (name: string, type: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Starts it for the zone saas.test. Throws Missing. */
export async function startBind(): Promise<Bind> {
  const program = await ensureProgram('named', 'bind9');
  await ensureProgram('nsupdate', 'bind9-dnsutils');
  const folder = temporaryFolder('bind');
  const at = (name: string): string => join(folder, name);
  const port = await freePort();
  const secret = randomBytes(32).toString('base64');
  const key = (name: string, of: string): string =>
    `key "${name}" { algorithm hmac-sha256; secret "${of}"; };\n`;
  writeFileSync(at('backout.key'), key('backout', secret), { mode: 0o600 });
  const stranger = randomBytes(32).toString('base64');
  writeFileSync(at('stranger.key'), key('stranger', stranger), { mode: 0o600 });
  writeFileSync(
    at('saas.db'),
    `$TTL 5
@ IN SOA ns.saas.test. host.saas.test. 1 60 60 60 7
@ IN NS ns.saas.test.
ns IN A 127.0.0.1
_backout IN TXT "environment=staging"
app 30 IN A 203.0.113.20
alias IN CNAME app
*.wild 30 IN A 203.0.113.30
`,
  );
  writeFileSync(
    at('named.conf'),
    `include "${at('backout.key')}"; include "${at('stranger.key')}";
options {
  directory "${folder}"; pid-file "${at('named.pid')}"; session-keyfile "${at('session.key')}"; lock-file none;
  managed-keys-directory "${folder}"; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no;
};
controls { };
zone "saas.test" { type primary; file "saas.db"; update-policy { grant backout zonesub ANY; }; };
`,
  );
  const ask = async (name: string, type: string): Promise<string> => {
    const words = ['-r', '@127.0.0.1', '-p', String(port), '+short', '+norecurse', name, type];
    return (await run('dig', words)).stdout.trim();
  };
  const change = async (...lines: readonly string[]): Promise<void> => {
    const child = run('nsupdate', ['-k', at('backout.key')]);
    const all = [`server 127.0.0.1 ${port}`, 'zone saas.test.', ...lines, 'send', ''];
    child.child.stdin?.end(all.join('\n'));
    await child;
  };
  const stop = await startProcess({
    program,
    words: ['-g', '-c', at('named.conf'), '-p', String(port)],
    folder,
    isReady: async () => (await ask('app.saas.test', 'A').catch(() => '')) === '203.0.113.20',
  });
  const files = { keyFile: at('backout.key'), strangerFile: at('stranger.key') };
  return { port, secret, ...files, folder, change, ask, stop };
}
