// The demo that is stopped before its end, or cannot begin.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import { pressCtrlC, questionOn, show } from './showing.ts';

test('a SIGINT while the shop migrates ends it, and nothing is left behind', async () => {
  const { exit, facts } = await show([], async (showing) => {
    await showing.ready;
    showing.process.kill('SIGINT');
  });
  assert.equal(exit, 130);
  assert.equal(facts, undefined, 'what was not seen to its end is not judged');
});

test('Ctrl-C while people are asked, which its nodes hear too, ends it, and nothing is left behind', async () => {
  const { exit, facts } = await show(['--manual'], async (showing) => {
    const { page } = await showing.ready;
    await questionOn(page);
    pressCtrlC(showing);
  });
  assert.equal(exit, 130);
  assert.equal(facts, undefined);
});

test('a page whose port is taken is told in one sentence with exit 3', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  try {
    // A server that listens on TCP has such an address.
    const { port } = squatter.address() as { readonly port: number };
    const { exit, stderr } = await show(['--port', String(port)]);
    assert.equal(exit, 3);
    assert.match(stderr, new RegExp(`^\\[[a-z]+\\] Cannot .*${port}.*BK-0112\\n$`));
  } finally {
    squatter.close();
  }
});
