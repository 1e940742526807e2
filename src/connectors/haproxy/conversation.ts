// One conversation with the Runtime API in its prompt mode, where the end of each answer can be told from a cut-off one.
import { createConnection, type Socket } from 'node:net';
import { ConnectorError, type Call, type ErrorClass } from '../../connector.ts';
import { Ended, endedError, orEnded, withEnding } from '../ending.ts';
import type { HaproxyClient } from './client.ts';

/** The process that answers in this conversation. */
export interface Talk {
  /** Sends one command and gives its whole answer, without the blank line at its end. */
  readonly ask: (command: string) => Promise<string>;
  /** Sends a command whose success has nothing to say; what is said then is an error. */
  readonly order: (command: string) => Promise<void>;
  readonly info: Info;
}

/** What `show info` says of a process. */
export interface Info {
  readonly pid: number;
  readonly node: string;
  readonly description: string;
  readonly version: string;
  /** Epoch milliseconds, rounded up to the second: whatever it counted, it counted since about then. */
  readonly startedAt: number;
}

/** Every answer ends so in prompt mode. */
const promptText = '\n> ';
/** The socket of the master process (-S) speaks almost the same, and knows no servers. */
const masterPrompt = /^\n?(master|\d+)> /;
const answerMaxBytes = 16 * 1024 * 1024;

/** Talks to the process that is in charge now. `what` completes "Cannot …" in errors: `read edge`. */
export async function converse<T>(
  client: HaproxyClient,
  call: Call,
  what: string,
  work: (talk: Talk) => Promise<T>,
): Promise<T> {
  try {
    return await withEnding(call, client.timeoutMs, (signal) =>
      talkOver(client, signal, what, work),
    );
  } catch (error) {
    if (error instanceof Ended) throw endedError('haproxy', what, error);
    throw error;
  }
}

/** As `converse`, for changes: a reload in between would have left them with a process that is going. */
export async function converseToChange<T>(
  client: HaproxyClient,
  call: Call,
  what: string,
  work: (talk: Talk) => Promise<T>,
): Promise<T> {
  const { pid, result } = await converse(client, call, what, async (talk) => ({
    pid: talk.info.pid,
    result: await work(talk),
  }));
  const now = await converse(client, call, what, async ({ info }) => info.pid);
  if (now === pid) return result;
  throw failure(
    'cannot-reach',
    what,
    `HAProxy was reloaded meanwhile (process ${pid} gave way to ${now}), and the change may have gone with the old one. Try again.`,
  );
}

/** The error of a conversation: one sentence that begins with who speaks. */
export function failure(errorClass: ErrorClass, what: string, why: string): ConnectorError {
  return new ConnectorError(errorClass, `[haproxy] Cannot ${what}: ${why}`);
}

async function talkOver<T>(
  client: HaproxyClient,
  signal: AbortSignal,
  what: string,
  work: (talk: Talk) => Promise<T>,
): Promise<T> {
  const socket = createConnection({ ...client.place });
  try {
    const listen = createListener(client, socket, what);
    const ask = async (command: string): Promise<string> => {
      socket.write(`${command}\n`);
      return orEnded(signal, listen());
    };
    const order = async (command: string): Promise<void> => {
      const said = await ask(command);
      if (said !== '') throw refusal(what, said);
    };
    await order('prompt');
    const info = infoIn(await ask('show info'), client, what);
    return await work({ ask, order, info });
  } finally {
    socket.destroy();
  }
}

