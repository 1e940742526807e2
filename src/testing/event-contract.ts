// What the contract asks of events: what is genuine is taken with ids that tell its repeats, what is forged is not even read.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Delivered, Received } from '../connector.ts';
import type { ConnectorCase, EventsCase } from './connector-case.ts';
import { assertJson, opened } from './contract-call.ts';

/** Registers the tests of events. */
export function testEvents(given: ConnectorCase, { genuine, forged }: EventsCase): void {
  for (const { title, delivered } of genuine) {
    it(`takes ${title}, and gives it the same ids when it is delivered again`, async () => {
      const [first, second] = [
        await received(given, delivered()),
        await received(given, delivered()),
      ];
      const ids = idsOf(first);
      assert.ok(ids.length > 0, 'no event came of it');
      assert.equal(new Set(ids).size, ids.length, `two events have one id: ${ids.join(', ')}`);
      assert.deepEqual(idsOf(second), ids);
    });
  }
  for (const { title, delivered } of forged) {
    it(`refuses as unproved what comes ${title}`, async () => {
      const answer = await received(given, delivered());
      assert.equal(answer.type === 'rejected' && answer.status, 401, JSON.stringify(answer));
    });
  }
}

async function received(given: ConnectorCase, delivered: Delivered): Promise<Received> {
  const { events } = given.connector;
  assert.ok(events);
  const system = await opened(given);
  const answer = await events.receive(system.client, delivered);
  system.hears(answer);
  assertJson(answer, 'what is received');
  await system.close();
  return answer;
}

function idsOf(answer: Received): readonly string[] {
  assert.ok(answer.type === 'accepted', JSON.stringify(answer));
  return answer.events.map(({ id }) => id);
}
