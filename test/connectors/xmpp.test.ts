// The xmpp connector with a real Prosody: the contract with and without TLS and acknowledgements, and servers that are not what they seem.
import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { after, describe, it } from 'node:test';
import type { Delivery } from '../../src/connector.ts';
import { xmpp } from '../../src/connectors/xmpp/xmpp.ts';
import { openXmpp, xmppOptions } from '../../src/connectors/xmpp/client.ts';
import { StreamReader, escaped, type Element } from '../../src/connectors/xmpp/element.ts';
import { Scram } from '../../src/connectors/xmpp/scram.ts';
import { inSession } from '../../src/connectors/xmpp/session.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { prosodyPassword, startProsody } from '../servers/prosody.ts';
import { startedOrMissing } from '../servers/started.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const { server, skip } = await startedOrMissing('prosody', startProsody);
const silent = await startSilentServer();
const nobody = await unusedPort();
after(() => Promise.all([server?.stop(), silent.close()]));

const base = { password: prosodyPassword, host: '127.0.0.1', port: server?.port ?? 9 };
const withTls = { ...base, jid: 'backout@localhost', 'tls-ca': server?.certificate ?? '/none' };
const plain = { ...base, jid: 'backout@plain.localhost' };

const got = new Map<string, string[]>();

/** What came to ada on that domain: she comes by, takes what lies there, and goes. */
async function arrived(options: typeof plain): Promise<readonly string[]> {
  const domain = options.jid.split('@')[1] ?? '';
  const client = openXmpp(xmppOptions.parse({ ...options, jid: `ada@${domain}` }), {
    system: 'ada',
    directory: '/',
  });
  const ids = got.get(domain) ?? [];
  got.set(domain, ids);
  await inSession(client, 'read', readCall(), async ({ stream }) => {
    stream.send("<presence/><iq type='get' id='end'><ping xmlns='urn:xmpp:ping'/></iq>");
    await stream.wait((element) => {
      if (element.name === 'message') ids.push(element.attributes['id'] ?? '');
      return element.attributes['id'] === 'end';
    });
  });
  return [...ids];
}

const domains = { 'with TLS and acknowledgements': withTls, 'without either': plain };

describe('xmpp', { skip }, () => {
  for (const [title, options] of Object.entries(domains)) {
    describe(title, () => {
      connectorSuite({
        connector: xmpp,
        options: () => options,
        secrets: [prosodyPassword],
        unreachable: () => ({ ...options, port: nobody }),
        silent: () => ({ ...options, port: silent.port }),
        forbidden: () => ({ ...options, password: 'wrong-password' }),
        badOptions: [
          { value: { ...options, jid: 'backout' }, path: 'jid' },
          { value: { ...options, port: 0 }, path: 'port' },
        ],
        channel: {
          address: { to: options.jid.replace('backout', 'ada') },
          arrived: async () => arrived(options),
        },
      });
    });
  }

  const notice = { id: 'notice-<9>', subject: 'Run 7 & “more”', text: 'a < b\u0000\n', facts: {} };
  const send = async (options: object, to: string): Promise<Delivery> => {
    const system = await opened(
      { connector: xmpp, options: () => options, secrets: [prosodyPassword] },
      options,
    );
    const address: unknown = await validated(xmpp.channel!.address, { to });
    try {
      const call = applyCall('notice-9', 1);
      const delivery = await xmpp.channel!.send(system.client as never, address, notice, call);
      system.hears(delivery);
      return delivery;
    } catch (error) {
      system.hearsError(error);
      throw error;
    }
  };

  it('tells that it uses TLS where the server offers it, and what it does not trust', async () => {
    const { 'tls-ca': _ca, ...untrusted } = withTls;
    await assert.rejects(send(untrusted, 'ada@localhost'), { class: 'target-mismatch' });
  });

  it('does not sign in where everybody could read it, unless it is told to or is near', async () => {
    const far = openXmpp(xmppOptions.parse({ ...plain, host: 'chat.example.com' }), {
      system: 'chat',
      directory: '/',
    });
    assert.equal(far.mayBePlain, false);
    await assert.rejects(
      inSession({ ...far, host: '127.0.0.1' }, 'use', readCall(), async () => null),
      { class: 'refused', message: /offers no TLS/ },
    );
  });

  it('says who cannot be written to', async () => {
    for (const options of [withTls, plain]) {
      const domain = options.jid.split('@')[1] ?? '';
      await assert.rejects(send(options, `nobody@${domain}`), {
        class: 'refused',
        message: new RegExp(`nobody@${domain} cannot be written to`),
      });
    }
  });

  it('is told by a server that serves another domain', async () => {
    const other = { ...plain, jid: 'backout@other.test' };
    await assert.rejects(send(other, 'ada@other.test'), { class: 'target-mismatch' });
  });
});

