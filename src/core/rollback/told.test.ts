// Each event of a run in words: steps, nodes, people and reasons by name.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '../journal/event.ts';
import { plainly } from '../words/phrases.ts';
import type { RunEvent } from './events.ts';
import { tellRun } from './told.ts';

const ada: Actor = { kind: 'person', name: 'Ada' };
const dueAt = Date.UTC(2026, 10, 28, 3, 12, 7);
const step = 'route-back';

function told(body: RunEvent): string {
  const manner = { ...plainly, nodeOf: (node: string) => (node === 'a1b2' ? 'node A' : node) };
  const event = { stream: 'run-7', seq: 1, at: 0, hash: '', actor: ada, body };
  const { mark, words } = tellRun(event, manner);
  return `${mark}: ${words}`;
}

const looks = [
  { check: 'few-errors', says: 'fails', evidence: { 'error-rate': { value: 0.061, at: 1 } } },
  { check: 'log-in', says: 'unknown', evidence: 'connection refused' },
  { check: 'no-drift', says: 'holds', evidence: null },
];

test('a run says which playbook of which plan it carries out and why, and how it ended', () => {
  assert.equal(
    told({
      type: 'RunStarted',
      run: 7,
      plan: 'ledger-cutover',
      fingerprint: 'f',
      playbook: 'full',
      kind: 'live',
      because: 'trigger errors is breached',
      decision: 'ledger-cutover/3',
      graph: { nodes: [] },
      objectives: {},
    }),
    'working: run 7 begins: full of ledger-cutover (live), because trigger errors is breached',
  );
  assert.equal(
    told({ type: 'RunEnded', outcome: 'rolled-back-verified', because: 'every check held' }),
    'good: rolled back, verified: every check held',
  );
  assert.equal(
    told({ type: 'RunEnded', outcome: 'rolled-back-not-verified', because: 'log-in fails.' }),
    'bad: rolled back, not verified: log-in fails',
  );
});

test('orders of people name who gave them and why', () => {
  assert.deepEqual(
    [
      told({ type: 'RunPaused', because: 'breath\nnow' }),
      told({ type: 'RunResumed' }),
      told({ type: 'RunAbortRequested', because: 'wrong playbook' }),
      told({ type: 'StepSkipped', step, because: 'the bank is closed' }),
      told({ type: 'StepRetried', step }),
    ],
    [
      'attention: Ada paused the run: breath now',
      'working: Ada let the run go on',
      'bad: Ada asked to abort the run: wrong playbook',
      'deviation: route-back skipped by Ada: the bank is closed',
      'working: Ada said to try route-back again',
    ],
  );
});

test('an attempt names its step, its node, its number when it is not the first, and what it came to', () => {
  assert.deepEqual(
    [
      told({ type: 'StepDispatched', step, attempt: 1 }),
      told({ type: 'StepDispatched', step, attempt: 2, again: 1 }),
      told({ type: 'StepAttemptBegan', step, attempt: 2, node: 'a1b2' }),
      told({ type: 'StepObserved', step, attempt: 1, evidence: null, change: 'ledger 100 -> 0 %' }),
      told({ type: 'StepObserved', step, attempt: 1, evidence: null }),
      told({ type: 'StepApplied', step, attempt: 1, receipt: null }),
      told({
        type: 'StepAttemptFailed',
        step,
        attempt: 1,
        class: 'timed-out',
        because: 'no answer.',
      }),
      told({ type: 'StepAttemptLost', step, attempt: 1, node: 'a1b2' }),
      told({ type: 'StepRetryPlanned', step, attempt: 2, dueAt }),
      told({ type: 'StepBlocked', step, class: 'refused', because: 'the table is locked' }),
      told({
        type: 'StepLateResultRecorded',
        step,
        attempt: 1,
        result: { type: 'failed', class: 'cancelled', because: 'drained' },
      }),
    ],
    [
      'waiting: route-back may begin',
      'waiting: route-back may begin, attempt 2, laid out again because nobody took it',
      'working: node A took route-back, attempt 2',
      'working: route-back must change: ledger 100 -> 0 %',
      'working: route-back differs and must change',
      'working: route-back was applied; looking again',
      'bad: route-back: attempt 1 failed, timed out: no answer',
      'unknown: route-back: node A is gone in the middle of attempt 1; nobody knows how far it came',
      'attention: route-back is tried again at 03:12:07 UTC, attempt 2',
      'bad: route-back is blocked, refused: the table is locked',
      'already: route-back: attempt 1 told its result too late to count: failed, cancelled: drained',
    ],
  );
});

