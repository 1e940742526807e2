// What Redis and the way to it can answer instead of a result, by class of error.
import { ClientClosedError, ErrorReply } from '@redis/client';
import { ConnectorError, type ErrorClass } from '../../connector.ts';
import { explainSocket, type Why } from '../socket.ts';
import type { RedisClient } from './client.ts';

/** The error to throw for anything that the client library throws. `what` completes "Cannot …". */
export function explain(client: RedisClient, what: string, error: unknown): ConnectorError {
  const code = error instanceof ErrorReply ? codeOf(error.message) : undefined;
  const [errorClass, why] =
    code === undefined ? explainWay(error) : explainReply(code, messageOf(error));
  const message = client.conceal.text(`[redis] Cannot ${what}: ${why}`);
  const facts = code === undefined ? {} : { code };
  return new ConnectorError(errorClass, message.endsWith('.') ? message : `${message}.`, { facts });
}

/** The library closes a client whose server has gone, and then says only that it is closed. */
function explainWay(error: unknown): Why {
  return error instanceof ClientClosedError
    ? ['cannot-reach', 'the connection was lost']
    : explainSocket(error);
}

/** By the first word of the reply; those of a server that is busy or changes hands may be asked again. */
const classes: { readonly [code: string]: ErrorClass } = {
  NOAUTH: 'not-allowed',
  WRONGPASS: 'not-allowed',
  NOPERM: 'not-allowed',
  DENIED: 'not-allowed',
  READONLY: 'target-mismatch',
  LOADING: 'cannot-reach',
  BUSY: 'cannot-reach',
  MASTERDOWN: 'cannot-reach',
  CLUSTERDOWN: 'cannot-reach',
  TRYAGAIN: 'cannot-reach',
  NOREPLICAS: 'cannot-reach',
};

const mends: { readonly [code: string]: string } = {
  NOAUTH: 'Give a user and password in the url',
  WRONGPASS: 'Check the user and password in the url',
  NOPERM: 'Allow it to the user in the url (ACL SETUSER)',
  READONLY: 'This server is a replica: name its primary in the url',
  MOVED: 'The key lives on another node of the cluster: name that one in the url',
  ASK: 'The key is on its way to another node of the cluster: wait until that is over',
  LOADING: 'It will answer when its data are loaded',
  BUSY: 'A script runs there: wait, or end it with SCRIPT KILL',
  MISCONF: 'It cannot write to its disk, so it takes no changes: free the disk',
  OOM: 'It has reached maxmemory and evicts nothing: make room',
  WRONGTYPE: 'The key holds another type of value',
};

function explainReply(code: string, says: string): Why {
  if (/max number of clients/.test(says)) return ['cannot-reach', says];
  if (/invalid DB index|DB index is out of range/i.test(says)) {
    return ['target-mismatch', `${says}. Check the number of the database in the url`];
  }
  if (/AUTH.*called without any password configured/.test(says)) {
    return ['not-allowed', 'it knows no password. Take the password out of the url'];
  }
  const mend = mends[code];
  return [
    classes[code] ?? 'refused',
    mend === undefined ? says : `${says.replace(/\.$/, '')}. ${mend}`,
  ];
}

/** Only a reply that begins with a word in capitals has a code. */
function codeOf(message: string): string {
  return /^[A-Z]+/.exec(message)?.[0] ?? 'ERR';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
