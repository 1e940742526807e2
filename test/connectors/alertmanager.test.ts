// The alertmanager connector with a real one: the contract, silences that stay the customer's own, and alerts that are told again and again.
import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Delivered, Json, Observation, Reading, Received } from '../../src/connector.ts';
import { alertmanager } from '../../src/connectors/alertmanager/alertmanager.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { alertmanagerPassword, startAlertmanager } from '../servers/alertmanager.ts';
import { startedOrMissing } from '../servers/started.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const token = 'a-very-secret-token';
const posted: Delivered[] = [];
const hook = await startHttpServer((request, response, body) => {
  const headers = request.headers as Record<string, string>; // Alertmanager gives no header twice
  const { method = '', url: path = '' } = request;
  posted.push({ method, path, headers, body: Buffer.from(body), receivedAt: Date.now() });
  response.end();
});
const { server, skip } = await startedOrMissing('alertmanager', () =>
  startAlertmanager(hook.url, token),
);
const silent = await startSilentServer();
const nobody = await unusedPort();
after(() => Promise.all([server?.stop(), hook.close(), silent.close()]));

const at = (address: string, password = alertmanagerPassword): object => ({
  url: address.replace('//', `//backout:${password}@`),
  receives: { token },
});
const options = at(server?.url ?? 'http://127.0.0.1:9');

