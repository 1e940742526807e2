// The dns connector on a real BIND: the contract, keys that may not, and changes of others in between.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { AnyStateKind, Json, Kept, Observation } from '../../src/connector.ts';
import { dns } from '../../src/connectors/dns/dns.ts';
import { canonical } from '../../src/connectors/dns/rdata.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { startBind } from '../servers/bind.ts';
import { startedOrMissing } from '../servers/started.ts';
import { unusedPort } from './quiet-server.ts';

const { server, skip } = await startedOrMissing('bind', startBind);
const nobody = await unusedPort();
const silent = createSocket('udp4').bind(0, '127.0.0.1');
await once(silent, 'listening');
after(async () => {
  silent.close();
  await server?.stop();
});

describe('dns', { skip }, () => {
  const bind = server ?? assert.fail();
  const options = {
    server: '127.0.0.1',
    port: bind.port,
    zone: 'saas.test',
    'key-file': bind.keyFile,
  };
  const home = { name: 'app.saas.test', type: 'A', values: ['203.0.113.10'], ttl: 60 };
  const kind: AnyStateKind = dns.states?.['records'] ?? assert.fail();
  const secrets = [bind.secret];
  const open = (given: unknown = options) =>
    opened({ connector: dns, options: () => given, secrets });
  const act = async (wanted: unknown, given?: unknown) => {
    const system = await open(given);
    const desired: unknown = await validated(kind.desired, wanted);
    return {
      observe: (): Promise<Observation> => kind.observe(system.client, desired, readCall()),
      apply: async (): Promise<Json> =>
        (await kind.apply?.(system.client, desired, applyCall('r/s', 1))) ?? null,
      undo: async (kept: Kept): Promise<void> =>
        void (await kind.undo?.(system.client, desired, kept, applyCall('r/undo', 1))),
      refuses: (work: Promise<unknown>, errorClass: string, says: RegExp): Promise<void> =>
        assert.rejects(
          work,
          (error) => system.hearsError(error, errorClass) && says.test(String(error)),
        ),
    };
  };
  const reset = (): Promise<void> =>
    bind.change(
      'update delete app.saas.test.',
      'update add app.saas.test. 30 A 203.0.113.20',
      'update add app.saas.test. 30 A 203.0.113.21',
      'update delete text.saas.test.',
      'update delete new.saas.test.',
    );
  const picture = async (): Promise<Json> =>
    (await bind.ask('app.saas.test', 'A')).split('\n').toSorted();

  connectorSuite({
    connector: dns,
    options: () => options,
    secrets,
    unreachable: () => ({ ...options, port: nobody }),
    silent: () => ({ ...options, port: silent.address().port }),
    badOptions: [
      { value: { ...options, zone: 'saas test' }, path: 'zone' },
      { value: { ...options, server: '-f/etc/passwd;' }, path: 'server' },
      { value: { ...options, key: { name: 'k', secret: 'not base64!' } }, path: 'key.secret' },
    ],
    states: [
      {
        name: 'records',
        desired: () => home,
        disturb: reset,
        picture,
        undoes: true,
        changed: (before, after_) => {
          const [then, now] = [before, after_].map((each) => (Array.isArray(each) ? each : []));
          const only = (one: readonly Json[] = [], other: readonly Json[] = []): number =>
            one.filter((value) => !other.includes(value)).length;
          return only(then, now) + only(now, then);
        },
        bad: [
          { value: { ...home, values: ['203.0.113.999'] }, path: 'values.0' },
          { value: { ...home, values: ['203.0.113.10\nsend'] }, path: 'values.0' },
          { value: { ...home, type: 'TXT', values: ['a\nsend'] }, path: 'values.0' },
          { value: { ...home, name: 'app saas' }, path: 'name' },
          { value: { ...home, ttl: undefined }, path: 'ttl' },
          { value: { ...home, type: 'CNAME', values: ['a.', 'b.'] }, path: 'values' },
        ],
        failures: [
          {
            title: 'the key may change nothing',
            options: { ...options, 'key-file': bind.strangerFile },
            desired: home,
            class: 'not-allowed',
            says: /REFUSED/,
          },
          {
            title: 'there is no key at all',
            options: { ...options, 'key-file': undefined },
            desired: home,
            class: 'not-allowed',
            says: /REFUSED/,
          },
          {
            title: 'the secret is wrong',
            options: {
              ...options,
              'key-file': undefined,
              key: { name: 'backout', secret: Buffer.alloc(32, 7).toString('base64') },
            },
            desired: home,
            class: 'not-allowed',
            says: /BADSIG/,
          },
          {
            title: 'the server does not know the key',
            options: {
              ...options,
              'key-file': undefined,
              key: { name: 'nobody', secret: Buffer.alloc(32, 7).toString('base64') },
            },
            desired: home,
            class: 'not-allowed',
            says: /BADKEY/,
          },
          {
            title: 'the name is an alias',
            desired: { ...home, name: 'alias.saas.test' },
            class: 'refused',
            says: /is an alias of app\.saas\.test/,
          },
          {
            title: 'what is answered comes from a wildcard',
            desired: { ...home, name: 'app.wild.saas.test' },
            class: 'refused',
            says: /comes from a wildcard/,
          },
          {
            title: 'the name is not in the zone',
            desired: { ...home, name: 'app.other.test' },
            class: 'refused',
            says: /not in the zone/,
          },
          {
            title: 'somebody else put something there that the plan does not know',
            desired: { ...home, 'instead-of': ['203.0.113.20'] },
            class: 'refused',
            says: /Somebody else changed it/,
          },
          {
            title: 'the server has no authority over the zone',
            options: { ...options, zone: 'other.test' },
            desired: { ...home, name: 'app.other.test' },
            class: 'not-allowed',
            says: /REFUSED/,
          },
        ],
      },
    ],
  });

  it('takes the key by standard input as well, and shows it to no process table', async () => {
    await reset();
    const key = { name: 'backout', algorithm: 'hmac-sha256', secret: bind.secret };
    const system = await open({ ...options, 'key-file': undefined, key });
    const answer = await dns.probe?.(system.client as never, readCall());
    assert.equal(answer?.type, 'ready');
    const folder = join(bind.folder, 'bin');
    mkdirSync(folder);
    const seen = join(folder, 'words');
    writeFileSync(
      join(folder, 'nsupdate'),
      `#!/bin/sh\necho "$@" > ${seen}\nexec /usr/bin/nsupdate "$@"\n`,
    );
    chmodSync(join(folder, 'nsupdate'), 0o755);
    const path = process.env['PATH'] ?? '';
    process.env['PATH'] = `${folder}:${path}`;
    try {
      await (await act(home, { ...options, 'key-file': undefined, key })).apply();
    } finally {
      process.env['PATH'] = path;
    }
    assert.equal(readFileSync(seen, 'utf8'), '-v -t 5\n');
  });

  it('uses no key file that others can read', async () => {
    await reset();
    const readable = join(bind.folder, 'open.key');
    copyFileSync(bind.keyFile, readable);
    chmodSync(readable, 0o644);
    const { apply, refuses } = await act(home, { ...options, 'key-file': readable });
    await refuses(apply(), 'not-allowed', /chmod 600/);
    const missing = await act(home, { ...options, 'key-file': '/no/such.key' });
    await missing.refuses(missing.apply(), 'not-allowed', /cannot be read/);
  });

  it('says how long resolvers may still answer the old way', async () => {
    await reset();
    const { observe, apply } = await act(home);
    const seen = await observe();
    assert.equal(keepsFor(seen), 30);
    assert.equal(
      seen.type === 'differs' && seen.change,
      'app.saas.test. A: 203.0.113.20, 203.0.113.21 -> 203.0.113.10',
    );
    const receipt = (await apply()) as { oldAnswersUntil: string };
    const leftMs = Date.parse(receipt.oldAnswersUntil) - Date.now();
    assert.ok(leftMs > 0 && leftMs <= 30_000, String(leftMs));
    const none = await act({ ...home, name: 'new.saas.test' });
    const absent = await none.observe();
    // For a name that is not there, the SOA says how long that is kept in mind: min(5, 7).
    assert.equal(keepsFor(absent), 5);
  });

  it('does not overwrite what another changed between its reading and its writing', async () => {
    await reset();
    const { apply, refuses } = await act(home);
    const folder = join(bind.folder, 'late');
    mkdirSync(folder);
    const lines = `server 127.0.0.1 ${bind.port}\\nzone saas.test.\\nupdate add app.saas.test. 30 A 203.0.113.99\\nsend\\n`;
    writeFileSync(
      join(folder, 'nsupdate'),
      `#!/bin/sh\nprintf '${lines}' | /usr/bin/nsupdate -k ${bind.keyFile}\nexec /usr/bin/nsupdate "$@"\n`,
    );
    chmodSync(join(folder, 'nsupdate'), 0o755);
    const path = process.env['PATH'] ?? '';
    process.env['PATH'] = `${folder}:${path}`;
    try {
      await refuses(
        apply(),
        'refused',
        /somebody else changed it since it was read.*Nothing was overwritten/,
      );
    } finally {
      process.env['PATH'] = path;
    }
    assert.deepEqual(await picture(), ['203.0.113.20', '203.0.113.21', '203.0.113.99']);
  });

  it('does not undo over what another changed after the step', async () => {
    await reset();
    const { observe, apply, undo, refuses } = await act(home);
    const seen = await observe();
    const before = seen.type === 'differs' ? seen.evidence : null;
    const receipt = await apply();
    await bind.change('update add app.saas.test. 60 A 203.0.113.77');
    await refuses(undo({ before, receipt }), 'refused', /which the step did not set/);
    await bind.change('update delete app.saas.test. A 203.0.113.77');
    await undo({ before, receipt: null });
    assert.deepEqual(await picture(), ['203.0.113.20', '203.0.113.21']);
  });

  it('sees an update that the server took and ignored, because an alias stands beside', async () => {
    await reset();
    const wanted = { name: 'app.saas.test', type: 'CNAME', values: ['ns.saas.test'], ttl: 5 };
    const { apply, refuses } = await act(wanted);
    await refuses(apply(), 'verification-failed', /took the update, and has none all the same/);
  });

  it('makes a name that was not there, keeps a long text whole, and takes it away again', async () => {
    await reset();
    const text = `v=key; p="${'x'.repeat(300)}" \\ é`;
    const wanted = { name: 'text.saas.test', type: 'TXT', values: [text, 'two'], ttl: 5 };
    const { observe, apply, undo } = await act(wanted);
    const seen = await observe();
    await apply();
    assert.equal((await observe()).type, 'holds');
    await undo({ before: seen.type === 'differs' ? seen.evidence : null, receipt: null });
    assert.equal(await bind.ask('text.saas.test', 'TXT'), '');
  });

  it('compares records by what they mean, not by how they are written', () => {
    for (const [type, one, other] of [
      ['AAAA', '2001:DB8:0:0::1', '2001:db8::1'],
      ['CNAME', 'App.Example.com', 'app.example.com.'],
      ['MX', '10  Mail.example.com', '10 mail.example.com.'],
      ['TXT', 'a b', '"a " "b"'],
    ] as const) {
      assert.equal(canonical(type, one), canonical(type, other));
    }
    assert.notEqual(canonical('TXT', 'A'), canonical('TXT', 'a'));
  });

  it('changes the TTL alone', async () => {
    await reset();
    const wanted = { ...home, values: ['203.0.113.21', '203.0.113.20'], ttl: 5 };
    const { observe, apply } = await act(wanted);
    const seen = await observe();
    assert.equal(seen.type === 'differs' && seen.change, 'app.saas.test. A: ttl 30 -> 5');
    await apply();
    assert.equal((await observe()).type, 'holds');
  });

  it('says its environment by a record of the zone', async () => {
    const system = await open();
    const identity = await dns.identify?.(system.client as never, readCall());
    assert.equal(identity?.environment, 'staging');
    assert.equal(identity.id, 'saas.test');
  });

  it('is not ready with a key that the server does not take', async () => {
    const key = { name: 'backout', secret: Buffer.alloc(32, 7).toString('base64') };
    const system = await open({ ...options, 'key-file': undefined, key });
    const answer = await dns.probe?.(system.client as never, readCall());
    assert.equal(answer?.type === 'not-ready' && answer.class, 'not-allowed');
  });
});

/** How long resolvers keep what was seen, in seconds. */
function keepsFor(seen: Observation): unknown {
  return seen.type === 'differs' && typeof seen.evidence === 'object' && seen.evidence !== null
    ? (seen.evidence as { readonly [key: string]: Json })['resolversKeepItFor'] // no list: ours
    : undefined;
}
