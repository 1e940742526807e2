// Each way of breaking the shop shows where it should, and nowhere else.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { scenarios } from '../../src/demo/shop/scenarios.ts';
import { strandedPurchasesSql, wrongTotalsSql } from '../../src/demo/shop/signals.ts';
import { ask, metric, startRunningShop, until, valueOf, type RunningShop } from './running-shop.ts';

let running: RunningShop;
before(async () => {
  running = await startRunningShop();
  await running.shop.migrate.copy();
  await running.shop.migrate.cutOver();
});
after(() => running.stop());

function wrongTotals(): Promise<number> {
  return valueOf(running.legacy, wrongTotalsSql).then(Number);
}

test('there are four ways to break the shop, each with a sentence', () => {
  assert.deepEqual(Object.keys(scenarios), [
    'slow-and-lossy',
    'sign-in-broken',
    'data-drift',
    'source-blind',
  ]);
});

test('data drift: legacy gets wrong totals while no request fails, and carrying home repairs them', async () => {
  const { shop, carry } = running;
  assert.equal(await wrongTotals(), 0);
  await shop.breakIt('data-drift');
  await until('drifted', wrongTotals, (rows) => rows >= 3);
  const { failures, seconds } = await shop.stats();
  assert.deepEqual(failures, {});
  assert.ok((seconds.at(-1)?.requests ?? 0) > 0);

  await shop.pause();
  await ask('PUT', `${shop.urls.feed}/admin`, { direction: 'off' });
  const wrong = await wrongTotals();
  assert.equal((await carry('--check')).json['different'], wrong);
  const mended = await carry('--apply', '--at-most', '500');
  assert.deepEqual([mended.code, mended.json['repaired']], [0, wrong]);
  assert.equal(await wrongTotals(), 0);
  assert.deepEqual((await shop.audit()).wrong, []);

  await shop.mend();
  await ask('PUT', `${shop.urls.feed}/admin`, { direction: 'to-legacy' });
  await shop.resume();
});

test('a broken feed leaves rows behind, and says so', async () => {
  const { shop, ledger } = running;
  await ask('PUT', `${shop.urls.feed}/admin`, { broken: true });
  const lag = () => metric(shop.urls.feed, 'feed_lag_seconds', 'direction="to-legacy"');
  await until('late', lag, (seconds) => seconds > 3);
  assert.ok(Number(await valueOf(ledger, strandedPurchasesSql)) > 0);
  await shop.mend();
  await until('caught up', lag, (seconds) => seconds < 1);
});

test('sign-in broken: the new service turns everyone away, and only sign-ins show it', async () => {
  const { shop } = running;
  const turnedAway = () =>
    metric(shop.urls.router, 'shop_requests_total', 'backend="new"', '"/sign-in"', 'code="401"');
  const earlier = await turnedAway();
  await shop.breakIt('sign-in-broken');
  await until('turned away', turnedAway, (count) => count >= earlier + 5);
  const { failures } = await shop.stats();
  assert.deepEqual(Object.keys(failures), ['sign-in']);
  await shop.mend();
});

test('source blind: the metrics page hangs while customers notice nothing', async () => {
  const { shop } = running;
  await shop.breakIt('source-blind');
  const page = fetch(`${shop.urls.router}/metrics`, { signal: AbortSignal.timeout(500) });
  await assert.rejects(page, { name: 'TimeoutError' });
  const { promised, failed } = await shop.stats();
  await until('sold', shop.stats, (stats) => stats.promised >= promised + 5);
  assert.equal((await shop.stats()).failed, failed);
  await ask('PUT', `${shop.urls.router}/admin/metrics`, { mode: 'error' });
  assert.equal((await ask('GET', `${shop.urls.router}/metrics`)).status, 503);
  await shop.mend();
  assert.equal((await ask('GET', `${shop.urls.router}/metrics`)).status, 200);
});

test('a fault, a setting or a weight that makes no sense is refused and changes nothing', async () => {
  const { urls } = running.shop;
  const wrong: readonly (readonly [string, object])[] = [
    [`${urls.ledger}/admin/fault`, { slowMs: -1 }],
    [`${urls.ledger}/admin/fault`, { sloMs: 5 }],
    [`${urls.feed}/admin`, { direction: 'sideways' }],
    [`${urls.router}/admin/weights`, { legacy: 50, new: 49 }],
    [`${urls.router}/admin/metrics`, { mode: 'sideways' }],
    [`${urls.customers}/admin`, { rate: 'fast' }],
    [`${urls.flags}/flags/writes`, { enabled: 'no' }],
  ];
  for (const [url, body] of wrong) {
    const { status, json } = await ask('PUT', url, body);
    assert.equal(status, 400, url);
    assert.ok(json['error'], url);
  }
  assert.deepEqual(await running.shop.weights(), { legacy: 0, new: 100 });
});
