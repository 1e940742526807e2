// Tests of the JSON Schema: the committed file is the one that the language gives, and it takes the example.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { jsonSchema } from './json-schema.ts';

const root = new URL('../../../', import.meta.url);

test('schema/backout.schema.json is up to date', () => {
  const committed = readFileSync(new URL('schema/backout.schema.json', root), 'utf8');
  assert.equal(
    committed,
    `${JSON.stringify(jsonSchema(), null, 2)}\n`,
    'write it anew: backout schema > schema/backout.schema.json',
  );
});

test('the schema takes the example plan and refuses what the language refuses', () => {
  const schema = z.fromJSONSchema(jsonSchema());
  const example: unknown = parse(
    readFileSync(new URL('examples/ledger-cutover.plan.yaml', root), 'utf8'),
  );
  assert.ok(schema.safeParse(example).success);
  assert.ok(
    schema.safeParse({ backout: 1, name: 'a', communications: { 'not-applicable': 'internal' } })
      .success,
  );
  assert.ok(
    schema.safeParse({
      backout: 1,
      name: 'a',
      phases: [{ name: 'b', failure: { 'not-applicable': 'x' } }],
    }).success,
  );
  assert.ok(!schema.safeParse({ backout: 1, name: 'a', objectives: { rto: '5 minutes' } }).success);
  assert.ok(!schema.safeParse({ backout: 1, name: 'a', sistems: {} }).success);
});

test('explanations of the keys reach the editor', () => {
  const text = JSON.stringify(jsonSchema());
  for (const words of [
    'A system: uses',
    'What silence means',
    'Duration: 250ms',
    'The connector and its state',
  ]) {
    assert.ok(text.includes(words), words);
  }
});
