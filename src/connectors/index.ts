// The connectors by name: those that Backout brings and those that a plan brings. Each is loaded when a plan first uses it.
import type { AnyConnector } from '../connector.ts';
import { isOutside, loadOutside } from './outside.ts';

const loaders = {
  kubernetes: async () => (await import('./kubernetes/kubernetes.ts')).kubernetes,
  http: async () => (await import('./http/http.ts')).http,
  postgres: async () => (await import('./postgres/postgres.ts')).postgres,
  command: async () => (await import('./command/command.ts')).command,
  mysql: async () => (await import('./mysql/mysql.ts')).mysql,
  rabbitmq: async () => (await import('./rabbitmq/rabbitmq.ts')).rabbitmq,
  redis: async () => (await import('./redis/redis.ts')).redis,
  ssh: async () => (await import('./ssh/ssh.ts')).ssh,
  webhook: async () => (await import('./webhook/webhook.ts')).webhook,
  xmpp: async () => (await import('./xmpp/xmpp.ts')).xmpp,
  slack: async () => (await import('./slack/slack.ts')).slack,
  matrix: async () => (await import('./matrix/matrix.ts')).matrix,
  smtp: async () => (await import('./smtp/smtp.ts')).smtp,
  prometheus: async () => (await import('./prometheus/prometheus.ts')).prometheus,
  openmetrics: async () => (await import('./openmetrics/openmetrics.ts')).openmetrics,
  nginx: async () => (await import('./nginx/nginx.ts')).nginx,
  caddy: async () => (await import('./caddy/caddy.ts')).caddy,
  dns: async () => (await import('./dns/dns.ts')).dns,
  alertmanager: async () => (await import('./alertmanager/alertmanager.ts')).alertmanager,
  varnish: async () => (await import('./varnish/varnish.ts')).varnish,
  haproxy: async () => (await import('./haproxy/haproxy.ts')).haproxy,
} as const satisfies { readonly [name: string]: () => Promise<AnyConnector> };

/** States are also named by a family, so that a plan reads the same whichever database it is: `sql/holds`. */
const families: { readonly [family: string]: readonly string[] } = {
  sql: ['postgres', 'mysql'],
};

/** The names of the built-in connectors, as `uses:` says them under `systems`. */
export const connectorNames: readonly string[] = Object.keys(loaders);

/**
 * The connector that a plan in this folder `uses`, or undefined when there is none of that name. Throws a ConnectorError
 * when it is one of the plan's own and cannot be used.
 */
export async function loadConnector(
  uses: string,
  directory: string,
): Promise<AnyConnector | undefined> {
  if (isOutside(uses)) return loadOutside(uses, directory, connectorNames);
  if (!Object.hasOwn(loaders, uses)) return undefined;
  return loaders[uses as keyof typeof loaders](); // the line before proves that it is one of them
}

/** All that Backout brings, for reference pages, schemas and checks. */
export async function loadConnectors(): Promise<readonly AnyConnector[]> {
  return Promise.all(Object.values(loaders).map((load) => load()));
}

/** What the `uses:` of a step means on its system. */
export type ResolvedState =
  | { readonly type: 'resolved'; readonly connector: string; readonly state: string }
  | { readonly type: 'unresolved'; readonly because: string; readonly mend: string };

/** Finds the state that a step `uses`, `sql/holds`, on a system that `uses` the connector `postgres`. */
export function resolveState(uses: string, systemUses: string): ResolvedState {
  const [prefix = '', state = '', ...rest] = uses.split('/');
  if (prefix === '' || state === '' || rest.length > 0) {
    const because = `"${uses}" names no state: it is not of the form connector/state`;
    return { type: 'unresolved', because, mend: `Write ${systemUses}/<state>.` };
  }
  const family = Object.hasOwn(families, prefix) ? families[prefix] : undefined;
  if (prefix === systemUses || family?.includes(systemUses) === true) {
    return { type: 'resolved', connector: systemUses, state };
  }
  const because = `"${uses}" is not for a system that uses ${systemUses}`;
  return {
    type: 'unresolved',
    because,
    mend: `Write ${systemUses}/${state}, or name another system.`,
  };
}