/** Gives one whole answer at a time. */
function createListener(
  client: HaproxyClient,
  socket: Socket,
  what: string,
): () => Promise<string> {
  let heard: Buffer[] = [];
  let heardBytes = 0;
  let answers = 0;
  let over: ConnectorError | undefined;
  let tell = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    heard.push(chunk);
    heardBytes += chunk.length;
    if (heardBytes > answerMaxBytes) {
      over ??= failure('refused', what, `an answer is longer than ${answerMaxBytes} bytes.`);
      socket.destroy();
    }
    tell();
  });
  socket.on('error', (error) => {
    over ??= explain(client, what, error);
    tell();
  });
  socket.on('close', () => {
    over ??= explainEnd(client, what, Buffer.concat(heard).toString(), answers);
    tell();
  });
  return async () => {
    for (;;) {
      const text = takeWhole(heard);
      if (text !== undefined) {
        [heard, heardBytes] = [[], 0];
        answers += 1;
        return text;
      }
      if (answers === 0 && masterPrompt.test(Buffer.concat(heard.slice(0, 1)).toString())) {
        const mend = 'Name a stats socket of its worker.';
        throw failure(
          'target-mismatch',
          what,
          `${client.address} is the master of HAProxy. ${mend}`,
        );
      }
      if (over !== undefined) throw over;
      await new Promise<void>((resolve) => (tell = resolve));
    }
  };
}

/** The answer in these pieces, when its end is there. Only the last bytes are looked at until then. */
function takeWhole(pieces: readonly Buffer[]): string | undefined {
  const end = Buffer.concat(pieces.slice(-promptText.length)).subarray(-promptText.length);
  if (end.toString() !== promptText) return undefined;
  return Buffer.concat(pieces).toString().slice(0, -promptText.length).replace(/\n$/, '');
}

/** The classes of what HAProxy says when it does not do what it was told. */
function refusal(what: string, said: string): ConnectorError {
  const words = said.trim().split('\n')[0]?.slice(0, 300) ?? '';
  if (/permission denied/i.test(said)) {
    const mend = 'Use a socket with "level admin", or have its level raised.';
    return failure('not-allowed', what, `HAProxy says "${words}". ${mend}`);
  }
  // A process that is leaving after a reload has its proxies disabled.
  const errorClass = /proxy is disabled/i.test(said) ? 'cannot-reach' : 'refused';
  return failure(errorClass, what, `HAProxy says "${words}".`);
}

function infoIn(text: string, client: HaproxyClient, what: string): Info {
  const fields = new Map(
    text.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
  );
  const pid = Number(fields.get('Pid'));
  if (!Number.isInteger(pid) || pid < 1) {
    const mend = 'Name the stats socket of HAProxy 2.0 or newer.';
    throw failure('target-mismatch', what, `${client.address} is no HAProxy. ${mend}`);
  }
  if (fields.get('Stopping') === '1') {
    throw failure('cannot-reach', what, `process ${pid} is leaving after a reload. Try again.`);
  }
  return {
    pid,
    node: fields.get('node') ?? '',
    description: fields.get('description') ?? '',
    version: fields.get('Version') ?? '',
    startedAt: (Number(fields.get('Start_time_sec') ?? Number.NaN) + 1) * 1000,
  };
}

/** HAProxy answers the first command with nothing but a prompt; whoever says something else is somebody else. */
function explainEnd(
  client: HaproxyClient,
  what: string,
  heard: string,
  answers: number,
): ConnectorError {
  if (answers === 0 && heard !== '' && !promptText.startsWith(heard)) {
    const mend = 'Name the stats socket of HAProxy.';
    return failure('target-mismatch', what, `${client.address} is no HAProxy. ${mend}`);
  }
  const cut = heard === '' ? 'before an answer' : 'in the middle of an answer';
  return failure('cannot-reach', what, `${client.address} hung up ${cut}.`);
}

function explain(client: HaproxyClient, what: string, error: Error): ConnectorError {
  const code = 'code' in error ? String(error.code) : error.message;
  if (code === 'EACCES' || code === 'EPERM') {
    const mend = 'Put this user into the group that the socket belongs to.';
    return failure('not-allowed', what, `${client.address} may not be opened. ${mend}`);
  }
  return failure('cannot-reach', what, `${client.address} cannot be connected to (${code}).`);
}
