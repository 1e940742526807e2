// Tests of secret references: found, filled late, and never seen again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  fillSecrets,
  malformedReferenceIn,
  redact,
  redactJson,
  secretReferences,
} from './secrets.ts';

test('references are found wherever a text is, each once', () => {
  assert.deepEqual(
    secretReferences({
      a: '${A}',
      b: ['x${B_2}y${A}'],
      c: { d: '${file:/run/secrets/x}' },
      e: '$${NOT}',
    }),
    ['A', 'B_2', 'file:/run/secrets/x'],
  );
});

test('values are put in place of references, and a doubled dollar is a plain one', () => {
  const filled = fillSecrets(
    { url: 'http://${HOST}/', sql: 'select $${x}', n: 1 },
    () => 'h.example',
  );
  assert.deepEqual(filled, {
    type: 'filled',
    value: { url: 'http://h.example/', sql: 'select ${x}', n: 1 },
    secrets: ['h.example'],
  });
});

test('a value that looks like a reference is not filled again', () => {
  const filled = fillSecrets('${A}', () => '${B}');
  assert.equal(filled.type === 'filled' && filled.value, '${B}');
});

test('every missing secret is named at once', () => {
  assert.deepEqual(
    fillSecrets('${A} ${B} ${C}', (name) => (name === 'B' ? 'x' : undefined)),
    { type: 'missing', missing: ['A', 'C'] },
  );
});

test('the password of a filled URL is a secret of its own, as written and decoded', () => {
  const filled = fillSecrets('${URL}', () => 'postgres://app:p%40ss%2Fword@db.example/shop');
  assert.ok(filled.type === 'filled');
  assert.equal(
    redact('password authentication failed: p@ss/word, sent p%40ss%2Fword', filled.secrets),
    'password authentication failed: •••, sent •••',
  );
});

test('a password that is put into a URL is hidden there and in the whole', () => {
  const filled = fillSecrets('postgres://app:${PW}@db/shop', () => 'hunter2hunter2');
  assert.ok(filled.type === 'filled');
  assert.equal(redact(filled.value, filled.secrets), 'postgres://app:•••@db/shop');
});

test('each line of a key file is hidden too', () => {
  const filled = fillSecrets('${file:/k}', () => 'BEGIN KEY line\nabcdefghijkl\nEND KEY line\n');
  assert.ok(filled.type === 'filled');
  assert.equal(redact('bad line: abcdefghijkl', filled.secrets), 'bad line: •••');
});

test('secrets are hidden in JSON, in keys too', () => {
  assert.deepEqual(redactJson({ s3cr3t: ['a s3cr3t', 1, null] }, ['s3cr3t']), {
    '•••': ['a •••', 1, null],
  });
});

test('without secrets, or with an empty one, a text stays as it is', () => {
  assert.equal(redact('as it is', []), 'as it is');
  assert.equal(redact('as it is', ['']), 'as it is');
});

test('what looks like a reference and is none is noticed', () => {
  assert.equal(malformedReferenceIn('x ${my-secret}'), '${my-secret}');
  assert.equal(malformedReferenceIn('${}'), '${}');
  assert.equal(malformedReferenceIn('${A'), '${A');
  assert.equal(malformedReferenceIn('$${anything at all} ${A}'), undefined);
});

test('no secret survives in any form that systems print it in', () => {
  const secret = fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme' });
  fc.assert(
    fc.property(
      secret,
      fc.string({ maxLength: 7 }),
      fc.string({ maxLength: 7 }),
      (word, before, after) => {
        const forms = [word, encodeURIComponent(word), JSON.stringify(word).slice(1, -1)];
        for (const form of forms)
          assert.ok(
            !redact(`${before}${form}${after}`, [word]).includes(form) || '•••'.includes(form),
          );
        const encoded = Buffer.from(`${before}${word}${after}`).toString('base64');
        const left = Buffer.from(
          redact(encoded, [word]).replaceAll('•••', ''),
          'base64',
        ).toString();
        assert.ok(!left.includes(word) || `${before}${after}`.includes(word));
        assert.ok(redact(encoded, [word]).includes('•••'));
      },
    ),
  );
});
