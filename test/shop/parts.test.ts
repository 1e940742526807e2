// What each part of the shop promises to whoever asks it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { randomUUID } from 'node:crypto';
import { person } from '../../src/demo/shop/people.ts';
import { startShop } from '../../src/demo/shop/shop.ts';
import { ask, startRunningShop, until, valueOf, type RunningShop } from './running-shop.ts';

let running: RunningShop;
before(async () => {
  running = await startRunningShop();
  await running.shop.migrate.copy();
  await running.shop.pause();
});
after(() => running.stop());

/** Signs a customer in at a service and returns the headers for what they do next. */
async function signedIn(url: string): Promise<Readonly<Record<string, string>>> {
  const { email, password } = person(3);
  const { json } = await ask('POST', `${url}/sign-in`, { email, password });
  return { authorization: `Bearer ${String(json['token'])}`, 'x-customer': email };
}

for (const side of ['legacy', 'ledger'] as const) {
  test(`${side}: the same order asked for twice is one order, with one invoice`, async () => {
    const url = running.shop.urls[side];
    const customer = await signedIn(url);
    const order = { request_id: randomUUID(), sku: 'cup-blue', quantity: 2 };
    const first = await ask('POST', `${url}/orders`, order, customer);
    const again = await ask('POST', `${url}/orders`, order, customer);
    assert.deepEqual([first.status, again.status], [201, 200]);
    assert.equal(first.json['total_cents'], 1950);
    assert.deepEqual(again.json, first.json);
    const invoice = await ask('GET', `${url}/invoices/${order.request_id}`, undefined, customer);
    assert.deepEqual(invoice.json, first.json);
    const other = await ask('POST', `${url}/orders`, { ...order, quantity: 3 }, customer);
    assert.equal(other.status, 409);
  });

  test(`${side}: strangers, wrong passwords and nonsense are refused`, async () => {
    const url = running.shop.urls[side];
    const customer = await signedIn(url);
    const { email } = person(3);
    const asked = [
      await ask('POST', `${url}/sign-in`, { email, password: 'coffee' }),
      await ask('POST', `${url}/orders`, {
        request_id: randomUUID(),
        sku: 'cup-blue',
        quantity: 1,
      }),
      await ask(
        'POST',
        `${url}/orders`,
        { request_id: 'x', sku: 'cup-blue', quantity: 1 },
        customer,
      ),
      await ask(
        'POST',
        `${url}/orders`,
        { request_id: randomUUID(), sku: 'gold', quantity: 1 },
        customer,
      ),
      await ask('GET', `${url}/invoices/${randomUUID()}`, undefined, customer),
      await ask('GET', `${url}/nowhere`),
    ];
    assert.deepEqual(
      asked.map(({ status }) => status),
      [401, 401, 400, 400, 404, 404],
    );
  });
}

test('every part says who it is, in which environment, and that it is well', async () => {
  for (const [name, url] of Object.entries(running.shop.urls)) {
    const who = await ask('GET', `${url}/whoami`);
    assert.deepEqual(who.json, { service: name, environment: 'demo' });
    assert.equal((await ask('GET', `${url}/healthz`)).status, 200);
  }
});

test('while the writes flag is off the router refuses orders with a time to come back, and lets the rest pass', async () => {
  const { flags, router } = running.shop.urls;
  const customer = await signedIn(router);
  await ask('PUT', `${flags}/flags/writes`, { enabled: false });
  const writes = async () => (await ask('GET', `${router}/admin`)).json['writes'];
  await until('heard', writes, (isOn) => isOn === false);
  const order = { request_id: randomUUID(), sku: 'cup-blue', quantity: 1 };
  const refused = await ask('POST', `${router}/orders`, order, customer);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
  const read = await ask('GET', `${router}/invoices/${order.request_id}`, undefined, customer);
  assert.equal(read.status, 404);
  await ask('PUT', `${flags}/flags/writes`, { enabled: true });
  await until('heard', writes, (isOn) => isOn === true);
  assert.equal((await ask('POST', `${router}/orders`, order, customer)).status, 201);
});

test('the flag store keeps its flags in a file and tells what has changed by a tag', async () => {
  const { urls, book } = running.shop;
  const set = await ask('PUT', `${urls.flags}/flags/new-checkout`, { enabled: true });
  const tag = set.headers.get('etag') ?? '';
  const same = await ask('GET', `${urls.flags}/flags`, undefined, { 'if-none-match': tag });
  assert.equal(same.status, 304);
  const stale = await ask(
    'PUT',
    `${urls.flags}/flags/writes`,
    { enabled: false },
    { 'if-match': '"0"' },
  );
  assert.equal(stale.status, 412);
  const file = JSON.parse(await readFile(join(dirname(book), 'flags.json'), 'utf8')) as object;
  assert.deepEqual(file, {
    version: Number(tag.slice(1, -1)),
    flags: { writes: true, 'new-checkout': true },
  });
  assert.equal((await ask('GET', `${urls.flags}/flags/unheard-of`)).status, 404);
});

test('an order whose number legacy has given away comes home under the next free one', async () => {
  const { shop, legacy, ledger, carry } = running;
  const customer = await signedIn(shop.urls.ledger);
  const taken = Number(await valueOf(legacy, 'select max(id) from orders'));
  await ask('PUT', `${shop.urls.feed}/admin`, { direction: 'off' });
  await ledger.query(`select setval('purchase_number_seq', $1, false)`, [taken]);
  const order = { request_id: randomUUID(), sku: 'honey-lime', quantity: 1 };
  assert.equal(
    (await ask('POST', `${shop.urls.ledger}/orders`, order, customer)).json['number'],
    taken,
  );
  const carried = await carry('--apply', '--at-most', '10');
  assert.equal(carried.json['renumbered'], 1);
  const id = await valueOf(
    legacy,
    `select id from orders where request_id = '${order.request_id}'`,
  );
  assert.equal(Number(id), taken + 1);
});

test('carry says how it is used, and tells no answer from a no', async () => {
  const { carry } = running;
  assert.equal((await carry()).code, 2);
  assert.equal((await carry('--apply')).code, 2);
  assert.equal((await carry('--apply', '--at-most', 'all')).code, 2);
  const nowhere = await carry('--check', '--ledger-url', 'postgres://shop@127.0.0.1:1/none');
  assert.equal(nowhere.code, 3);
  assert.match(nowhere.stderr, /Cannot ask the databases/);
});

test('a database that holds something else is left alone', async () => {
  const { legacy, addresses } = running;
  await legacy.query('alter table outbox rename to letters');
  const folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const starting = startShop({ ...addresses, folder, rate: 1, log: () => {} });
  await assert.rejects(starting, /already holds customers.*Give it an empty database/);
  await legacy.query('alter table letters rename to outbox');
  await rm(folder, { recursive: true, force: true });
});

test('when the process that started the shop is killed, every part goes too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'shop-'));
  const script = `
    import { startShop } from ${JSON.stringify(new URL('../../src/demo/shop/shop.ts', import.meta.url).href)};
    const shop = await startShop({ ...JSON.parse(process.env.SHOP), rate: 20, log: () => {} });
    console.log(JSON.stringify(Object.values(shop.pids)));`;
  await running.shop.stop();
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, SHOP: JSON.stringify({ ...running.addresses, folder }) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const pids = JSON.parse(line) as readonly number[];
  assert.equal(pids.length, 6);
  parent.kill('SIGKILL');
  await until(
    'all gone',
    async () => pids.filter(isAlive),
    (alive) => alive.length === 0,
  );
  await rm(folder, { recursive: true, force: true });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
