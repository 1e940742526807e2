// A real Alertmanager with a user and a password, that posts what fires to a webhook of the test.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** The password of the user "backout". */
export const alertmanagerPassword = 'a-very-secret-password';

/** The same as bcrypt with little work, for tests ask often. */
const hashed = '$2b$04$abcdefghijklmnopqrstuu3aVj2MKFqzD3zHY9GsIPTUeSar/TVsq';

/** A started one. */
export interface Alertmanager {
  /** Without user and password. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts it; `hook` is posted to with the token. Throws Missing. */
export async function startAlertmanager(hook: string, token: string): Promise<Alertmanager> {
  const program = await ensureProgram('prometheus-alertmanager', 'prometheus-alertmanager');
  const folder = temporaryFolder('alertmanager');
  const port = await freePort();
  const [config, web] = [join(folder, 'alertmanager.yml'), join(folder, 'web.yml')];
  writeFileSync(
    config,
    `route: { receiver: backout, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 2s }
receivers:
  - name: backout
    webhook_configs: [{ url: "${hook}", send_resolved: true, http_config: { authorization: { credentials: ${token} } } }]
`,
  );
  writeFileSync(web, `basic_auth_users: { backout: "${hashed}" }\n`);
  const url = `http://127.0.0.1:${port}`;
  const stop = await startProcess({
    program,
    words: [
      `--config.file=${config}`,
      `--web.config.file=${web}`,
      `--storage.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    folder,
    options: { cwd: folder },
    isReady: () => isReady(url),
  });
  return { url, stop };
}

async function isReady(url: string): Promise<boolean> {
  const authorization = `Basic ${Buffer.from(`backout:${alertmanagerPassword}`).toString('base64')}`;
  try {
    return (await fetch(`${url}/-/ready`, { headers: { authorization } })).ok;
  } catch {
    return false;
  }
}
