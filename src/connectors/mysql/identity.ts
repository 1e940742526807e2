// Which MySQL or MariaDB this is: server, role, database, environment, and what its user may do there.
import { ConnectorError, type Call, type Identity, type Json } from '../../connector.ts';
import type { MysqlClient } from './client.ts';
import type { Run } from './connection.ts';
import { numberOf } from './errors.ts';
import { readScalar } from './scalar.ts';
import { readOnly } from './transaction.ts';

/** Each server knows some of these; asking for all of them is an error in none. */
const variables =
  "show variables where variable_name in ('version', 'version_comment', 'hostname', 'port', 'server_id', 'server_uuid', 'server_uid', 'read_only', 'super_read_only')";

/** Asks who is there. */
export async function identify(client: MysqlClient, call: Call): Promise<Identity> {
  return readOnly(client, call, `ask who ${client.system} is`, async (run) => {
    const facts = await readFacts(run);
    const environment = await readEnvironment(client, run);
    const { server, database, role } = facts;
    return {
      ...(environment === undefined ? {} : { environment }),
      role,
      id: database === null ? server : `${server}/${database}`,
      evidence: { ...facts },
    };
  });
}

/** What the user may do, as the server itself says it. */
export async function readReadiness(client: MysqlClient, call: Call): Promise<Json> {
  return readOnly(client, call, `use ${client.system}`, async (run) => {
    const { rows } = await run('show grants');
    return { ...(await readFacts(run)), grants: rows.flatMap(([grant]) => grantIn(grant ?? '')) };
  });
}

interface Facts {
  readonly [key: string]: string | null;
  readonly server: string;
  readonly role: 'primary' | 'replica';
  readonly database: string | null;
}

async function readFacts(run: Run): Promise<Facts> {
  const own = await run('select database(), current_user()');
  const [database = null, user = null] = own.rows[0] ?? [];
  const { rows } = await run(variables);
  const found = new Map(rows.map(([name, value]) => [name, value]));
  const place = `${found.get('hostname') ?? '?'}:${found.get('port') ?? '?'}`;
  const server = found.get('server_uuid') ?? found.get('server_uid') ?? place;
  const isReadOnly = !['OFF', '0', ''].includes(found.get('read_only') ?? '');
  const role = isReadOnly || (await followsAnother(run)) ? 'replica' : 'primary';
  const version = `${found.get('version') ?? ''} ${found.get('version_comment') ?? ''}`.trim();
  return { server, role, database, user, version, place };
}

/** Not everybody may ask, and old servers know another word for it; then only read_only speaks. */
async function followsAnother(run: Run): Promise<boolean> {
  try {
    const { rows } = await run('show replica status');
    return rows.length > 0;
  } catch (error) {
    if (numberOf(error) === undefined) throw error;
    return false;
  }
}

async function readEnvironment(client: MysqlClient, run: Run): Promise<string | undefined> {
  if (client.identity === undefined) return undefined;
  const found = await readScalar(run, client.identity);
  if (found.type === 'value') return found.spelling;
  throw new ConnectorError(
    'target-mismatch',
    `[mysql] Cannot tell who answers for ${client.system}: ${found.because}, but identity must give the name of the environment.`,
  );
}

/** `SELECT, INSERT ON shop.*`: only what is granted on what, for MariaDB says the hash of the password in the same line. */
function grantIn(grant: string): readonly string[] {
  const [, rights, place] = /^GRANT (.+?) ON (\S+(?: \S+)?) TO /.exec(grant) ?? [];
  return rights === undefined || place === undefined ? [] : [`${rights} ON ${place}`];
}
