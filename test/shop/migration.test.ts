// The shop's whole story: it sells, migrates by phases, breaks, is brought home by hand, and migrates again.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  moveSequenceSql,
  sequenceIsAheadSql,
  strandedPurchasesSql,
} from '../../src/demo/shop/signals.ts';
import { ask, metric, startRunningShop, until, valueOf, type RunningShop } from './running-shop.ts';

let running: RunningShop;
before(async () => {
  running = await startRunningShop();
});
after(() => running.stop());

/** Waits until the customers were promised this many more orders. */
async function sell(orders: number): Promise<void> {
  const { promised } = await running.shop.stats();
  await until('sold', running.shop.stats, (stats) => stats.promised >= promised + orders);
}

async function stranded(): Promise<number> {
  return Number(await valueOf(running.ledger, strandedPurchasesSql));
}

test('before the migration legacy serves every customer and nothing fails', async () => {
  await sell(20);
  const { failed, failures } = await running.shop.stats();
  assert.deepEqual(failures, {});
  assert.equal(failed, 0);
  assert.equal(await metric(running.shop.urls.router, 'shop_requests_total', 'backend="new"'), 0);
});

test('the copy brings accounts and orders into the other schema', async () => {
  const { shop, legacy, ledger } = running;
  await shop.migrate.copy();
  assert.equal(await valueOf(ledger, 'select count(*)::int from account'), 60);
  const orders = Number(await valueOf(legacy, 'select count(*)::int from orders'));
  await until(
    'copied',
    async () => Number(await valueOf(ledger, 'select count(*)::int from invoice')),
    (invoices) => invoices >= orders,
  );
  const name = `select first_name || '/' || last_name from account where login like '%.11@%'`;
  assert.equal(await valueOf(ledger, name), 'Ben/Okafor');
});

test('rings move some customers, and their orders are copied back home', async () => {
  const { shop, legacy } = running;
  await shop.migrate.openRing(10);
  await shop.migrate.openRing(50);
  assert.deepEqual(await shop.weights(), { legacy: 50, new: 50 });
  await until(
    'orders of a ring in legacy',
    async () => Number(await valueOf(legacy, 'select count(*)::int from orders where id < 100001')),
    (orders) => orders > 0,
  );
});

test('after the cutover ledger serves everyone, legacy is kept up to date, its sequence is not', async () => {
  const { shop, legacy } = running;
  await shop.migrate.cutOver();
  const servedByLegacy = await metric(shop.urls.router, 'shop_requests_total', 'backend="legacy"');
  await sell(10);
  assert.equal(
    await metric(shop.urls.router, 'shop_requests_total', 'backend="legacy"'),
    servedByLegacy,
  );
  await until(
    'the sequence behind',
    () => valueOf(legacy, sequenceIsAheadSql),
    (isAhead) => isAhead === false,
  );
  assert.equal(await stranded(), 0);
  const { failures } = await shop.stats();
  assert.deepEqual(failures, {});
});

test('slow and lossy: answers slow down, some are refused, and promised orders stay on ledger', async () => {
  const { shop } = running;
  await shop.breakIt('slow-and-lossy');
  await until('stranded', stranded, (rows) => rows >= 5);
  await until(
    'refused',
    () => metric(shop.urls.router, 'shop_requests_total', 'backend="new"', 'code="500"'),
    (refused) => refused > 0,
  );
  const { seconds } = await shop.stats();
  assert.ok((seconds.at(-1)?.p50Ms ?? 0) > 100);
});

test('the way home: stop writes, route back, carry, flush, move the sequence, and every promise is kept', async () => {
  const { shop, legacy, carry } = running;
  const { urls } = shop;
  await ask('PUT', `${urls.flags}/flags/writes`, { enabled: false });
  await ask('PUT', `${urls.router}/admin/weights`, { legacy: 100, new: 0 });
  await ask('PUT', `${urls.feed}/admin`, { direction: 'off' });
  await until(
    'stopped',
    shop.stats,
    ({ failures }) =>
      (failures['writes-stopped'] ?? 0) > 0 && (failures['invoice-missing'] ?? 0) > 0,
  );

  const lacking = await carry('--check');
  assert.equal(lacking.code, 1);
  const count = Number(lacking.json['count']);
  assert.ok(count >= 5);
  assert.equal((lacking.json['missing'] as string[]).length, Math.min(count, 20));

  const refused = await carry('--apply', '--at-most', '1');
  assert.equal(refused.code, 1);
  assert.match(String(refused.json['refused']), /more than --at-most 1/);
  assert.equal((await carry('--check')).json['count'], count);

  const carried = await carry('--apply', '--at-most', '1000');
  assert.deepEqual(carried.json, { carried: count, renumbered: 0, repaired: 0 });
  assert.deepEqual((await carry('--apply', '--at-most', '0')).json['carried'], 0);
  assert.deepEqual(await carry('--check'), {
    code: 0,
    json: { missing: [], count: 0, different: 0 },
    stderr: '',
  });
  assert.equal(await stranded(), 0);

  const stale = (await ask('GET', `${urls.legacy}/admin/cache`)).json;
  assert.ok(Number(stale['stale']) > 0, 'invoices that were looked for too early are remembered');
  await ask('POST', `${urls.legacy}/admin/cache/flush`, { epoch: 'home' });
  const fresh = (await ask('GET', `${urls.legacy}/admin/cache`)).json;
  assert.deepEqual([fresh['stale'], fresh['epoch']], [0, 'home']);

  await ask('PUT', `${urls.flags}/flags/writes`, { enabled: true });
  await until(
    'a clash of numbers',
    () => metric(urls.router, 'shop_requests_total', 'backend="legacy"', 'code="500"'),
    (clashes) => clashes > 0,
  );
  await legacy.query(moveSequenceSql);
  assert.equal(await valueOf(legacy, sequenceIsAheadSql), true);
  await sell(10);

  const { promised } = await shop.pause();
  const audit = await shop.audit();
  assert.equal(audit.promised, promised);
  assert.equal(audit.found, promised);
  assert.deepEqual([audit.missing, audit.wrong, audit.ledgerOnly], [[], [], []]);
});

test('the audit names an order that somebody deleted and one that somebody changed', async () => {
  const { shop, legacy } = running;
  const { promised } = await shop.stats();
  await legacy.query('create table kept as select * from orders order by placed_at desc limit 2');
  const { rows } = await legacy.query<{ readonly request_id: string }>('select * from kept');
  const [deleted, changed] = rows.map(({ request_id }) => request_id);
  await legacy.query('delete from orders where request_id = $1', [deleted]);
  await legacy.query('update orders set total_cents = 1 where request_id = $1', [changed]);
  const audit = await shop.audit();
  assert.deepEqual([audit.missing, audit.wrong], [[deleted], [changed]]);
  assert.equal(audit.found, promised - 2);

  await legacy.query('delete from orders where request_id = $1', [changed]);
  await legacy.query('insert into orders select * from kept');
  await legacy.query('drop table kept');
  assert.equal((await shop.audit()).found, promised);
});

test('after the rollback the shop can migrate once more', async () => {
  const { shop, legacy } = running;
  await shop.mend();
  await shop.resume();
  await shop.migrate.copy();
  await shop.migrate.openRing(50);
  await shop.migrate.cutOver();
  const failedBefore = (await shop.stats()).failed;
  await sell(10);
  assert.equal((await shop.stats()).failed, failedBefore);
  const clashes =
    'select count(*)::int from (select id from orders group by id having count(*) > 1) x';
  assert.equal(await valueOf(legacy, clashes), 0);
});
