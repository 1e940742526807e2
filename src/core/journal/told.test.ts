// Any event of the journal in words: by the noun of its stream, and by its name when it is of a newer Backout.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventBody, JournalEvent } from './event.ts';
import { tell } from './told.ts';

function event(stream: string, body: EventBody): JournalEvent {
  return { stream, seq: 1, at: 0, hash: '', actor: { kind: 'backout', name: 'n1' }, body };
}

test('each noun of the journal is told in its own words', () => {
  const asked: EventBody & { step: string } = { type: 'StepAsked', step: 'look' };
  const cleared: EventBody & { trigger: string } = { type: 'TriggerCleared', trigger: 'errors' };
  assert.equal(tell(event('run-7', asked)).words, 'look waits for a person');
  assert.equal(tell(event('migration-try', cleared)).words, 'trigger errors has cleared');
});

test('a notice says its channel, whether it surely went out, and why it did not', () => {
  const notice = { notice: 'run-7-start/0', channel: 'mail' };
  const sent = { type: 'NoticeSent', ...notice, certainty: 'sent', receipt: null };
  const maybe = { ...sent, certainty: 'maybe' };
  const failed = { type: 'NoticeFailed', ...notice, because: 'the mailbox is full.' };
  assert.deepEqual(
    [sent, maybe, failed].map((body) => tell(event('notices-try', body)).words),
    [
      'notice run-7-start/0 went out through mail',
      'notice run-7-start/0 went out through mail, perhaps',
      'notice run-7-start/0 did not go out through mail: the mailbox is full',
    ],
  );
});

test('an event of a newer Backout is told by its name, whichever stream it is in', () => {
  for (const stream of ['run-7', 'migration-try', 'notices-try', 'drill-1', ''])
    assert.deepEqual(tell(event(stream, { type: 'RunBlessed' })), {
      mark: 'unknown',
      words: 'RunBlessed',
    });
});

test('an operator who is made, given a token and revoked is told by name, and what was done without a proof says so', () => {
  const token = { id: 'a1', sha256: 'f'.repeat(64) };
  const added = { type: 'OperatorAdded', operator: 'ada', called: 'Ada L.', manages: true, token };
  const replaced = { type: 'OperatorTokenReplaced', operator: 'ada', token };
  const revoked = { type: 'OperatorRevoked', operator: 'ada', because: 'phone stolen' };
  assert.deepEqual(
    [added, replaced, revoked].map((body) => tell(event('operators', body))),
    [
      { mark: 'good', words: 'Backout made ada (Ada L.) an operator, who manages operators' },
      { mark: 'good', words: 'Backout gave ada a new token; the one before it ended' },
      {
        mark: 'deviation',
        words: 'Backout revoked operator ada, without a proof: phone stolen',
      },
    ],
  );
});
