// The demo calls itself good only when every single claim holds: each lie by itself must be told.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Facts, complaintsOf, summaryOf } from './facts.ts';

const brokeAt = Date.UTC(2026, 10, 28, 1);

const good: Facts = {
  scenario: 'slow-and-lossy',
  expected: 'automatic',
  brokeAt,
  noticedAt: brokeAt + 4_000,
  decidedAt: brokeAt + 4_000,
  decidedHow: 'automatic',
  held: false,
  servingAt: brokeAt + 11_000,
  endedAt: brokeAt + 16_000,
  outcome: 'rolled-back-verified',
  runs: 1,
  asked: false,
  requests: 800,
  failed: 99,
  carried: { missing: 15, different: 0 },
  book: { promised: 316, found: 316, missing: [], wrong: [], ledgerOnly: [] },
  weightLegacy: 100,
  rtoMs: 60_000,
  chaos: null,
  journal: { events: 59, problems: 0, file: 'kept.jsonl' },
};

const asked: Facts = {
  ...good,
  scenario: 'source-blind',
  expected: 'asked-only',
  decidedHow: 'person',
  servingAt: null,
  endedAt: null,
  outcome: null,
  runs: 0,
  asked: true,
  carried: null,
  weightLegacy: 0,
};

const killed = { killed: 'node-1', lost: 1, finishedBy: ['node-2'] };

describe('complaints', () => {
  test('there are none when all is as it is claimed', () => {
    for (const facts of [
      good,
      { ...good, expected: 'review', asked: true, decidedHow: 'silence' } as const,
      { ...good, chaos: killed },
      asked,
    ])
      assert.deepEqual(complaintsOf(facts), []);
  });

  const lies: readonly (readonly [string, Facts, RegExp])[] = [
    ['a run that ended otherwise', { ...good, outcome: 'aborted' }, /ended aborted/],
    ['a run that never ended', { ...good, outcome: null }, /not at all/],
    ['customers still on the new service', { ...good, weightLegacy: 90 }, /90 % to legacy/],
    ['a return later than promised', { ...good, servingAt: brokeAt + 60_001 }, /RTO of 60 s/],
    ['a return that never came', { ...good, servingAt: null }, /RTO of 60 s/],
    ['a trigger that did not act by itself', { ...good, decidedHow: 'silence' }, /by silence/],
    ['a decision that nobody took', { ...good, decidedHow: null }, /by nobody/],
    ['a review without a question', { ...good, expected: 'review' }, /Nobody was asked/],
    ['a person who held', { ...good, held: true, outcome: null, runs: 0 }, /A person held/],
    ['a missing order', book({ missing: ['order-7'] }), /1 order.*missing in legacy: order-7/],
    ['a wrong order', book({ wrong: ['order-8'] }), /otherwise than it was promised: order-8/],
    ['an order left in the new database', book({ ledgerOnly: ['order-9'] }), /only in.*order-9/],
    ['customers who bought nothing', book({ promised: 0 }), /nothing was proven/],
    [
      'a journal that is broken',
      { ...good, journal: { ...good.journal, problems: 2 } },
      /2 problem/,
    ],
    ['chaos that killed nobody', chaos({ killed: null }), /No node was killed/],
    ['chaos that nobody noticed', chaos({ lost: 0 }), /no attempt was found lost/],
    ['chaos after which nobody went on', chaos({ finishedBy: [] }), /No other node/],
    ['a run although nobody could measure', { ...asked, runs: 1 }, /never roll back by itself/],
    ['blindness that nobody was told of', { ...asked, asked: false }, /Nobody was asked/],
    [
      'a missing order without a rollback',
      withBook(asked, { missing: ['a'] }),
      /missing in legacy: a/,
    ],
  ];
  for (const [lie, facts, complaint] of lies) {
    test(`${lie} alone is enough to fail, and is the only complaint`, () => {
      const [first = '', ...others] = complaintsOf(facts);
      assert.match(first, complaint);
      assert.deepEqual(others, []);
    });
  }

  test('an order that is missing and only in the new database is told once', () => {
    assert.equal(complaintsOf(book({ missing: ['a'], ledgerOnly: ['a'] })).length, 1);
  });

  test('of many orders ten are named and all are counted', () => {
    const missing = Array.from({ length: 12 }, (_, n) => `order-${n}`);
    const [complaint = ''] = complaintsOf(book({ missing }));
    assert.match(complaint, /^12 order\(s\).*order-9, and 2 more$/);
    assert.doesNotMatch(complaint, /order-10/);
  });
});

describe('the summary', () => {
  test('tells a rollback by its times, and what was carried home', () => {
    const text = summaryOf(good).join('\n');
    assert.match(text, /detected +4\.0 s after the break/);
    assert.match(text, /decided +4\.0 s after the break +\(by the trigger itself\)/);
    assert.match(text, /restored +11\.0 s after the break +\(RTO 60\.0 s\)/);
    assert.match(text, /carried home +15 missing orders, 0 wrong totals/);
    assert.match(text, /requests +99 of 800 failed/);
    assert.match(text, /orders +316 of 316/);
    assert.match(text, /journal +59 events, chain whole/);
    assert.doesNotMatch(text, /chaos/);
  });

  test('says never of what never came', () => {
    const text = summaryOf({
      ...good,
      servingAt: null,
      journal: { events: 1, problems: 3, file: 'kept.jsonl' },
    });
    assert.match(text.join('\n'), /restored +never/);
    assert.match(text.join('\n'), /journal +1 events, 3 problem/);
  });

  test('names who was killed and who finished', () => {
    assert.match(summaryOf(chaos({})).join('\n'), /chaos +node-1 killed, 1 attempt.*by node-2/);
  });

  test('tells of blindness instead of a rollback where there was none', () => {
    const text = summaryOf(asked).join('\n');
    assert.match(text, /went blind +noticed 4\.0 s/);
    assert.match(text, /runs begun +0/);
    assert.doesNotMatch(text, /restored/);
  });
});

function withBook(facts: Facts, over: Partial<Facts['book']>): Facts {
  return { ...facts, book: { ...facts.book, ...over } };
}

function book(over: Partial<Facts['book']>): Facts {
  return withBook(good, over);
}

function chaos(over: Partial<NonNullable<Facts['chaos']>>): Facts {
  return { ...good, chaos: { ...killed, ...over } };
}
