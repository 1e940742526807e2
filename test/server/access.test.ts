// Who may ask: names, origins and tokens, and what every answer forbids the browser.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asking, host, problemIn } from './asking.ts';

const order = { plan: 'ledger-cutover', playbook: 'full', because: 'errors', kind: 'live' };

test('a foreign name that points at this machine is not answered', async () => {
  const { get } = await asking();
  for (const name of [
    'evil.example',
    'evil.example:4600',
    '127.0.0.1.evil.example',
    '10.0.0.7:4600',
    '',
  ]) {
    assert.equal((await problemIn(await get('/', { host: name }))).code, 'wrong-host', name);
  }
  for (const name of [
    'localhost',
    'LOCALHOST:4600',
    '127.0.0.1:4600',
    '127.8.9.10',
    '[::1]:4600',
  ]) {
    assert.equal((await get('/', { host: name })).status, 200, name);
  }
});

test('a server bound to every address answers by address and by the names it was given', async () => {
  const { get } = await asking({
    access: { host: '0.0.0.0', names: ['backout.example'], token: null },
  });
  for (const name of ['10.0.0.7:4600', '[fd00::7]:4600', 'backout.example'])
    assert.equal((await get('/', { host: name })).status, 200, name);
  assert.equal((await get('/', { host: 'evil.example' })).status, 421);
});

test('only a page of this server may order something', async () => {
  const { app, stage } = await asking();
  const post = async (headers: Record<string, string>): Promise<number> =>
    (
      await app.request(`http://${host}/api/v1/runs`, {
        method: 'POST',
        body: JSON.stringify(order),
        headers: { host, 'content-type': 'application/json', ...headers },
      })
    ).status;
  assert.equal(await post({}), 403);
  assert.equal(await post({ origin: 'http://evil.example' }), 403);
  assert.equal(await post({ origin: 'null' }), 403);
  assert.equal(await post({ origin: 'http://127.0.0.1:9999' }), 403);
  assert.equal(await post({ 'sec-fetch-site': 'cross-site', origin: `http://${host}` }), 403);
  assert.equal(await post({ 'sec-fetch-site': 'same-site' }), 403);
  assert.deepEqual(await stage.control.runs(), []);
  assert.equal(await post({ origin: `http://${host}` }), 200);
});

test('to look at an order never gives it', async () => {
  const { app, stage, get } = await asking();
  await stage.breach();
  for (const path of [
    '/d/ledger-cutover/1/approve',
    '/r/1/abort',
    '/api/v1/migrations/ledger-cutover/decisions',
  ]) {
    assert.equal((await get(path)).status, 404, path);
    assert.equal(
      (await app.request(`http://${host}${path}`, { method: 'HEAD', headers: { host } })).status,
      404,
      path,
    );
  }
  assert.deepEqual((await stage.control.migrations())[0]?.waiting, [1]);
});

test('where a token is set, everybody shows it: as a bearer, or once in the address', async () => {
  const token = 'a-long-random-token';
  const { app, get, post } = await asking({ access: { host: '127.0.0.1', names: [], token } });
  assert.equal((await problemIn(await get('/'))).status, 401);
  assert.equal(
    (await problemIn(await get('/api/v1/runs', { authorization: 'Bearer wrong' }))).code,
    'token-wanted',
  );
  assert.equal((await post('/api/v1/runs', order)).status, 401);
  const program = {
    method: 'POST',
    body: JSON.stringify(order),
    headers: { host, 'content-type': 'application/json', authorization: `Bearer ${token}` },
  };
  assert.equal((await app.request(`http://${host}/api/v1/runs`, program)).status, 200);
  const first = await get(`/r/1?token=${token}`);
  assert.deepEqual([first.status, first.headers.get('location')], [303, '/r/1']);
  const cookie = first.headers.get('set-cookie') ?? '';
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  assert.equal((await get('/r/1', { cookie: cookie.split(';')[0] ?? '' })).status, 200);
  assert.equal((await get('/?token=wrong')).status, 401);
});

test('every answer forbids foreign content, frames and caches', async () => {
  const { get } = await asking();
  for (const path of ['/', '/api/v1/runs', '/live.js', '/nothing']) {
    const { headers } = await get(path);
    const policy = headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|https?:|\*/);
    assert.equal(headers.get('x-frame-options'), 'DENY');
    assert.equal(headers.get('cache-control'), 'no-store');
  }
});
