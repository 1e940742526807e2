// A real Prometheus that scrapes a page of the test, for tests of queries and ranges.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProgram } from './debian.ts';
import { freePort, startProcess, temporaryFolder } from './process.ts';

/** Starts it. It takes samples by remote write and scrapes only itself, each second. Throws Missing. */
export async function startPrometheus(): Promise<{ url: string; stop: () => Promise<void> }> {
  const program = await ensureProgram('prometheus', 'prometheus');
  const folder = temporaryFolder('prometheus');
  const port = await freePort();
  const config = join(folder, 'prometheus.yml');
  writeFileSync(
    config,
    `global: { scrape_interval: 1s }\nscrape_configs: [{ job_name: self, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }]\n`,
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = await startProcess({
    program,
    words: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    folder,
    options: { cwd: folder },
    isReady: () => isReady(url),
  });
  return { url, stop };
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).ok;
  } catch {
    return false;
  }
}
