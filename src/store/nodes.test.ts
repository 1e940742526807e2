// Who is alive: told by locks that die with their node.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { temporaryServer, until, type TemporaryServer } from '../../test/store/temporary.ts';
import { createNodes } from './nodes.ts';
import type { Store } from './store.ts';

let server: TemporaryServer;
let store: Store;
before(async () => {
  server = await temporaryServer();
  store = await server.store();
});
after(() => server.stop());

test('a node is alive while it is registered, and gone without a trace when it left', async () => {
  const node = await store.nodes.register('leaver', '1.0.0');
  assert.deepEqual(await store.nodes.alive(), ['leaver']);
  assert.deepEqual(await store.nodes.dead(), []);
  await node.leave();
  await node.leave();
  assert.deepEqual(await store.nodes.alive(), []);
  assert.deepEqual(await store.nodes.dead(), []);
  assert.equal(node.lost.aborted, false);
});

test('a node whose connection is cut is dead to its peers, and is told so itself', async () => {
  const node = await store.nodes.register('cut-off');
  const lost = new Promise((resolve) => node.lost.addEventListener('abort', resolve));
  const client = await server.superuser(store.url);
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where application_name = 'backout-node' and datname = current_database()`,
  );
  await client.end();
  await lost;
  assert.match(String(node.lost.reason), /Node cut-off lost its place/);
  await until(
    'its death',
    () => store.nodes.dead(),
    (dead) => dead.includes('cut-off'),
  );
  await store.nodes.remove('cut-off');
  assert.deepEqual(await store.nodes.dead(), []);
});

test('a node whose process is killed is dead to its peers, and its leases are free', async () => {
  const module = new URL('store.ts', import.meta.url).href;
  const program = `import { openStore } from ${JSON.stringify(module)};
    const store = await openStore({ url: ${JSON.stringify(store.url)} });
    const node = await store.nodes.register('killed');
    console.log(await node.tryLease('watch/shop'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await new Promise((resolve) => child.stdout.once('data', resolve));
  assert.equal(String(said).trim(), 'true');
  const survivor = await store.nodes.register('survivor');
  assert.equal(await survivor.tryLease('watch/shop'), false);
  child.kill('SIGKILL');
  await until(
    'its death',
    () => store.nodes.dead(),
    (dead) => dead.includes('killed'),
  );
  await until(
    'the lease',
    () => survivor.tryLease('watch/shop'),
    (taken) => taken,
  );
  assert.deepEqual(await store.nodes.alive(), ['survivor']);
  await store.nodes.remove('killed');
  await survivor.leave();
});

test('a lease has one holder, who may ask again and gives it back once', async () => {
  const [one, two] = await Promise.all([store.nodes.register('one'), store.nodes.register('two')]);
  assert.equal(await one.tryLease('watch/a'), true);
  assert.equal(await one.tryLease('watch/a'), true);
  assert.equal(await two.tryLease('watch/a'), false);
  await one.endLease('watch/a');
  assert.equal(await two.tryLease('watch/a'), true);
  await Promise.all([one.leave(), two.leave()]);
});

test('a node that is frozen loses its session and its leases when its peers give it up', async () => {
  const [node, peer] = await Promise.all([
    store.nodes.register('frozen'),
    store.nodes.register('peer'),
  ]);
  assert.equal(await node.tryLease('watch/b'), true);
  const lost = new Promise((resolve) => node.lost.addEventListener('abort', resolve));
  let now = 0;
  const seenFromPeer = createNodes(store.database, () => now);
  assert.deepEqual(await seenFromPeer.dead(), []);
  for (now = 2_000; now < 8_000; now += 2_000) assert.deepEqual(await seenFromPeer.dead(), []);
  assert.ok((await seenFromPeer.dead()).includes('frozen'));
  await store.nodes.remove('frozen');
  await lost;
  assert.match(String(node.lost.reason), /Node frozen lost its place/);
  await until(
    'the lease',
    () => peer.tryLease('watch/b'),
    (taken) => taken,
  );
  await peer.leave();
});

test('a clock of the store that jumps makes no node dead, and hides none that is frozen', async () => {
  const node = await store.nodes.register('steady');
  let now = 0;
  const nodes = createNodes(store.database, () => now);
  const client = await server.superuser(store.url);
  for (const jump of [3_600_000, -3_600_000]) {
    await client.query('update backout.node set seen = seen + $1', [jump]);
    assert.deepEqual(await nodes.dead(), []);
  }
  // As when it was frozen just before the clock went back by an hour: its sign of life lies in the future.
  await client.query(`update backout.node set seen = seen + 3600000 where id = 'steady'`);
  assert.deepEqual(await nodes.dead(), []);
  now += 20_000;
  assert.deepEqual(await nodes.dead(), [], 'who was away itself heard nobody meanwhile');
  for (let looks = 0; looks < 3; looks += 1) {
    now += 2_000;
    assert.deepEqual(await nodes.dead(), []);
  }
  now += 2_000;
  assert.deepEqual(await nodes.dead(), ['steady']);
  await client.end();
  await node.leave();
});
