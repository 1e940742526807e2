// One update of a zone, by nsupdate: done as a whole, and only if nothing changed since it was read (RFC 2136).
import { stat } from 'node:fs/promises';
import type { Call } from '../../connector.ts';
import { runProgram } from '../program.ts';
import type { DnsClient } from './client.ts';
import { failure, refusal, silence } from './errors.ts';

/** What became of an update. */
export type Updated = 'updated' | 'moved';

/**
 * Sends the lines over TCP, so that no lost datagram makes nsupdate send them twice. The key goes by its file or by
 * standard input, never by a word of the command.
 */
export async function update(
  client: DnsClient,
  lines: readonly string[],
  call: Call,
  what: string,
): Promise<Updated> {
  const { key, keyFile } = client;
  if (keyFile !== undefined) await holdSecret(client, keyFile, what);
  const seconds = Math.max(1, Math.ceil(client.timeoutMs / 1000));
  const input = [
    ...(key === undefined ? [] : [`key ${key.algorithm}:${key.name} ${key.secret}`]),
    `server ${client.server} ${client.port}`,
    `zone ${client.zone}`,
    ...lines,
    'send',
    '',
  ].join('\n');
  const ran = await runProgram(
    {
      who: 'dns',
      what,
      argv: [
        'nsupdate',
        '-v',
        '-t',
        String(seconds),
        ...(keyFile === undefined ? [] : ['-k', keyFile]),
      ],
      directory: client.directory,
      input,
    },
    call,
  );
  const said = ran.errors + ran.out;
  // It goes on without a key that it cannot read, and ends with 0.
  const unread = /could not read key from.*/.exec(said)?.[0];
  if (unread !== undefined) throw failure(client, 'not-allowed', what, `${unread}.`);
  const code = /update failed: (\S+)/.exec(said)?.[1];
  if (code !== undefined && /^(NXRRSET|YXRRSET|NXDOMAIN|YXDOMAIN)/.test(code)) return 'moved';
  if (code !== undefined) throw refusal(client, code, what);
  if (/clocks are unsynchronized/i.test(said)) throw refusal(client, 'BADTIME', what);
  if (ran.code === 0) return 'updated';
  if (/communication with|no servers|connection|timed out|unreachable|not found/i.test(said)) {
    throw silence(client, said, what);
  }
  const line = said.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  throw failure(client, 'refused', what, `nsupdate says "${line}".`);
}

/** A key that others can read is a key that others can use. */
async function holdSecret(client: DnsClient, path: string, what: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw failure(client, 'not-allowed', what, `the key file ${path} cannot be read (${code}).`);
  });
  if ((found.mode & 0o077) === 0) return;
  const why = `others than this user can read the key file ${path}. Run chmod 600 on it.`;
  throw failure(client, 'not-allowed', what, why);
}
