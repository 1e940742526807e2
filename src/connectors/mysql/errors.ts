// What MySQL, MariaDB and the way to them can answer instead of a result, by class of error.
import { ConnectorError, type ErrorClass } from '../../connector.ts';
import { explainSocket, type Why } from '../socket.ts';
import type { MysqlClient } from './client.ts';

/** The error to throw for anything that mysql2 throws. */
export function explain(client: MysqlClient, what: string, error: unknown): ConnectorError {
  const number = numberOf(error);
  const [errorClass, why] = number === undefined ? explainWay(error) : explainNumber(number, error);
  const message = client.conceal.text(`[mysql] Cannot ${what}: ${why}`);
  const facts = number === undefined ? {} : { errno: number };
  return new ConnectorError(errorClass, message.endsWith('.') ? message : `${message}.`, { facts });
}

/** The number of an error that the server itself has sent; those of sockets are negative, those of mysql2 have none. */
export function numberOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errno' in error) || !('sqlState' in error)) return undefined;
  const { errno, message } = error;
  // What is no MySQL at all can look like an error of one, but has no words.
  return typeof errno === 'number' && errno >= 1000 && message !== '' ? errno : undefined;
}

interface Known {
  readonly class: ErrorClass;
  readonly numbers: readonly number[];
}

/** Numbers of the server error references of MySQL 8.4 and MariaDB 11; all others are refusals. */
const known: readonly Known[] = [
  {
    // Access denied to server, database, table, column, command, routine; host not allowed or blocked; password expired.
    class: 'not-allowed',
    numbers: [
      1044, 1045, 1095, 1129, 1130, 1142, 1143, 1227, 1251, 1370, 1410, 1698, 1820, 1862, 3118,
      4151,
    ],
  },
  // No such database; read only by an option, or because it is a replica.
  { class: 'target-mismatch', numbers: [1049, 1290, 1836, 3989] },
  {
    // Too many connections, of all or of the user; shutdown; deadlock; killed; not ready in its cluster; idle too long.
    class: 'cannot-reach',
    numbers: [1040, 1047, 1053, 1203, 1213, 1226, 1613, 1614, 1927, 3058, 4031],
  },
  // Lock wait, query interrupted, longer than it may take.
  { class: 'timed-out', numbers: [1205, 1317, 1969, 3024, 3572] },
];

const mends: { readonly [number: number]: string } = {
  1040: 'Too many clients are connected',
  1044: 'Grant the right to the user in the url',
  // MariaDB says the same to those who come without TLS where it is needed.
  1045: 'Check the user and password in the url, and whether the server wants TLS (tls: true)',
  1049: 'Check the database in the url',
  1064: 'Check the SQL; where several statements are needed, write them as a list',
  1114: 'A table or the disk of the server is full',
  1021: 'The disk of the server is full',
  1129: 'It has blocked this machine after failed connections: FLUSH HOSTS there',
  1130: 'Allow the user from this machine',
  1142: 'Grant the right to the user in the url',
  1143: 'Grant the right to the user in the url',
  1205: 'Somebody else holds a lock: find who in the process list, or raise lock-timeout',
  1227: 'Grant the right to the user in the url',
  1290: 'Is the url that of a replica?',
  1698: 'Check the user and password in the url',
  1792: 'A question must not change anything',
  1836: 'Is the url that of a replica?',
  3159: 'It speaks TLS only: set tls: true',
};

function explainNumber(number: number, error: unknown): Why {
  const says = error instanceof Error ? error.message.replace(/\.$/, '') : String(number);
  const errorClass = known.find(({ numbers }) => numbers.includes(number))?.class ?? 'refused';
  const mend = mends[number];
  return [errorClass, mend === undefined ? says : `${says}. ${mend}`];
}

function explainWay(error: unknown): Why {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return ['refused', 'the server speaks no TLS. Let it, or take tls and tls-ca out of the plan'];
  }
  if (code === 'AUTH_SWITCH_PLUGIN_ERROR') {
    return ['not-allowed', 'the server wants a proof of the user that we do not give'];
  }
  if (error instanceof Error && error.message === '') {
    return ['cannot-reach', 'what answers there speaks no MySQL. Check the port in the url'];
  }
  return explainSocket(error);
}
