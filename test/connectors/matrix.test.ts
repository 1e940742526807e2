// The matrix connector with a small conforming homeserver: the contract, and a notice that arrives once whatever is lost.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import type { Delivery } from '../../src/connector.ts';
import { matrix } from '../../src/connectors/matrix/matrix.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, validated } from '../../src/testing/contract-call.ts';
import { homeserverToken, room, startHomeserver } from './matrix-homeserver.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const homeserver = await startHomeserver();
const silent = await startSilentServer();
const nobody = await unusedPort();
after(() => Promise.all([homeserver.close(), silent.close()]));
const options = { url: homeserver.url, token: homeserverToken };

connectorSuite({
  connector: matrix,
  options: () => options,
  secrets: [homeserverToken],
  unreachable: () => ({ ...options, url: `http://127.0.0.1:${nobody}` }),
  silent: () => ({ ...options, url: silent.url }),
  forbidden: () => ({ ...options, token: 'syt_wrong-token' }),
  badOptions: [
    { value: { url: homeserver.url }, path: 'token' },
    { value: { ...options, url: 'matrix.org' }, path: 'url' },
  ],
  channel: {
    address: { room },
    arrived: async () => homeserver.events.map(({ content }) => String(content['backout.notice'])),
    again: 'dropped',
  },
});

describe('matrix', () => {
  const send = async (id: string, to = room, attempt = 1): Promise<Delivery> => {
    const system = await opened({
      connector: matrix,
      options: () => options,
      secrets: [homeserverToken],
    });
    const notice = { id, subject: 'Run 7 began', text: 'Look.\n', facts: {} };
    const address: unknown = await validated(matrix.channel!.address, { room: to });
    try {
      return await matrix.channel!.send(
        system.client as never,
        address,
        notice,
        applyCall(id, attempt),
      );
    } catch (error) {
      system.hearsError(error);
      throw error;
    }
  };

  it('sends once what it has to send again because the answer was lost', async () => {
    const before = homeserver.events.length;
    homeserver.troubles.push('lose');
    await assert.rejects(send('lost-1'), { class: 'cannot-reach' });
    const delivery = await send('lost-1', room, 2);
    assert.equal(homeserver.events.length, before + 1);
    assert.match(
      JSON.stringify(delivery),
      new RegExp(`"event":"\\${homeserver.events.at(-1)?.id}"`),
    );
  });

  it('writes subject and text, and finds a room by its alias', async () => {
    await send('alias-1', '#ops:saas.test');
    const content = homeserver.events.at(-1)?.content;
    assert.deepEqual(
      [content?.['msgtype'], content?.['body']],
      ['m.text', 'Run 7 began\n\nLook.\n'],
    );
  });

  it('waits as long as it is asked to', async () => {
    homeserver.troubles.push({ status: 429, says: { errcode: 'M_LIMIT_EXCEEDED' }, after: '1' });
    assert.equal((await send('limited-1')).type, 'sent');
  });

  it('says what people have to do when the homeserver says no', async () => {
    await assert.rejects(send('no-1', '!other:saas.test'), {
      class: 'not-allowed',
      message: /Invite/,
    });
    await assert.rejects(send('no-2', '#nothing:saas.test'), { class: 'refused', message: /room/ });
    homeserver.troubles.push({ status: 413, says: { errcode: 'M_TOO_LARGE' } });
    await assert.rejects(send('no-3'), { class: 'refused', message: /too long/ });
    homeserver.troubles.push({ status: 502, says: {} });
    await assert.rejects(send('no-4'), { class: 'cannot-reach' });
    await assert.rejects(send('no-5', 'ops:saas.test'), /is no room/);
  });
});