describe('an xmpp server that hangs up', () => {
  const features = (inner: string): string =>
    `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'><stream:features>${inner}</stream:features>`;
  /** Lets everybody in by PLAIN, and does with a message what it is told to. */
  const pretend = async (onMessage: (socket: Socket) => void): Promise<Delivery> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      let isIn = false;
      socket.setEncoding('utf8').on('error', () => undefined);
      socket.on('data', (text: string) => {
        if (text.includes('<stream:stream'))
          socket.write(
            features(isIn ? '<bind/>' : '<mechanisms><mechanism>PLAIN</mechanism></mechanisms>'),
          );
        if (text.includes('<auth'))
          socket.write("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        if (text.includes('<auth')) isIn = true;
        if (text.includes('<bind')) socket.write("<iq type='result' id='bind'/>");
        if (text.includes('<message')) onMessage(socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // a server on TCP has such an address
    const options = { ...plain, port };
    const system = await opened({ connector: xmpp, options: () => options, secrets: [] });
    const notice = { id: 'notice-1', subject: 's', text: 't', facts: {} };
    const call = applyCall('notice-1', 1);
    try {
      return await xmpp.channel!.send(system.client as never, { to: 'ada@x.test' }, notice, call);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  };

  it('after the message may have taken it', async () => {
    const delivery = await pretend((socket) => socket.destroy());
    assert.equal(delivery.type, 'maybe');
    assert.match(JSON.stringify(delivery), /hangs up/);
  });

  it('or sends what is no XML, or what XMPP forbids, may have taken it as well', async () => {
    for (const nonsense of [
      '</a><b',
      '<!DOCTYPE x [<!ENTITY a "b">]>',
      `<a>${'x'.repeat(300_000)}`,
    ]) {
      const delivery = await pretend((socket) => socket.write(nonsense));
      assert.equal(delivery.type, 'maybe', nonsense.slice(0, 20));
    }
  });
});

describe('the parts of xmpp', () => {
  it('SCRAM proves the password as RFC 7677 says, and asks the server for the same', async () => {
    const scram = new Scram('SCRAM-SHA-256', 'user', 'pencil');
    const nonce = scram.first.replace(/^n,,n=user,r=/, '');
    const challenge = `r=${nonce}srv,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;
    assert.match(await scram.answer(challenge), /^c=biws,r=.*srv,p=[A-Za-z0-9+/]{43}=$/);
    assert.equal(scram.isProved('v=AAAA'), false);
    await assert.rejects(scram.answer('r=another,s=AAAA,i=4096'), /is none/);
    await assert.rejects(scram.answer(`r=${nonce}x,s=AAAA,i=99999999`), /is none/);
  });

  it('an element is read whole however it is cut into pieces', () => {
    const text = "<s:s xmlns:s='x'><message id='1'><body>a &amp; b</body></message><r/>";
    for (let cut = 1; cut < text.length; cut += 1) {
      const seen: Element[] = [];
      const reader = new StreamReader(
        (element) => seen.push(element),
        () => assert.fail('it has not ended'),
      );
      reader.take(text.slice(0, cut));
      reader.take(text.slice(cut));
      assert.deepEqual(
        seen.map(({ name }) => name),
        ['message', 'r'],
      );
      assert.equal(seen[0]?.children[0]?.text, 'a & b');
    }
  });

  it('nothing in a notice becomes an element', () => {
    assert.equal(escaped(`</body><x a='"&\u0001\uFFFE`), '&lt;/body&gt;&lt;x a=&apos;&quot;&amp;');
  });
});
