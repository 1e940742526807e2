// Statuses by class of error: what is tried again by itself, and what is for people.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classOfStatus } from './exchange.ts';

const classes = {
  'not-allowed': [401, 403, 407, 511],
  'cannot-reach': [408, 425, 429, 502, 503, 504, 521, 522, 523, 530],
  'timed-out': [524],
  refused: [
    200, 301, 400, 404, 405, 409, 410, 412, 413, 422, 423, 428, 451, 500, 501, 505, 507, 520, 525,
    526,
  ],
};

for (const [errorClass, statuses] of Object.entries(classes)) {
  test(`the statuses ${statuses.join(', ')} are ${errorClass}`, () => {
    for (const status of statuses) assert.equal(classOfStatus(status), errorClass, `${status}`);
  });
}
