// What Postgres answers, by class of error: what is tried again by itself, what is for people, and what stops the run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DatabaseError } from 'pg';
import { explain } from './errors.ts';
import { openPostgres, postgresOptions } from './client.ts';

const client = openPostgres(postgresOptions.parse({ url: 'postgres://ada:secret-word@db/shop' }), {
  system: 'db',
  directory: '/',
});

const classes = {
  'cannot-reach': [
    '08000',
    '08006',
    '40001',
    '40P01',
    '53200',
    '53300',
    '57P01',
    '57P02',
    '57P03',
    '72000',
  ],
  'timed-out': ['08007', '25P03', '25P04', '40003', '55P03', '57014', '57P05'],
  'not-allowed': ['28000', '28P01', '42501'],
  'target-mismatch': ['25006', '3D000', '57P04'],
  refused: [
    '0A000',
    '22012',
    '23505',
    '25P02',
    '42601',
    '42P01',
    '53100',
    '55006',
    '58030',
    'P0001',
    'XX000',
    'XX001',
    '99999',
  ],
};

for (const [errorClass, states] of Object.entries(classes)) {
  test(`the states ${states.join(', ')} are ${errorClass}`, () => {
    for (const state of states) {
      const error = new DatabaseError(`it said ${state} (secret-word)`, 0, 'error');
      error.code = state;
      const told = explain(client, 'ask db', error);
      assert.equal(told.class, errorClass, state);
      assert.deepEqual(told.facts, { sqlstate: state });
      assert.doesNotMatch(told.message, /secret-word/);
    }
  });
}
