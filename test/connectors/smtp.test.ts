// The smtp connector with a real mail server: the contract, refusals, and answers that are lost at the worst moment.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, beforeEach, describe, it } from 'node:test';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { Delivery } from '../../src/connector.ts';
import { smtp } from '../../src/connectors/smtp/smtp.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const password = 'a-very-secret-password';
const mails: ParsedMail[] = [];
let answer: 'take' | 'hang-up' | 'never' | number = 'take';

const reply = (code: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode: code });
const behaviour: SMTPServerOptions = {
  disabledCommands: ['STARTTLS'],
  allowInsecureAuth: true,
  onAuth: (auth, _session, done) => {
    if (auth.password !== password) return done(reply(535, 'wrong password'));
    done(null, { user: auth.username });
  },
  onRcptTo: ({ address }, _session, done) => {
    done(address.startsWith('nobody') ? reply(550, 'no such user') : null);
  },
  onData: (stream, session, done) => {
    simpleParser(stream, (_error, mail) => {
      if (typeof answer === 'number') return done(reply(answer, 'told to refuse'));
      mails.push(mail);
      if (answer === 'take') return done(null);
      if (answer === 'hang-up') for (const each of server.connections) each.close();
    });
  },
};
const server = new SMTPServer(behaviour);
server.on('error', () => undefined);
server.listen(0, '127.0.0.1');
await once(server.server, 'listening');
const { port } = server.server.address() as AddressInfo; // a server on TCP has such an address
const silent = await startSilentServer();
const nobody = await unusedPort();
after(async () => {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await silent.close();
});

const options = { host: '127.0.0.1', port, user: 'backout', password, from: 'backout@saas.test' };

connectorSuite({
  connector: smtp,
  options: () => options,
  secrets: [password],
  unreachable: () => ({ ...options, port: nobody }),
  silent: () => ({ ...options, port: silent.port }),
  badOptions: [
    { value: { ...options, from: 'backout' }, path: 'from' },
    { value: { ...options, url: 'smtp://x' }, path: '' },
    { value: { from: 'a@b.test', url: 'http://x' }, path: 'url' },
  ],
  channel: {
    address: { to: ['ada@saas.test'] },
    arrived: async () => mails.map(({ messageId }) => messageId ?? ''),
  },
});

describe('smtp', () => {
  const notice = {
    id: 'notice-9',
    subject: 'Run 7 asks: roll back? — “now”',
    text: 'Zeile 1\n.\nend\n',
    facts: {},
  };
  const send = async (to: unknown, more: object = {}, limits = {}): Promise<Delivery> => {
    const system = await opened(
      { connector: smtp, options: () => options, secrets: [password] },
      { ...options, ...more },
    );
    const channel = smtp.channel ?? assert.fail();
    const address: unknown = await validated(channel.address, { to });
    try {
      const delivery = await channel.send(
        system.client as never,
        address,
        notice,
        applyCall('notice-9', 1, limits),
      );
      system.hears(delivery);
      return delivery;
    } catch (error) {
      system.hearsError(error);
      throw error;
    }
  };
  beforeEach(() => {
    mails.length = 0;
    answer = 'take';
  });

  it('sends a plain text mail that is the same mail at every try', async () => {
    await send('ada@saas.test');
    await send('ada@saas.test');
    const [first, second] = mails;
    assert.equal(first?.subject, notice.subject);
    assert.equal(first.text, notice.text);
    assert.equal(first.html, false);
    assert.equal(first.from?.text, 'backout@saas.test');
    assert.match(first.messageId ?? '', /^<[0-9a-f]{40}@saas\.test>$/);
    assert.equal(first.messageId, second?.messageId);
  });

  it('names the recipients that the server refuses, and fails only when it refuses all', async () => {
    const delivery = await send(['ada@saas.test', 'nobody@saas.test']);
    assert.equal(delivery.type, 'sent');
    assert.match(
      JSON.stringify(delivery),
      /"to":\["ada@saas.test"\],"refused":\["nobody@saas.test"\]/,
    );
    await assert.rejects(send('nobody@saas.test'), {
      class: 'refused',
      message: /nobody@saas\.test/,
    });
  });

  it('does not know whether a mail was taken when the answer to it is lost', async () => {
    answer = 'hang-up';
    assert.equal((await send('ada@saas.test')).type, 'maybe');
    answer = 'never';
    assert.equal((await send('ada@saas.test', {}, { deadlineMs: 500 })).type, 'maybe');
    assert.equal(mails.length, 2);
  });

  it('tells a refusal for now from one for good', async () => {
    answer = 451;
    await assert.rejects(send('ada@saas.test'), { class: 'cannot-reach' });
    answer = 554;
    await assert.rejects(send('ada@saas.test'), { class: 'refused' });
  });

  it('is not let in with a wrong password', async () => {
    await assert.rejects(send('ada@saas.test', { password: 'wrong-password' }), {
      class: 'not-allowed',
    });
  });

  it('lets no recipient or subject become a header', async () => {
    await assert.rejects(send('ada@saas.test\r\nBcc: eve@saas.test'));
    const channel = smtp.channel ?? assert.fail();
    const system = await opened({ connector: smtp, options: () => options, secrets: [password] });
    const address: unknown = await validated(channel.address, { to: 'ada@saas.test' });
    const evil = { ...notice, subject: 'Hello\r\nBcc: eve@saas.test\r\n\r\nbody' };
    await channel.send(system.client as never, address, evil, applyCall('notice-9', 1));
    assert.equal(mails[0]?.bcc, undefined);
    assert.equal(mails[0]?.headers.has('bcc'), false);
  });

  it('keeps its password to itself where there is no TLS, unless it is told otherwise', async () => {
    const { openSmtp, smtpOptions } = await import('../../src/connectors/smtp/client.ts');
    const requires = (more: object): boolean =>
      openSmtp(smtpOptions.parse({ ...options, ...more }), { system: 'mail', directory: '/' })
        .requireTls;
    assert.equal(requires({ host: 'mail.example.com' }), true);
    assert.equal(requires({ host: 'mail.example.com', 'allow-plain': true }), false);
    assert.equal(requires({}), false);
  });

  it('understands a url as well', async () => {
    const { host: _host, port: _port, user: _user, password: _password, ...rest } = options;
    const url = `smtp://backout:${password}@127.0.0.1:${port}`;
    const system = await opened({
      connector: smtp,
      options: () => ({ ...rest, url }),
      secrets: [password],
    });
    assert.equal((await smtp.probe!(system.client as never, readCall())).type, 'ready');
  });
});
