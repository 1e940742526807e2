// One connection to MySQL or MariaDB for one call, and the statement ended on the server when the call ends early.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createConnection, type Connection, type ResultSetHeader } from 'mysql2';
import { ConnectorError, type Call } from '../../connector.ts';
import { Ended, endedError, orEnded, withEnding } from '../ending.ts';
import { connectWithin } from '../socket.ts';
import type { MysqlClient } from './client.ts';
import { explain } from './errors.ts';

/** What a statement gives: rows as texts with the types of their columns, or what it did. */
export interface Answer {
  readonly types: readonly number[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Of the last part of it that changes something; undefined when it gives rows only. */
  readonly header: ResultSetHeader | undefined;
}

/** Sends exactly one statement. */
export type Run = (sql: string, values?: readonly (string | number)[]) => Promise<Answer>;

/** Does the work over a connection of its own. `what` completes "Cannot …" in errors: `read shop`. */
export async function withConnection<T>(
  client: MysqlClient,
  call: Call,
  what: string,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  try {
    return await withEnding(call, Infinity, (signal) =>
      client.gate.enter(signal, () => connectAndWork(client, signal, work)),
    );
  } catch (error) {
    if (error instanceof ConnectorError) throw error;
    if (error instanceof Ended) throw endedError('mysql', what, error);
    throw explain(client, what, error);
  }
}

async function connectAndWork<T>(
  client: MysqlClient,
  signal: AbortSignal,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const connection = await connect(client, signal);
  // By this word the statement is found in the process list: an id alone may be somebody else's behind a balancer.
  const mark = `backout ${randomUUID()}`;
  try {
    const run: Run = async (sql, values = []) =>
      orEnded(signal, send(connection, `/* ${mark} */ ${sql}`, values));
    return await work(run);
  } catch (error) {
    if (error instanceof Ended) await kill(client, mark).catch(() => undefined);
    throw error;
  } finally {
    connection.destroy();
  }
}

async function connect(client: MysqlClient, signal: AbortSignal): Promise<Connection> {
  const { address, tls, connectTimeoutMs } = client;
  const connection = createConnection({
    host: address.host,
    port: address.port,
    user: address.user,
    password: address.password,
    ...(address.database === undefined ? {} : { database: address.database }),
    ...(tls === undefined ? {} : { ssl: await sslOf(tls) }),
    connectTimeout: connectTimeoutMs,
    charset: 'utf8mb4',
    connectAttributes: { program_name: 'backout' },
    // A server may ask its client for a file of the client's; ours gives none.
    flags: ['-LOCAL_FILES'],
  });
  connection.on('error', () => undefined); // whatever waits for an answer fails with it
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  connection.connect((error) => (error === null ? resolve() : reject(error)));
  try {
    await orEnded(signal, connectWithin(promise, connectTimeoutMs));
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

async function sslOf({ certificates }: { readonly certificates: string | undefined }) {
  const ca = certificates === undefined ? {} : { ca: await readFile(certificates) };
  return { ...ca, rejectUnauthorized: true, verifyIdentity: true };
}

function send(
  connection: Connection,
  sql: string,
  values: readonly (string | number)[],
): Promise<Answer> {
  const query = {
    sql,
    values: [...values],
    rowsAsArray: true,
    // Values come as the server spells them and are read by their type; bits are no text and become a number.
    typeCast: (field: Field) => (field.type === 'BIT' ? bitsOf(field) : field.string()),
  };
  return new Promise((resolve, reject) => {
    connection.query(query, (error, result: unknown, fields: unknown) => {
      if (error === null) resolve(answerIn(result, fields));
      else reject(error);
    });
  });
}

interface Field {
  readonly type: string;
  readonly string: () => string | null;
  readonly buffer: () => Buffer | null;
}

function bitsOf(field: Field): string | null {
  const bits = field.buffer();
  return bits === null ? null : String(BigInt(`0x${bits.toString('hex') || '0'}`));
}

/** A procedure gives several results and a header last; of all others mysql2 gives rows or a header. */
function answerIn(result: unknown, fields: unknown): Answer {
  const parts = Array.isArray(result) ? (result as readonly unknown[]) : [result];
  const header = isHeader(result) ? result : parts.findLast(isHeader);
  const types = (Array.isArray(fields) ? (fields as readonly unknown[]) : []).map(typeOf);
  // Rows come as lists of texts, because rowsAsArray and typeCast above say so.
  const rows = header === undefined ? (parts as Answer['rows']) : [];
  return { types, rows, header };
}

function isHeader(part: unknown): part is ResultSetHeader {
  return typeof part === 'object' && part !== null && 'serverStatus' in part;
}

function typeOf(field: unknown): number {
  const type =
    typeof field === 'object' && field !== null && 'columnType' in field ? field.columnType : -1;
  return Number(type);
}

/** How long the server may take to be told to stop. */
const killMs = 1000;

/** Ends the connection that runs our statement: its transaction is rolled back and its locks are free at once. */
async function kill(client: MysqlClient, mark: string): Promise<void> {
  const patience = AbortSignal.timeout(killMs);
  const connection = await connect(client, patience);
  try {
    const { rows } = await orEnded(
      patience,
      send(
        connection,
        'select id from information_schema.processlist where id <> connection_id() and info like ?',
        [`/* ${mark} */%`],
      ),
    );
    for (const [id] of rows) await orEnded(patience, send(connection, 'kill ?', [Number(id)]));
  } finally {
    connection.destroy();
  }
}
