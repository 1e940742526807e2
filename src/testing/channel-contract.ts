// What the contract asks of a channel: a notice arrives, its second try is no second notice, and a lost answer is owned up to.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { it } from 'node:test';
import type { Delivery } from '../connector.ts';
import type { ChannelCase, ConnectorCase } from './connector-case.ts';
import { applyCall, ended, opened, validated, type Limits, type Opened } from './contract-call.ts';

/** Registers the tests of a channel. */
export function testChannel(given: ConnectorCase, channel: ChannelCase): void {
  const again =
    channel.again === 'dropped'
      ? 'a second try of it does not arrive'
      : 'a second try of it can be told from a second notice';
  it(`delivers a notice, and ${again}`, async () => {
    const system = await opened(given);
    const before = (await channel.arrived()).length;
    // Never used before: a system that drops repeats may remember those of yesterday's tests.
    const [one, other] = [randomUUID(), randomUUID()];
    for (const [id, attempt] of [
      [one, 1],
      [one, 2],
      [other, 1],
    ] as const) {
      const sent = await send(given, channel, system, id, attempt);
      assert.equal(sent.type, 'sent');
      system.hears(sent);
    }
    const ids = (await channel.arrived()).slice(before);
    assert.equal(ids.length, channel.again === 'dropped' ? 2 : 3, ids.join(', '));
    assert.equal(new Set(ids).size, 2, ids.join(', '));
    await system.close();
  });
  testTrouble(given, channel);
}

/** How long a notice may take where nobody answers. Milliseconds. */
const deadlineMs = 200;

function testTrouble(given: ConnectorCase, channel: ChannelCase): void {
  for (const [title, options, errorClass, limits] of [
    ['nobody listens', given.unreachable, 'cannot-reach', {}],
    ['it is not let in', given.forbidden, 'not-allowed', {}],
    ['nobody answers', given.silent, channel.lost ?? 'timed-out', { deadlineMs }],
  ] as const) {
    if (options === undefined) continue;
    if (errorClass === 'maybe') {
      it(`does not know whether the notice arrived when ${title}, and says so`, async () => {
        const system = await opened(given, options());
        const sent = await ended(given, send(given, channel, system, randomUUID(), 1, limits));
        system.hears(sent);
        assert.equal(sent.type, 'maybe');
        await system.close();
      });
      continue;
    }
    it(`fails to deliver as ${errorClass} when ${title}`, async () => {
      const system = await opened(given, options());
      await assert.rejects(
        async () => ended(given, send(given, channel, system, randomUUID(), 1, limits)),
        (error) => system.hearsError(error, errorClass),
      );
      await system.close();
    });
  }
}

async function send(
  given: ConnectorCase,
  { address }: ChannelCase,
  { client }: Opened,
  id: string,
  attempt: number,
  limits: Limits = {},
): Promise<Delivery> {
  const kind = given.connector.channel;
  assert.ok(kind);
  const notice = { subject: 'Run 7 began', text: 'The rollback began.\n', facts: { run: 'run-7' } };
  const to: unknown = await validated(kind.address, address);
  return kind.send(client, to, { id, ...notice }, applyCall(id, attempt, limits));
}
