// The hash chain: what was written is whole, and the first change is found and named.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  assert as assertProperty,
  constantFrom,
  integer,
  jsonValue,
  property,
  type JsonValue,
} from 'fast-check';
import { canonicalEvent, canonicalJson, chainHash, firstLink, verifyChain } from './chain.ts';
import type { JournalEvent } from './event.ts';

test('a stream as it was written is whole, in one piece or page by page', () => {
  const events = chainOf(5);
  assert.deepEqual(verifyChain(events), { type: 'whole' });
  assert.deepEqual(verifyChain([]), { type: 'whole' });
  assert.deepEqual(verifyChain(events.slice(2), events[1]), { type: 'whole' });
});

test('names the first event that was changed, whatever was changed in it', () => {
  const changes: readonly ((event: JournalEvent) => JournalEvent)[] = [
    (event) => ({ ...event, body: { type: 'Other' } }),
    (event) => ({ ...event, actor: { ...event.actor, name: 'mallory' } }),
    (event) => ({ ...event, at: event.at + 1 }),
    (event) => ({ ...event, stream: 'run-2' }),
    (event) => ({ ...event, hash: '0'.repeat(64) }),
  ];
  assertProperty(
    property(integer({ min: 0, max: 4 }), constantFrom(...changes), (place, change) => {
      const events = chainOf(5).map((event, index) => (index === place ? change(event) : event));
      const verdict = verifyChain(events);
      assert.equal(verdict.type === 'broken' ? verdict.seq : null, place + 1);
    }),
  );
});

test('finds an event that is missing, doubled or moved', () => {
  const [one, two, three] = chainOf(3) as [JournalEvent, JournalEvent, JournalEvent];
  assert.deepEqual(verifyChain([one, three]), {
    type: 'broken',
    seq: 2,
    why: 'event 2 is missing: 3 follows 1',
  });
  assert.equal(verifyChain([one, one]).type, 'broken');
  assert.equal(verifyChain([two, one]).type, 'broken');
});

test('finds a change whose own hash was made anew, at the event after it', () => {
  const [one, two] = chainOf(2) as [JournalEvent, JournalEvent];
  const forged = { ...one, body: { type: 'Forged' } };
  const verdict = verifyChain([{ ...forged, hash: chainHash(firstLink, forged) }, two]);
  assert.equal(verdict.type === 'broken' ? verdict.seq : null, 2);
});

test('a time that goes back is found', () => {
  const [one] = chainOf(1) as [JournalEvent];
  const early = { ...one, seq: 2, at: one.at - 1 };
  const verdict = verifyChain([one, { ...early, hash: chainHash(one.hash, early) }]);
  assert.equal(verdict.type, 'broken');
});

test('the hash is the SHA-256 of six lines of UTF-8', () => {
  const [event] = chainOf(1) as [JournalEvent];
  const text = canonicalEvent(firstLink, event);
  assert.equal(text.split('\n').length, 6);
  assert.equal(event.hash, createHash('sha256').update(text, 'utf8').digest('hex'));
});

test('one JSON value has one text, whichever way it was built', () => {
  assert.equal(
    canonicalJson({ b: 1, a: [undefined, { d: undefined, c: -0 }] }),
    '{"a":[null,{"c":0}],"b":1}',
  );
  assertProperty(
    property(jsonValue({ noUnicodeString: false }), (value: JsonValue) => {
      const text = canonicalJson(value);
      assert.equal(canonicalJson(JSON.parse(text)), text);
      assert.equal(canonicalJson(JSON.parse(JSON.stringify(value))), text);
      assert.ok(!text.includes('\n'));
    }),
  );
});

test('refuses a number that JSON cannot hold instead of writing null', () => {
  assert.throws(() => canonicalJson({ ratio: Number.NaN }), /finite/);
  assert.throws(() => canonicalJson([Number.POSITIVE_INFINITY]), /finite/);
});

/** A well-made stream of so many events. */
function chainOf(count: number): readonly JournalEvent[] {
  const events: JournalEvent[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const event = {
      stream: 'run-1',
      seq,
      at: 1_700_000_000_000 + seq,
      actor: { kind: 'person', name: 'ada' },
      body: { type: 'Noted' },
    } as const;
    events.push({ ...event, hash: chainHash(events.at(-1)?.hash ?? firstLink, event) });
  }
  return events;
}
