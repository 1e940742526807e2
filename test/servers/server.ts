// Real servers for tests: starts what is installed, installs from Debian when it may, and else says what is missing.
import { startMariadb } from './mariadb.ts';
import { startPostgres } from './postgres.ts';
import { startPrometheus } from './prometheus.ts';
import { startRedis } from './redis.ts';
import { startedOrMissing } from './started.ts';

/** A server of a test; when it is missing, `skip` says why, and the tests that need it are skipped with that reason. */
export interface RealServer {
  /** Where it answers; a place where nobody listens when it is missing. */
  readonly url: string;
  /** For `describe(…, { skip }, …)`. */
  readonly skip: string | false;
  readonly stop: () => Promise<void>;
}

const starters = {
  postgres: startPostgres,
  prometheus: startPrometheus,
  redis: startRedis,
  mariadb: startMariadb,
};

/** Starts a server on a free port with data of its own. With CI=true everything must be at hand, so a missing one throws. */
export async function startServer(name: keyof typeof starters): Promise<RealServer> {
  const { server, skip } = await startedOrMissing(name, starters[name]);
  if (server !== undefined) return { ...server, skip };
  return { url: `${name}://127.0.0.1:9/`, skip, stop: async () => undefined };
}
