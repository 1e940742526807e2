// Secrets and their other spellings are taken out of texts and JSON, and nothing else is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createConcealer, secretsOfUrl } from './concealer.ts';

test('a secret is found as it is, in a URL, in base64 and inside of JSON', () => {
  const secret = 'p@ss"word/1';
  const { text, json } = createConcealer([secret, undefined, 'x']);
  for (const spelled of [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
    JSON.stringify(secret).slice(1, -1),
  ]) {
    assert.equal(text(`before ${spelled} after`), 'before ••• after');
  }
  assert.deepEqual(json({ a: [secret, 1, null], [secret]: true, x: 'fox' }), {
    a: ['•••', 1, null],
    '•••': true,
    x: 'fox',
  });
});

test('the password and the query of a URL are its secrets', () => {
  assert.deepEqual(secretsOfUrl('https://u:p%40ss@h/x?key=abcd'), ['p@ss', 'abcd']);
});

test('no secret is ever left in a text, whatever stands around it', () => {
  const secret = fc.string({ minLength: 4, maxLength: 20, unit: 'grapheme' });
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      fc.string(),
      (secrets, around) => {
        const said = createConcealer(secrets).text(around + secrets.join(around) + around);
        for (const each of secrets) assert.ok(!said.includes(each) || '•••'.includes(each));
      },
    ),
  );
});