test('a step that is over says whether it was so before, was made so, passed, or was done by hand', () => {
  const confirmed = (done: 'already-so' | 'applied' | 'passed' | 'by-hand', evidence: unknown) =>
    told({ type: 'StepConfirmed', step, attempt: 1, done, evidence: evidence as null });
  assert.deepEqual(
    [
      confirmed('already-so', null),
      confirmed('applied', {}),
      confirmed('passed', looks),
      confirmed('by-hand', { said: 'I saw it' }),
      confirmed('by-hand', null),
    ],
    [
      'already: route-back is already so; nothing was changed',
      'good: route-back holds',
      'good: route-back passed (few-errors, log-in, no-drift)',
      'good: route-back done by hand, says Ada: I saw it',
      'good: route-back done by hand, says Ada',
    ],
  );
});

test('the verification says which checks hold, and which one broke and what it saw', () => {
  assert.deepEqual(
    [
      told({ type: 'VerificationHeld', evidence: looks }),
      told({ type: 'VerificationHeld', evidence: null }),
      told({ type: 'VerificationBroken', evidence: looks }),
      told({ type: 'VerificationBroken', evidence: 'nothing' }),
    ],
    [
      'good: every check holds now (few-errors, log-in, no-drift); it must last',
      'good: every check holds now; it must last',
      'bad: few-errors does not hold (error-rate 0.061), log-in could not be measured (connection refused); the time begins anew',
      'bad: a check does not hold; the time begins anew',
    ],
  );
});

test('a step that waits for people or is late says so', () => {
  assert.equal(told({ type: 'StepAsked', step }), 'attention: route-back waits for a person');
  assert.equal(
    told({ type: 'StepOverdue', step }),
    'bad: route-back is overdue: its timebox is spent',
  );
});

test('who is called, who is at it and to whom a step goes is told by name', () => {
  assert.deepEqual(
    [
      told({ type: 'StepCalled', step, rung: 0, role: 'technical', people: ['ben', 'eva'] }),
      told({ type: 'StepCalled', step, rung: 1, role: 'cto', people: ['cto'] }),
      told({ type: 'StepCalled', step, rung: 2, role: 'security', people: [] }),
      told({ type: 'StepAcknowledged', step }),
      told({ type: 'StepHandedOver', step, from: 'technical', to: 'owner', people: ['ada'] }),
    ],
    [
      'attention: route-back: technical (ben, eva) are called',
      'attention: route-back: cto is called',
      'attention: route-back: security (held by nobody) is called',
      'working: Ada is at route-back',
      'attention: route-back goes to owner (ada): technical did not answer',
    ],
  );
});

test('a wish to skip a step says how many must agree until when, and what became of it', () => {
  assert.deepEqual(
    [
      told({ type: 'StepSkipWanted', step, because: 'it is so.', wanted: 1, until: dueAt }),
      told({ type: 'StepSkipApproved', step }),
      told({ type: 'StepSkipWithdrawn', step }),
      told({ type: 'StepSkipVoided', step, why: 'withdrawn' }),
      told({ type: 'StepSkipVoided', step, why: 'overdue' }),
      told({ type: 'StepSkipped', step, because: 'so', requester: 'ben', approvedBy: ['Ada'] }),
    ],
    [
      'attention: Ada wants to skip route-back: it is so. It wants 1 approval by others until 03:12:07 UTC; else it is not skipped',
      'good: Ada approved to skip route-back',
      'attention: Ada took back the approval to skip route-back',
      'attention: Ada no longer wants to skip route-back',
      'attention: nobody approved in time to skip route-back; it is not skipped',
      'deviation: route-back skipped by Ada, as ben asked, approved by Ada: so',
    ],
  );
});
