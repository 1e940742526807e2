// Weights: what is accepted, and that customers stay where they are while a ring grows.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person } from './people.ts';
import { sideOf, weightsOf } from './weights.ts';

const customers = Array.from({ length: 1000 }, (_, number) => person(number).email);

function served(share: number): readonly string[] {
  return customers.filter((one) => sideOf(one, { legacy: 100 - share, new: share }) === 'new');
}

test('weights are two whole percents that make 100, and nothing else', () => {
  assert.deepEqual(weightsOf({ legacy: 90, new: 10 }), { legacy: 90, new: 10 });
  const wrong = [
    { legacy: 90 },
    { legacy: 90.5, new: 9.5 },
    { legacy: 110, new: -10 },
    'all',
    null,
  ];
  assert.deepEqual(wrong.map(weightsOf), [undefined, undefined, undefined, undefined, undefined]);
  assert.equal(weightsOf({ legacy: 50, new: 50, third: 0 }), undefined);
});

test('a growing ring keeps everyone who was in it', () => {
  for (const [smaller, larger] of [
    [1, 10],
    [10, 50],
    [50, 100],
  ] as const) {
    const after = new Set(served(larger));
    assert.ok(served(smaller).every((customer) => after.has(customer)));
  }
});

test('a ring has about the share of customers that it says, none at 0 and all at 100', () => {
  assert.equal(served(0).length, 0);
  assert.equal(served(100).length, customers.length);
  assert.ok(Math.abs(served(10).length - 100) < 40);
  assert.ok(Math.abs(served(50).length - 500) < 80);
});
