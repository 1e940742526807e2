// One conversation with a mail server, which always knows how far it came: a lost answer is not always a lost mail.
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { orEnded } from '../ending.ts';
import type { SmtpClient } from './client.ts';

/** Who sends what to whom. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly message: Buffer;
}

/** What the server took. */
export interface Taken {
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
  readonly response: string;
}

/** The conversation broke off. */
export class Broken extends Error {
  /** The whole mail had been handed over, so the server may have taken it. */
  readonly afterMail: boolean;

  constructor(cause: unknown, afterMail: boolean) {
    super('The conversation broke off.', { cause });
    this.afterMail = afterMail;
  }
}

/** Greets, logs in where the plan says how, hands over the mail if there is one, and leaves. Throws Broken. */
export async function converse(
  client: SmtpClient,
  mail: Mail | undefined,
  signal: AbortSignal,
): Promise<Taken | undefined> {
  const connection = new SMTPConnection({
    host: client.host,
    port: client.port,
    secure: client.secure,
    requireTLS: client.requireTls,
    connectionTimeout: client.timeoutMs,
    greetingTimeout: client.timeoutMs,
    socketTimeout: client.timeoutMs,
    socketCloseTimeout: 0,
  });
  let handedOver = false;
  const broken = new Promise<never>((_resolve, reject) => connection.on('error', reject));
  broken.catch(() => undefined);
  const step = <T>(start: (done: Done<T>) => void): Promise<T> =>
    orEnded(signal, Promise.race([promised(start), broken]));
  try {
    await step((done) => connection.connect((error) => done(error)));
    const { login } = client;
    if (login !== undefined)
      await step((done) => connection.login({ ...login }, (error) => done(error)));
    if (mail === undefined) return undefined;
    const { from, to, message } = mail;
    const body = Readable.from(watched(message, () => (handedOver = true)));
    const size = message.length;
    return await step<Taken>((done) =>
      connection.send({ from, to: [...to], size }, body, (error, info) =>
        done(error, info === undefined ? undefined : { ...takenIn(info) }),
      ),
    );
  } catch (error) {
    throw new Broken(error, handedOver);
  } finally {
    connection.quit();
    connection.close();
  }
}

type Done<T> = (error: Error | null | undefined, value?: T) => void;

function promised<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    // Steps that give no value are waited for as such.
    start((error, value) => (error ? reject(error) : resolve(value as T)));
  });
}

/** The pieces of the mail; says when the last one is taken. */
function* watched(message: Buffer, onEnd: () => void): Generator<Buffer> {
  yield message;
  onEnd();
}

function takenIn(info: {
  readonly accepted?: readonly unknown[];
  readonly rejected?: readonly unknown[];
  readonly response?: string;
}): Taken {
  const { accepted = [], rejected = [], response = '' } = info;
  return { accepted: accepted.map(String), rejected: rejected.map(String), response };
}
