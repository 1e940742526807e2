// Tests of fingerprints: the same for the same meaning, another for another.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { canonical, fingerprint, partFingerprints } from './canonical.ts';
import { parsePlan } from './parse.ts';
import type { Plan } from './plan.ts';

function planOf(text: string): Plan {
  const parsed = parsePlan({ file: 'p.plan.yaml', text });
  assert.ok(parsed.type === 'plan');
  return parsed.plan;
}

const plan = planOf(
  'backout: 1\nname: move\nsystems: { m: { uses: x, b: 1, a: 2 } }\nsignals: { s: { from: m, every: 60s }, t: { from: m } }\n',
);

test('the fingerprint is SHA-256 over the canonical form', () => {
  assert.equal(fingerprint(plan), createHash('sha256').update(canonical(plan)).digest('hex'));
});

test('order, comments, spelling of durations and written-out defaults do not change the fingerprint', () => {
  const same = planOf(
    '# moved\nname: "move"\nsignals:\n  t:\n    from: m\n    every: 10s # the default\n  s: { every: 1m, from: m, independent: false }\nsystems:\n  m: { a: 2, b: 1, uses: x }\nbackout: 1\n',
  );
  assert.equal(fingerprint(same), fingerprint(plan));
});

test('a change of one part changes its own fingerprint and that of the whole, and no other', () => {
  const changed = planOf(
    'backout: 1\nname: move\nsystems: { m: { uses: x, b: 1, a: 2 } }\nsignals: { s: { from: m, every: 61s }, t: { from: m } }\n',
  );
  const [before, after] = [partFingerprints(plan), partFingerprints(changed)];
  assert.notEqual(fingerprint(plan), fingerprint(changed));
  assert.deepEqual(
    Object.keys(before).filter((part) => before[part] !== after[part]),
    ['signal/s'],
  );
});

test('canonical JSON sorts keys by code unit and leaves out what is not said', () => {
  assert.equal(
    canonical({ b: [1, { d: undefined, c: null }], a: 'é' }),
    '{"a":"é","b":[1,{"c":null}]}',
  );
});
