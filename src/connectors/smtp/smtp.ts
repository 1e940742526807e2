// The smtp connector: notices as plain mail, with a Message-ID that makes every try of one notice the same mail.
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { z } from 'zod';
import {
  ConnectorError,
  defineChannel,
  defineConnector,
  type ApplyCall,
  type Delivery,
  type ErrorClass,
  type Notice,
  type ProbeAnswer,
} from '../../connector.ts';
import { Ended, endedError, withEnding } from '../ending.ts';
import { openSmtp, smtpOptions, type SmtpClient, type SmtpOptions } from './client.ts';
import { Broken, converse } from './conversation.ts';

const mailbox = z.email('is no mail address');

const address = z.strictObject({
  to: z.union([mailbox.transform((one) => [one]), z.array(mailbox).min(1).max(100)]),
});

type Address = z.output<typeof address>;

/** What plans name by `uses: smtp`. */
export const smtp = defineConnector<SmtpOptions, SmtpClient>({
  name: 'smtp',
  summary: 'Notices by mail, through a mail server of yours',
  options: smtpOptions,
  open: openSmtp,
  probe: async (client, call): Promise<ProbeAnswer> => {
    try {
      await withEnding(call, client.timeoutMs, (signal) => converse(client, undefined, signal));
      return { type: 'ready', evidence: { host: client.host, port: client.port } };
    } catch (error) {
      const { class: errorClass, message } = explained(client, 'log in to', error);
      return { type: 'not-ready', class: errorClass, because: message };
    }
  },
  channel: defineChannel<SmtpClient, Address>({
    summary: 'A plain text mail',
    address,
    person: (contact) => ({ to: contact }),
    send,
  }),
});

async function send(
  client: SmtpClient,
  { to }: Address,
  notice: Notice,
  call: ApplyCall,
): Promise<Delivery> {
  const messageId = messageIdOf(client, notice);
  const message = await compose(client, to, notice, messageId);
  try {
    const taken = await withEnding(call, client.timeoutMs, (signal) =>
      converse(client, { from: client.from, to, message }, signal),
    );
    const refused = taken?.rejected ?? [];
    const response = client.conceal.text(taken?.response ?? '');
    return { type: 'sent', receipt: { messageId, to: taken?.accepted ?? [], refused, response } };
  } catch (error) {
    const lost = error instanceof Broken && error.afterMail && replyOf(error.cause) === undefined;
    if (!lost) throw explained(client, 'send the notice by', error);
    return { type: 'maybe', receipt: { messageId, to: [...to], because: 'the answer was lost' } };
  }
}

/** The same for every try of one notice: mail programs and archives then fold the copies into one. */
function messageIdOf(client: SmtpClient, notice: Notice): string {
  const digest = createHash('sha256').update(notice.id).digest('hex').slice(0, 40);
  return `<${digest}@${client.from.split('@')[1] ?? 'backout.invalid'}>`;
}

async function compose(
  client: SmtpClient,
  to: readonly string[],
  notice: Notice,
  messageId: string,
): Promise<Buffer> {
  const { subject, text } = notice;
  const headers = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };
  const mail = { from: client.from, to: [...to], subject, text, messageId, headers };
  return new MailComposer(mail).compile().build();
}

function explained(client: SmtpClient, verb: string, error: unknown): ConnectorError {
  const what = `${verb} ${client.system}`;
  const cause: unknown = error instanceof Broken ? error.cause : error;
  if (cause instanceof Ended) return endedError('smtp', what, cause);
  const [errorClass, why] = classify(cause);
  return new ConnectorError(errorClass, client.conceal.text(`[smtp] Cannot ${what}: ${why}.`));
}

/** By the server's reply where there is one (RFC 5321: 4xx for now, 5xx for good), else by how the way there failed. */
function classify(cause: unknown): readonly [ErrorClass, string] {
  const { code, message, rejected } = failureIn(cause);
  const reply = replyOf(cause);
  if (rejected.length > 0) {
    const errorClass = reply !== undefined && reply < 500 ? 'cannot-reach' : 'refused';
    return [errorClass, `the server refuses ${rejected.join(', ')} (${reply ?? message})`];
  }
  if (code === 'EAUTH' || code === 'ENOAUTH' || reply === 530 || reply === 535) {
    const again = reply !== undefined && reply < 500 ? 'cannot-reach' : 'not-allowed';
    return [again, `the server does not let us in (${message}). Check user and password`];
  }
  if (code === 'ETLS') {
    return [
      'target-mismatch',
      `no TLS that can be trusted (${message}). See secure and allow-plain`,
    ];
  }
  if (reply !== undefined) return [reply < 500 ? 'cannot-reach' : 'refused', message];
  if (code === 'EENVELOPE' || code === 'EMESSAGE' || code === 'EPROTOCOL')
    return ['refused', message];
  return ['cannot-reach', message];
}

function replyOf(cause: unknown): number | undefined {
  return failureIn(cause).responseCode;
}

/** What nodemailer puts on its errors. */
function failureIn(cause: unknown): {
  readonly code: string | undefined;
  readonly responseCode: number | undefined;
  readonly rejected: readonly string[];
  readonly message: string;
} {
  if (!(cause instanceof Error)) {
    return { code: undefined, responseCode: undefined, rejected: [], message: 'an unknown error' };
  }
  return {
    code: 'code' in cause ? String(cause.code) : undefined,
    responseCode:
      'responseCode' in cause && typeof cause.responseCode === 'number'
        ? cause.responseCode
        : undefined,
    rejected:
      'rejected' in cause && Array.isArray(cause.rejected) ? cause.rejected.map(String) : [],
    message: cause.message.replaceAll(/\s+/g, ' ').replace(/\.$/, ''),
  };
}
