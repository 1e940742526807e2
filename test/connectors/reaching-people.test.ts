// Every channel that reaches people reaches one of them whom a plan calls, by what stands under their name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConnector } from '../../src/connectors/index.ts';
import { validated } from '../../src/testing/contract-call.ts';

for (const [name, contact, address, wrong] of [
  ['smtp', 'ada@saas.test', { to: ['ada@saas.test'] }, '@ada'],
  ['xmpp', 'ada@chat.saas.test', { to: 'ada@chat.saas.test' }, '@ada'],
  ['slack', 'U0123ABCDEF', { channel: 'U0123ABCDEF' }, '@ada'],
  ['matrix', '!ada:saas.test', { room: '!ada:saas.test' }, '@ada'],
] as const) {
  test(`${name} reaches a person at ${contact}, and says beforehand that it cannot at ${wrong}`, async () => {
    const channel = (await loadConnector(name, '/'))?.channel ?? assert.fail();
    const reached = await validated(channel.address, channel.person?.(contact) ?? null);
    assert.deepEqual(reached, address);
    await assert.rejects(validated(channel.address, channel.person?.(wrong) ?? null));
  });
}
