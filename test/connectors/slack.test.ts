// The slack connector with an emulator of Slack's Web API: the contract, patience, and answers that are lost at the worst moment.
import assert from 'node:assert/strict';
import { after, beforeEach, describe, it } from 'node:test';
import { createEmulator } from 'emulate';
import type { Delivery } from '../../src/connector.ts';
import { slack } from '../../src/connectors/slack/slack.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';
import { startHttpServer, startSilentServer, unusedPort } from './quiet-server.ts';

const token = 'xoxb-a-very-secret-token';
const channel = 'C000000001';
const emulator = await createEmulator({ service: 'slack', port: await unusedPort() });

/** What stands between us and Slack, one for each request to come; then everything goes through. */
type Trouble = 'lose-answer' | 'hang-up' | { status: number; retryAfter?: string; says?: object };
let troubles: Trouble[] = [];
let asked = 0;

// The emulator lets every token in, Slack does not; and it is never busy and never loses an answer.
const front = await startHttpServer((request, response, body) => {
  void (async () => {
    asked += 1;
    const trouble = troubles.shift();
    if (trouble === 'hang-up') return void response.destroy();
    if (typeof trouble === 'object') {
      const { status, retryAfter, says = {} } = trouble;
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
      return void response.end(JSON.stringify(says));
    }
    const { authorization = '' } = request.headers;
    const isRight = authorization === `Bearer ${token}`;
    const answer = await fetch(`${emulator.url}/api${request.url}`, {
      method: request.method ?? 'POST',
      headers: { 'content-type': 'application/json', ...(isRight ? { authorization } : {}) },
      body,
    });
    const text = await answer.text();
    if (trouble === 'lose-answer') return void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  })();
});
const silent = await startSilentServer();
const nobody = await unusedPort();
after(() => Promise.all([emulator.close(), front.close(), silent.close()]));

const options = { url: front.url, token };

interface Message {
  readonly text: string;
  readonly ts: string;
  readonly metadata?: { readonly event_payload: { readonly id: string } };
}

async function history(): Promise<readonly Message[]> {
  const answer = await fetch(`${emulator.url}/api/conversations.history`, {
    method: 'POST',
    headers: { authorization: 'Bearer test_token_admin', 'content-type': 'application/json' },
    body: JSON.stringify({ channel, include_all_metadata: true }),
  });
  const { messages } = (await answer.json()) as { readonly messages: readonly Message[] };
  return messages.filter(({ metadata }) => metadata !== undefined).toReversed();
}

connectorSuite({
  connector: slack,
  options: () => options,
  secrets: [token],
  unreachable: () => ({ ...options, url: `http://127.0.0.1:${nobody}` }),
  silent: () => ({ ...options, url: silent.url }),
  forbidden: () => ({ ...options, token: 'xoxb-wrong-token' }),
  badOptions: [
    { value: { url: front.url }, path: 'token' },
    { value: { ...options, url: 'slack.com' }, path: 'url' },
  ],
  channel: {
    address: { channel },
    arrived: async () => (await history()).map(({ metadata }) => metadata?.event_payload.id ?? ''),
    lost: 'maybe',
  },
});

describe('slack', () => {
  const notice = {
    id: 'notice-9',
    subject: 'Run 7 <began> & “asks”',
    text: 'Look <!channel> at https://example.com\n',
    facts: {},
  };
  const send = async (to: string = channel, limits = {}): Promise<Delivery> => {
    const system = await opened({ connector: slack, options: () => options, secrets: [token] });
    const address: unknown = await validated(slack.channel!.address, { channel: to });
    const call = applyCall('notice-9', 1, limits);
    try {
      const delivery = await slack.channel!.send(system.client as never, address, notice, call);
      system.hears(delivery);
      return delivery;
    } catch (error) {
      system.hearsError(error);
      throw error;
    }
  };
  beforeEach(() => {
    troubles = [];
    asked = 0;
  });

  it('writes what the notice says, and lets nothing in it call a whole channel', async () => {
    await send();
    const last = (await history()).at(-1);
    assert.equal(
      last?.text,
      '*Run 7 &lt;began&gt; &amp; “asks”*\nLook &lt;!channel&gt; at https://example.com\n',
    );
  });

  it('waits as long as it is asked to, and then sends', async () => {
    troubles = [{ status: 429, retryAfter: '1' }];
    const startedAt = performance.now();
    assert.equal((await send()).type, 'sent');
    assert.ok(performance.now() - startedAt >= 990);
    assert.equal(asked, 2);
  });

  it('does not wait when there is no time for it, nor for ever', async () => {
    troubles = [{ status: 429, retryAfter: '30' }];
    await assert.rejects(send(channel, { deadlineMs: 2_000 }), { class: 'cannot-reach' });
    assert.equal(asked, 1);
    troubles = Array.from({ length: 9 }, () => ({ status: 429, retryAfter: '0' }));
    await assert.rejects(send(), { class: 'cannot-reach', message: /patience/ });
    assert.equal(asked, 1 + 5);
  });

  it('stops to wait when it is cancelled', async () => {
    troubles = [{ status: 429, retryAfter: '5' }];
    await assert.rejects(send(channel, { cancelMs: 100 }), { class: 'cancelled' });
    assert.equal(asked, 1);
  });

  it('does not know whether it posted when the answer was lost, and is not asked again', async () => {
    const before = (await history()).length;
    troubles = ['lose-answer'];
    assert.equal((await send()).type, 'maybe');
    assert.equal((await history()).length, before + 1);
    troubles = ['hang-up'];
    assert.equal((await send()).type, 'maybe');
    assert.equal((await history()).length, before + 1);
    assert.equal(asked, 2);
  });

  it('does not know either when Slack itself failed in the middle', async () => {
    for (const trouble of [
      { status: 503 },
      { status: 200, says: { ok: false, error: 'internal_error' } },
    ]) {
      troubles = [trouble];
      assert.equal((await send()).type, 'maybe');
    }
  });

  it('says what people have to do when Slack says no', async () => {
    await assert.rejects(send('C999999999'), {
      class: 'refused',
      message: /channel_not_found.*invite the app/,
    });
    troubles = [{ status: 200, says: { ok: false, error: 'missing_scope' } }];
    await assert.rejects(send(), { class: 'not-allowed', message: /chat:write/ });
    troubles = [{ status: 200, says: { ok: false, error: 'constructor' } }];
    await assert.rejects(send(), { class: 'refused' });
    troubles = [{ status: 404 }];
    await assert.rejects(send(), { class: 'refused', message: /status 404/ });
  });

  it('is not ready when another service answers in its place', async () => {
    const system = await opened({ connector: slack, options: () => options, secrets: [token] });
    troubles = [{ status: 200, says: { hello: 'world' } }];
    const answer = await slack.probe!(system.client as never, readCall());
    assert.equal(answer.type, 'not-ready');
  });
});
