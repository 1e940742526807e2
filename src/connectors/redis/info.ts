// What a Redis says of itself: its version, its role, its counters.
import { ConnectorError } from '../../connector.ts';
import { textOf, type Ask } from './connection.ts';

/** The fields of INFO by name. */
export type Info = ReadonlyMap<string, string>;

/** Asks for all fields that INFO gives without being asked for more. */
export async function readInfo(ask: Ask): Promise<Info> {
  const lines = (textOf(await ask('INFO')) ?? '').split('\r\n');
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return line.startsWith('#') || colon < 0
        ? []
        : [[line.slice(0, colon), line.slice(colon + 1)] as const];
    }),
  );
}

/** A replica knows what its primary knew a while ago, and forgets what is written to it: never a place for a state. */
export async function assertPrimary(ask: Ask, what: string): Promise<Info> {
  const info = await readInfo(ask);
  if (info.get('role') === 'master') return info;
  const primary = `${info.get('master_host') ?? '?'}:${info.get('master_port') ?? '?'}`;
  throw new ConnectorError(
    'target-mismatch',
    `[redis] Cannot ${what}: this server is a replica of ${primary}. Name its primary in the url.`,
  );
}
