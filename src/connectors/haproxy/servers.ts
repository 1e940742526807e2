// The servers of a backend, as the process itself tells them: exact weights, who put them out of service, and health.
import type { Json } from '../../connector.ts';
import { failure, type Talk } from './conversation.ts';
import { rowsOf } from './stat.ts';

/** Whether an administrator lets a server take part. */
export type Admin = 'ready' | 'drain' | 'maint';

/** One server of a backend. */
export interface Server {
  readonly name: string;
  /** What was last set, or what the configuration says: 0 to 256. */
  readonly weight: number;
  readonly initial: number;
  readonly admin: Admin;
  /** By the configuration, by a server that it tracks or by a name that does not resolve: no command of ours ends that. */
  readonly bound: boolean;
  /** As the statistics say it: UP, DOWN, "UP 1/3", "no check", DRAIN, "MAINT (via …)". */
  readonly status: string;
  readonly sessions: number;
  /** What the load balancer counts with: less than the weight while a server starts slowly. */
  readonly effective: number;
}

/** The bits of srv_admin_state, as HAProxy's management guide has them. */
const inheritedMaint = 0x02;
const resolutionMaint = 0x20;
const anyMaint = 0x01 | 0x02 | 0x04 | 0x20 | 0x40;
const inheritedDrain = 0x10;
const anyDrain = 0x08 | 0x10;

/** All servers of the backend by name. */
export async function readServers(
  talk: Talk,
  backend: string,
  what: string,
): Promise<ReadonlyMap<string, Server>> {
  const state = await talk.ask(`show servers state ${backend}`);
  if (/can't find backend/i.test(state))
    throw unknownBackend(await backendsOf(talk), backend, what);
  if (/^permission denied/i.test(state)) await talk.order(`show servers state ${backend}`);
  const stats = rowsOf(await talk.ask(`show stat ${backend} 4 -1`), what);
  const byName = new Map(stats.map((row) => [row.get('svname'), row]));
  return new Map(
    linesOf(state, what).map((fields) => {
      const name = fields('srv_name');
      const row = byName.get(name);
      const admin = Number(fields('srv_admin_state'));
      const weight = Number(fields('srv_uweight'));
      return [
        name,
        {
          name,
          weight,
          initial: Number(fields('srv_iweight')),
          admin: adminOf(admin),
          bound: (admin & (inheritedMaint | resolutionMaint | inheritedDrain)) !== 0,
          status: row?.get('status') ?? '',
          sessions: Number(row?.get('scur') ?? 0),
          effective: Number(row?.get('weight') ?? weight),
        },
      ];
    }),
  );
}

/** The weights and the administration of servers in the text of a state file: `app/legacy` -> its line. */
export function keptIn(text: string): ReadonlyMap<string, { weight: number; admin: Admin }> {
  try {
    return new Map(
      linesOf(text, 'read the state file').map((fields) => [
        `${fields('be_name')}/${fields('srv_name')}`,
        {
          weight: Number(fields('srv_uweight')),
          admin: adminOf(Number(fields('srv_admin_state'))),
        },
      ]),
    );
  } catch {
    return new Map();
  }
}

/** The named servers; one that is not there is refused with the names of those that are. */
export function pick(
  servers: ReadonlyMap<string, Server>,
  names: readonly string[],
  backend: string,
  what: string,
): readonly Server[] {
  return names.map((name) => {
    const server = servers.get(name);
    if (server !== undefined) return server;
    const has = listed([...servers.keys()], name);
    throw failure('refused', what, `the backend ${backend} has no server ${name}; it has ${has}.`);
  });
}

/** Whether health checks let traffic reach it; without checks it counts as up. */
export function isUp({ status, admin }: Server): boolean {
  return admin === 'ready' && !/^(DOWN|MAINT|NOLB)/.test(status);
}

/** What evidence says of a server: enough to bring it back. */
export function evidenceOf(server: Server): Json {
  const { weight, initial, admin, status, sessions, effective } = server;
  return { weight, initial, admin, status, sessions, effective };
}

const namesMax = 12;

/** Names for people, those that look most like the one that was meant first. */
export function listed(names: readonly string[], meant: string): string {
  const sorted = names.toSorted((one, other) => unlike(one, meant) - unlike(other, meant));
  if (sorted.length === 0) return 'none';
  const rest = sorted.length - namesMax;
  return sorted.slice(0, namesMax).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** How many letters only one of them has, less for a common beginning. */
function unlike(one: string, other: string): number {
  const [a, b] = [new Set(one.toLowerCase()), new Set(other.toLowerCase())];
  const both = [...a].filter((letter) => b.has(letter)).length;
  const begin = Array.from(one).findIndex((letter, index) => letter !== other[index]);
  return a.size + b.size - 2 * both - (begin < 0 ? one.length : begin);
}

/** The error of a backend that is not there. */
function unknownBackend(names: readonly string[], backend: string, what: string): Error {
  return failure(
    'refused',
    what,
    `there is no backend ${backend}; there is ${listed(names, backend)}.`,
  );
}

async function backendsOf(talk: Talk): Promise<readonly string[]> {
  const rows = rowsOf(await talk.ask('show stat -1 2 -1'), 'list backends');
  return rows.map((row) => row.get('pxname') ?? '');
}

function adminOf(bits: number): Admin {
  if ((bits & anyMaint) !== 0) return 'maint';
  return (bits & anyDrain) === 0 ? 'ready' : 'drain';
}

type Fields = (name: string) => string;

/** `show servers state`: a version, a line of names after `#`, a line for each server. */
function linesOf(text: string, what: string): readonly Fields[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const names = lines[1]?.replace(/^# ?/, '').split(' ') ?? [];
  const needed = ['be_name', 'srv_name', 'srv_admin_state', 'srv_uweight', 'srv_iweight'];
  if (lines[0] !== '1' || needed.some((name) => !names.includes(name))) {
    const said = text.trim().split('\n')[0]?.slice(0, 200) ?? '';
    throw failure('refused', what, `"${said}" is no state of servers.`);
  }
  return lines.slice(2).map((line) => {
    const values = line.split(' ');
    return (name) => values[names.indexOf(name)] ?? '';
  });
}
