// What a name server answers instead of doing it, told by class.
import { ConnectorError, type ErrorClass } from '../../connector.ts';
import type { DnsClient } from './client.ts';

/** The error of this connector: one sentence that begins with who speaks. */
export function failure(
  client: DnsClient,
  errorClass: ErrorClass,
  what: string,
  why: string,
): ConnectorError {
  const message = client.conceal.text(`[dns] Cannot ${what}: ${why}`);
  return new ConnectorError(errorClass, message);
}

/** The class of a response code; the text after it may name a TSIG error: `NOTAUTH(BADKEY)`. */
export function refusal(
  client: DnsClient,
  code: string,
  what: string,
  about = client.zone,
): ConnectorError {
  const where = `${client.server}#${client.port}`;
  const fail = (errorClass: ErrorClass, why: string): ConnectorError =>
    failure(client, errorClass, what, why);
  if (/BADTIME|clocks/i.test(code)) {
    return fail(
      'not-allowed',
      `the clocks of this machine and ${where} differ by too much (${code}).`,
    );
  }
  if (/BADKEY|BADSIG|BADTRUNC|BADALG/.test(code)) {
    return fail(
      'not-allowed',
      `${where} does not take our key (${code}). Check its name and secret.`,
    );
  }
  if (/^(REFUSED|NOTAUTH)/.test(code)) {
    const mend =
      'Check that it is the primary of the zone, and what its update-policy grants the key.';
    return fail('not-allowed', `${where} says ${code} for ${about}. ${mend}`);
  }
  if (code.startsWith('SERVFAIL')) {
    return fail('cannot-reach', `${where} says SERVFAIL for ${about}: it cannot serve now.`);
  }
  return fail('refused', `${where} says ${code} for ${about}.`);
}

/** What dig and nsupdate say when no answer came. */
export function silence(client: DnsClient, said: string, what: string): ConnectorError {
  const where = `${client.server}#${client.port}`;
  if (/timed out/i.test(said) && !/refused|unreachable/i.test(said)) {
    const why = `${where} gives no answer within ${client.timeoutMs} ms.`;
    return failure(client, 'timed-out', what, why);
  }
  const line = said
    .split('\n')
    .find((each) =>
      /refused|unreachable|failed|couldn't|could not|not found|no servers/i.test(each),
    );
  const why = `no answer from ${where} (${(line ?? 'no reason given').replace(/^;+ ?/, '').trim()}).`;
  return failure(client, 'cannot-reach', what, why);
}
