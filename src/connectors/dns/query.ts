// Questions to the authoritative server, by dig: what it has of a name, and whether it may say so.
import type { Call } from '../../connector.ts';
import { runProgram } from '../program.ts';
import type { DnsClient } from './client.ts';
import { failure, refusal, silence } from './errors.ts';
import { canonical } from './rdata.ts';

/** All records of one name and type. */
export interface RecordSet {
  readonly values: readonly string[];
  /** Seconds; undefined when there are none. */
  readonly ttl: number | undefined;
  /** Where the name is an alias. */
  readonly alias: string | undefined;
  /** How long resolvers keep it in mind that there is nothing, in seconds. */
  readonly absentTtl: number | undefined;
}

/** The records of this name and type, as the server itself has them. */
export async function readRecords(
  client: DnsClient,
  name: string,
  type: string,
  call: Call,
  what: string,
): Promise<RecordSet> {
  const text = await dig(client, [name, type], call, what);
  const answer = answersIn(text);
  const own = answer.filter((record) => record.owner === name);
  const found = own.filter((record) => record.type === type);
  const alias = own.find((record) => record.type === 'CNAME')?.data;
  return {
    values: found.map(({ data }) => canonical(type, data)).toSorted(),
    ttl: found[0]?.ttl,
    alias: type === 'CNAME' ? undefined : alias?.toLowerCase(),
    absentTtl: found.length > 0 ? undefined : absentTtlIn(text),
  };
}

async function dig(
  client: DnsClient,
  question: readonly string[],
  call: Call,
  what: string,
): Promise<string> {
  const seconds = Math.max(1, Math.ceil(client.timeoutMs / 2000));
  const key = client.keyFile === undefined ? [] : ['-k', client.keyFile];
  const argv = [
    'dig',
    // A file of the user's in HOME would change what is printed.
    '-r',
    ...key,
    `@${client.server}`,
    '-p',
    String(client.port),
    '+noall',
    '+comments',
    '+answer',
    '+authority',
    '+norecurse',
    '+nosearch',
    '+nosplit',
    '+tries=2',
    `+time=${seconds}`,
    ...question,
  ];
  const ran = await runProgram({ who: 'dns', what, argv, directory: client.directory }, call);
  const status = /^;; ->>HEADER<<-.*status: (\w+)/m.exec(ran.out)?.[1];
  const tsig = /TSIG.*?(BADKEY|BADSIG|BADTIME)/.exec(ran.out + ran.errors)?.[1];
  if (status === undefined) throw silence(client, ran.out + ran.errors, what);
  if (tsig !== undefined) throw refusal(client, `${status}(${tsig})`, what);
  if (status !== 'NOERROR' && status !== 'NXDOMAIN')
    throw refusal(client, status, what, question[0]);
  if (!/^;; flags:[^;]*\baa\b/m.test(ran.out)) {
    const why = `${client.server}#${client.port} has no authority over ${question[0]}. Name the primary server of the zone.`;
    throw failure(client, 'target-mismatch', what, why);
  }
  return ran.out;
}

interface Answer {
  readonly owner: string;
  readonly ttl: number;
  readonly type: string;
  readonly data: string;
}

/** `app.example.com.  30  IN  A  203.0.113.20`. */
function answersIn(text: string): readonly Answer[] {
  const section = /^;; ANSWER SECTION:\n((?:.+\n?)*)/m.exec(text)?.[1] ?? '';
  return section.split('\n').flatMap((line) => {
    const [, owner = '', ttl = '', type = '', data = ''] =
      /^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+(.+)$/.exec(line) ?? [];
    return owner === '' ? [] : [{ owner: owner.toLowerCase(), ttl: Number(ttl), type, data }];
  });
}

/** RFC 2308: the smaller of the TTL of the SOA and its last field. */
function absentTtlIn(text: string): number | undefined {
  const [, ttl, minimum] = /^\S+\s+(\d+)\s+IN\s+SOA\s+.*\s(\d+)\s*$/m.exec(text) ?? [];
  return ttl === undefined || minimum === undefined
    ? undefined
    : Math.min(Number(ttl), Number(minimum));
}