/** Asks Alertmanager beside the connector. */
async function api(path: string, method = 'GET', json?: unknown): Promise<Json> {
  const pair = Buffer.from(`backout:${alertmanagerPassword}`).toString('base64');
  const response = await fetch(`${server?.url}/api/v2${path}`, {
    method,
    headers: { authorization: `Basic ${pair}`, 'content-type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  const text = await response.text();
  assert.ok(response.ok, text);
  return (text === '' ? null : JSON.parse(text)) as Json;
}

interface Silence {
  readonly id: string;
  readonly status: { readonly state: string };
  readonly comment: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly matchers: readonly { readonly name: string; readonly value: string }[];
}

const silences = async (): Promise<readonly Silence[]> =>
  ((await api('/silences')) as unknown as readonly Silence[]).filter(
    ({ status }) => status.state !== 'expired',
  );
const expireAll = async (): Promise<void> => {
  for (const { id } of await silences()) await api(`/silence/${id}`, 'DELETE');
};
const silence = async (minutes: number, comment: string): Promise<void> => {
  await api('/silences', 'POST', {
    matchers: [
      { name: 'service', value: 'billing', isRegex: false, isEqual: true },
      { name: 'severity', value: 'warning|critical', isRegex: true, isEqual: true },
    ],
    startsAt: new Date().toISOString(),
    endsAt: new Date(Date.now() + minutes * 60_000).toISOString(),
    createdBy: 'ada',
    comment,
  });
};
const fire = async (instance: string, more: object = {}): Promise<void> => {
  const labels = { alertname: 'Slow', service: 'shop', instance };
  await api('/alerts', 'POST', [{ labels, ...more }]);
};

const window = { matchers: ['severity=~"warning|critical"', 'service=billing'], for: '2h' };

describe('alertmanager', { skip }, () => {
  connectorSuite({
    connector: alertmanager,
    options: () => options,
    secrets: [alertmanagerPassword, token],
    unreachable: () => at(`http://127.0.0.1:${nobody}`),
    silent: () => at(silent.url),
    forbidden: () => at(server?.url ?? '', 'wrong-password'),
    badOptions: [
      { value: { url: 'alertmanager:9093' }, path: 'url' },
      { value: { ...options, receives: { token: 'short' } }, path: 'receives.token' },
    ],
    states: [
      {
        name: 'silenced',
        desired: () => window,
        disturb: async () => {
          await expireAll();
          await silence(10, 'the deploy of last night');
        },
        picture: async () =>
          (await silences()).map(({ id, matchers }) => ({ id, of: matchers.length })),
        changed: (before, after) => (after as Json[]).length - (before as Json[]).length,
        undoes: true,
        bad: [
          { value: { matchers: [], for: '2h' }, path: 'matchers' },
          { value: { matchers: ['service'], for: '2h' }, path: 'matchers.0' },
          { value: { ...window, 'at-least': '3h' }, path: 'at-least' },
        ],
        failures: [
          {
            title: 'a matcher is no regular expression',
            desired: { matchers: ['service=~"("'], for: '2h' },
            class: 'refused',
            says: /status 400/,
          },
          {
            title: 'the password is wrong',
            options: at(server?.url ?? '', 'wrong-password'),
            desired: window,
            class: 'not-allowed',
          },
        ],
      },
    ],
    signals: [
      {
        title: 'two alerts of a service fire',
        query: { alerts: ['service=shop', 'instance=~"one|two"'] },
        arrange: async () => {
          await fire('one');
          await fire('two');
        },
        expect: 'number',
        value: 2,
      },
      { title: 'none fires', query: { alerts: ['service=nothing'] }, expect: 'number', value: 0 },
      {
        title: 'nobody listens',
        query: { alerts: ['service=shop'] },
        options: at(`http://127.0.0.1:${nobody}`),
        expect: 'error',
        class: 'cannot-reach',
      },
    ],
    events: {
      genuine: [{ title: 'a notification', delivered: () => notification() }],
      forged: [
        { title: 'without credentials', delivered: () => notification({ headers: {} }) },
        {
          title: 'with other credentials',
          delivered: () => notification({ headers: { authorization: 'Bearer another-token' } }),
        },
      ],
    },
  });

  describe('a silence', () => {
    beforeEach(expireAll);
    const kind = alertmanager.states?.['silenced'] ?? assert.fail();
    const wanted = async (more: object = {}): Promise<unknown> =>
      validated(kind.desired, { ...window, ...more });
    const observe = async (more: object = {}): Promise<Observation> => {
      const system = await opened({ connector: alertmanager, options: () => options, secrets: [] });
      return kind.observe(system.client as never, await wanted(more), readCall());
    };

    it('of somebody else is enough while it lasts long enough, and is nobody’s to end', async () => {
      await silence(90, 'maintenance of ada');
      assert.equal((await observe()).type, 'holds');
      assert.equal((await observe({ 'at-least': '100m' })).type, 'differs');
      const before = { silences: [] };
      const system = await opened({ connector: alertmanager, options: () => options, secrets: [] });
      const kept = { before, receipt: null };
      await kind.undo?.(system.client as never, await wanted(), kept, applyCall('undo', 1));
      assert.equal((await silences()).length, 1);
    });

    it('says who made it and why, and silences what it says', async () => {
      const system = await opened({ connector: alertmanager, options: () => options, secrets: [] });
      const desired = await wanted({ comment: 'Run 7 goes back' });
      await kind.apply?.(system.client as never, desired, applyCall('run-7/quiet', 1));
      const [made] = await silences();
      assert.equal(made?.createdBy, 'backout');
      assert.match(made.comment, /^Run 7 goes back \[backout:[0-9a-f]{16}\]$/);
      const hours = (Date.parse(made.endsAt) - Date.now()) / 3_600_000;
      assert.ok(hours > 1.9 && hours <= 2, String(hours));
    });

    it('is made longer, not doubled, when the same step finds its own too short', async () => {
      const system = await opened({ connector: alertmanager, options: () => options, secrets: [] });
      for (const length of ['10m', '2h'])
        await kind.apply?.(
          system.client as never,
          await wanted({ for: length }),
          applyCall('run-8/quiet', 1),
        );
      const all = await silences();
      assert.equal(all.length, 1);
      assert.ok(Date.parse(all[0]?.endsAt ?? '') - Date.now() > 3_600_000);
    });

    it('keeps its alerts out of the number, unless they are asked for', async () => {
      const read = async (more: object): Promise<readonly Reading[]> => {
        const system = await opened({
          connector: alertmanager,
          options: () => options,
          secrets: [],
        });
        const query: unknown = await validated(alertmanager.signal!.query, {
          alerts: ['service=billing', 'severity=critical'],
          ...more,
        });
        const when = { type: 'at', at: Date.now() } as const;
        return alertmanager.signal!.read(system.client as never, query, when, readCall());
      };
      const labels = { alertname: 'Down', service: 'billing', severity: 'critical' };
      await api('/alerts', 'POST', [{ labels }]);
      await silence(60, 'quiet');
      await until(async () => valueOf(await read({})) === 0);
      assert.equal(valueOf(await read({ silenced: true })), 1);
    });
  });

  it('posts an alert, the same again, and its end: two events that each count once', async () => {
    const instance = `told-${Date.now()}`;
    await fire(instance);
    await until(async () => (await idsOf(instance)).length >= 2);
    assert.equal(new Set(await idsOf(instance)).size, 1, 'told again, and yet the same event');
    await fire(instance, { endsAt: new Date().toISOString() });
    await until(async () => new Set(await idsOf(instance)).size === 2);
    const last = (await eventsOf(instance)).at(-1);
    assert.match(JSON.stringify(last?.data), /"event":"Slow","status":"resolved"/);
  });
});

describe('a notification', () => {
  it('is refused when it is no message of version 4, or not posted, or too long', async () => {
    const statusOf = async (given: Partial<Delivered>): Promise<number> => {
      const received = await receive(notification(given));
      return received.type === 'rejected' ? received.status : 200;
    };
    assert.equal(await statusOf({}), 200);
    assert.equal(await statusOf({ body: Buffer.from('{"version":"3"}') }), 400);
    assert.equal(await statusOf({ body: Buffer.from('hello') }), 400);
    assert.equal(await statusOf({ method: 'GET' }), 400);
    assert.equal(await statusOf({ body: Buffer.alloc(5_000_000) }), 413);
  });

  it('is proved by user and password, by nothing where the plan says so, and else refused', async () => {
    const basic = `Basic ${Buffer.from('am:a-long-password').toString('base64')}`;
    const given = notification({ headers: { authorization: basic } });
    const user = { user: 'am', password: 'a-long-password' };
    assert.equal((await receive(given, { receives: user })).type, 'accepted');
    assert.equal((await receive(given)).type, 'rejected');
    assert.equal(
      (await receive(notification({ headers: {} }), { receives: 'none' })).type,
      'accepted',
    );
    const undeclared = await receive(given, { receives: undefined });
    assert.match(JSON.stringify(undeclared), /401.*Add receives/);
  });

  it('says of a group whether anything in it still fires', async () => {
    const received = await receive(notification());
    assert.ok(received.type === 'accepted');
    assert.deepEqual(
      received.events
        .map(({ data }) => data as { status: string; group: { status: string } })
        .map(({ status, group }) => [status, group.status]),
      [
        ['firing', 'firing'],
        ['resolved', 'firing'],
      ],
    );
  });
});

function notification(more: Partial<Delivered> = {}): Delivered {
  const alert = (fingerprint: string, status: string): object => ({
    status,
    labels: { alertname: 'Slow', instance: fingerprint },
    annotations: {},
    startsAt: '2026-11-25T10:00:00Z',
    endsAt: status === 'resolved' ? '2026-11-25T10:06:00Z' : '0001-01-01T00:00:00Z',
    fingerprint,
  });
  const body = {
    version: '4',
    groupKey: '{}:{alertname="Slow"}',
    status: 'firing',
    receiver: 'backout',
    groupLabels: { alertname: 'Slow' },
    alerts: [alert('a1', 'firing'), alert('b2', 'resolved')],
  };
  return {
    method: 'POST',
    path: '/hooks/shop/alerts',
    headers: { authorization: `Bearer ${token}` },
    body: Buffer.from(JSON.stringify(body)),
    receivedAt: Date.now(),
    ...more,
  };
}

async function receive(delivered: Delivered, more: object = {}): Promise<Received> {
  const system = await opened(
    { connector: alertmanager, options: () => options, secrets: [token] },
    { ...options, ...more },
  );
  const received = await alertmanager.events!.receive(system.client as never, delivered);
  system.hears(received);
  return received;
}

async function eventsOf(
  instance: string,
): Promise<readonly (Reading & { readonly type: 'event' })[]> {
  const all = await Promise.all(posted.map((delivered) => receive(delivered)));
  return all
    .flatMap((received) => (received.type === 'accepted' ? received.events : []))
    .filter(({ data }) => JSON.stringify(data).includes(instance));
}

async function idsOf(instance: string): Promise<readonly string[]> {
  return (await eventsOf(instance)).map(({ id }) => id);
}

function valueOf([reading]: readonly Reading[]): number | undefined {
  return reading?.type === 'number' ? reading.value : undefined;
}

/** Waits for a condition, at most half a minute. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  const giveUpAt = Date.now() + 30_000;
  while (!(await condition())) {
    assert.ok(Date.now() < giveUpAt, 'it never came to be');
    await wait(100);
  }
}
