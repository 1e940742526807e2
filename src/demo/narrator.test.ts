// What the demo's viewer hears of the journal, and what not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventBody } from '../core/journal/event.ts';
import { tell } from './narrator.ts';

const heard = (body: EventBody, stream = 'run-1'): string | undefined =>
  tell(
    { stream, seq: 1, at: 5_200, hash: '', actor: { kind: 'backout', name: 'n' }, body },
    1_000,
    (node) => (node === 'x1' ? 'node B' : node),
  );

test('a sentence stands behind the seconds since the break, with the shape of what it means', () => {
  const lost: EventBody & { [field: string]: unknown } = {
    type: 'StepAttemptLost',
    step: 'carry-home',
    attempt: 1,
    node: 'x1',
  };
  assert.equal(
    heard(lost),
    '  +4.2 s  ? carry-home: node B is gone in the middle of attempt 1; nobody knows how far it came',
  );
});

test('a first attempt is no news; that another node took the step again is', () => {
  const began = (attempt: number): EventBody & { [field: string]: unknown } => ({
    type: 'StepAttemptBegan',
    step: 'carry-home',
    attempt,
    node: 'x1',
  });
  assert.equal(heard(began(1)), undefined);
  assert.match(heard(began(2)) ?? '', /▶ node B took carry-home, attempt 2$/);
  assert.equal(heard({ type: 'StepApplied' }), undefined);
});
