// JSON pointers find what RFC 6901 says they find, and equality looks at what is there, not at its order.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Json } from '../connector.ts';
import { duration } from './duration.ts';
import { pointer, sameJson, valueAt } from './pointer.ts';

const document: Json = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'm~n': 8, ' ': 7, k: null };

test('a pointer finds the places of RFC 6901', () => {
  const places: readonly (readonly [string, Json])[] = [
    ['', document],
    ['/foo/0', 'bar'],
    ['/', 0],
    ['/a~1b', 1],
    ['/m~0n', 8],
    ['/ ', 7],
    ['/k', null],
  ];
  for (const [place, value] of places) assert.deepEqual(valueAt(document, place), value, place);
});

test('a pointer finds nothing where nothing is, not even what every object has', () => {
  for (const place of ['/no', '/foo/2', '/foo/length', '/constructor', '/__proto__', '/k/x']) {
    assert.equal(valueAt(document, place), undefined, place);
  }
});

test('what is no pointer is refused', () => {
  for (const text of ['foo', '#/foo', '/a~2', '/a~']) assert.ok(!pointer.safeParse(text).success);
});

test('two documents are the same when their texts are, whatever the order of their members', () => {
  const json = fc.jsonValue();
  const turned = (value: unknown): unknown => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(turned);
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([k, v]) => [k, turned(v)]),
    );
  };
  fc.assert(
    fc.property(json, json, (a, b) => {
      const [one, other] = [a, b].map((each) => JSON.parse(JSON.stringify(each)) as Json);
      assert.ok(sameJson(one, turned(one) as Json)); // turning keeps it JSON
      assert.equal(sameJson(one, other), sameJson(other, one));
    }),
  );
});

test('durations are read as plans write them', () => {
  const ms = ['500ms', '1.5s', '90s', '15m', '2h', '7d'].map((text) => duration.parse(text));
  assert.deepEqual(ms, [500, 1500, 90_000, 900_000, 7_200_000, 604_800_000]);
  for (const text of ['5', '5 minutes', '-1s', '0s', '1e3s', 's', 5]) {
    assert.ok(!duration.safeParse(text).success, String(text));
  }
});
