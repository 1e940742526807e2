// A real nginx in front of servers of the test, with a folder of included files and a place that tells its generation.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** One nginx. */
export interface Nginx {
  readonly url: string;
  readonly config: string;
  readonly pidFile: string;
  readonly program: string;
  /** The included file with the upstream `app`. */
  readonly upstream: string;
  /** Answers with `$backout_app`. */
  readonly proof: string;
  readonly master: () => number;
  readonly stop: () => Promise<void>;
}

/** Starts it with two workers; `app` is served by this address. Throws Missing. */
export async function startNginx(address: string): Promise<Nginx> {
  const program = await ensureProgram('nginx', 'nginx');
  const folder = temporaryFolder('nginx');
  const at = (name: string): string => join(folder, name);
  const port = await freePort();
  mkdirSync(at('upstreams'));
  const upstream = at('upstreams/app.conf');
  writeFileSync(upstream, plainUpstream(address));
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${at(name)};`,
  );
  writeFileSync(
    at('nginx.conf'),
    `# backout.environment=staging
${process.getuid?.() === 0 ? `user ${userInfo().username};` : ''}
worker_processes 2; daemon off; pid ${at('pid')}; error_log ${at('error.log')} notice;
events { worker_connections 256; }
http {
  access_log off;
${temporary.join('\n')}
  include ${folder}/upstreams/*.conf;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://app; }
    location = /generation { return 200 $backout_app; }
  }
}
`,
  );
  const stop = await startProcess({
    program,
    words: ['-c', at('nginx.conf'), '-e', at('error.log')],
    folder,
    stopSignal: 'SIGTERM',
    isReady: async () =>
      (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined))?.status === 200,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    config: at('nginx.conf'),
    pidFile: at('pid'),
    program,
    upstream,
    proof: `http://127.0.0.1:${port}/generation`,
    master: () => Number(readFileSync(at('pid'), 'utf8')),
    stop,
  };
}

/** As a person would have written it. */
export function plainUpstream(address: string): string {
  return `upstream app { server ${address} weight=5; }\nmap "" $backout_app { default "none"; }\n`;
}
