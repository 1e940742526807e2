// Each event of a migration in words: trigger, value, limit, who is asked, and what silence means.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Actor } from '../../journal/event.ts';
import { plainly } from '../../words/phrases.ts';
import type { MigrationEvent } from './events.ts';
import { tellMigration } from './told.ts';

const until = Date.UTC(2026, 10, 28, 3, 12, 7);
const ada: Actor = { kind: 'person', name: 'Ada' };
const seen = { value: 0.061, at: 1, unit: 'ratio', above: 0.02, forMs: 60_000 };
const evidence = { errors: { signal: 'error-rate', status: 'breached', ...seen } };

function told(body: MigrationEvent, actor = ada): string {
  const event = { stream: 'migration-ledger-cutover', seq: 1, at: 0, hash: '', actor, body };
  const { mark, words } = tellMigration(event, plainly);
  return `${mark}: ${words}`;
}

test('a plan and a phase name who brought them and what is judged', () => {
  assert.equal(
    told({
      type: 'PlanArmed',
      plan: 'ledger-cutover',
      fingerprint: '9f3c21aa',
      snapshot: {},
      directory: '/',
      triggers: [],
      guards: { cooldownMs: 0, atMost: null },
    }),
    'good: Ada put plan ledger-cutover under watch (9f3c21)',
  );
  assert.equal(
    told({ type: 'PhaseEntered', phase: 'cutover', armed: ['errors', 'drift'] }),
    'working: Ada entered phase cutover; judged from now on: errors, drift',
  );
  assert.match(
    told({ type: 'PhaseEntered', phase: 'soak', armed: [] }),
    /judged from now on: nothing$/,
  );
});

test('a signal and its trigger say the value, its unit and the limit', () => {
  assert.equal(
    told({
      type: 'SignalChanged',
      trigger: 'errors',
      leaf: 'errors',
      signal: 'error-rate',
      from: 'healthy',
      to: 'suspect',
      evidence: seen,
    }),
    'attention: error-rate is suspect for trigger errors (was healthy): 6.1 %, bad above 2 % for 1 min',
  );
  assert.equal(
    told({ type: 'TriggerBreached', trigger: 'errors', breach: 1, mode: 'automatic', evidence }),
    'bad: trigger errors is breached (automatic): error-rate 6.1 %, bad above 2 % for 1 min',
  );
  assert.equal(
    told({
      type: 'TriggerBlinded',
      trigger: 'errors',
      cause: 'source-out',
      evidence: { errors: { signal: 'error-rate', unknown: 'error', because: 'refused' } },
    }),
    'unknown: trigger errors is blind, its source does not answer: error-rate is not known: refused',
  );
});

test('a trigger that clears, sees again, only advises, or is no longer held says so', () => {
  assert.deepEqual(
    [
      told({ type: 'TriggerCleared', trigger: 'errors', breach: 1 }),
      told({ type: 'TriggerSighted', trigger: 'errors' }),
      told({ type: 'TriggerAdvised', trigger: 'errors', breach: 1, mode: 'advise' }),
      told({ type: 'HoldEnded', trigger: 'errors' }),
    ],
    [
      'good: trigger errors has cleared',
      'good: trigger errors sees again',
      'attention: trigger errors would roll back; its mode is advise, so it only says so',
      'attention: the hold of trigger errors is over',
    ],
  );
});

test('a question says who is asked, until when, why, and what silence does', () => {
  assert.equal(
    told({
      type: 'DecisionWanted',
      decision: 3,
      trigger: 'errors',
      playbook: 'full',
      by: 'technical',
      until,
      silence: 'roll-back',
      because: 'trigger errors is breached, and its mode is review',
      evidence,
    }),
    'attention: decision 3 wanted from technical until 03:12:07 UTC: trigger errors is breached, and its mode is review. If nobody answers: roll back (full)',
  );
});

test('a decision says the answer, its run or its end, who gave it, and why', () => {
  const made = {
    type: 'DecisionMade',
    decision: 3,
    because: 'customers suffer',
    playbook: 'full',
    trigger: 'errors',
    evidence,
    kind: 'live',
    run: null,
    until: null,
  } as const;
  const trigger: Actor = { kind: 'trigger', name: 'errors' };
  const backout: Actor = { kind: 'backout', name: 'n1' };
  assert.deepEqual(
    [
      told({ ...made, answer: 'roll-back', how: 'person', run: 7 }),
      told({ ...made, answer: 'roll-back', how: 'automatic', run: 7 }, trigger),
      told({ ...made, answer: 'hold', how: 'silence', until }, backout),
      told({ ...made, answer: 'dismiss', how: 'person' }),
      told({ type: 'DecisionOvertaken', decision: 3, by: 4 }),
    ],
    [
      'working: decision 3: roll back with full, run 7, by Ada: customers suffer',
      'working: decision 3: roll back with full, run 7, by trigger errors itself: customers suffer',
      'attention: decision 3: hold until 03:12:07 UTC, by the plan: customers suffer',
      'deviation: decision 3: dismissed, by Ada: customers suffer',
      'already: decision 3 was overtaken by decision 4',
    ],
  );
});

test('the end of a run says how it ended, and when what is left asks again', () => {
  assert.equal(
    told({ type: 'RunFinished', run: 7, outcome: 'rolled-back-verified', askAgainAt: until }),
    'good: run 7: rolled back, verified; what is still breached or blind asks again at 03:12:07 UTC',
  );
  assert.equal(told({ type: 'RunFinished', run: 7, outcome: 'aborted' }), 'bad: run 7: aborted');
});

test('what is asked for, approved, off and reviewed is told with who, how many and until when', () => {
  const asked = {
    type: 'ApprovalWanted',
    decision: 4,
    playbook: 'full',
    kind: 'live',
    because: 'errors over 2 %.',
    scope: { region: ['eu'] },
    fingerprint: '9f3c21aa',
    wanted: 2,
    until,
  } as const;
  assert.equal(
    told(asked),
    'attention: Ada wants a live run of full (region=eu): errors over 2 %. Decision 4 wants 2 approvals by others until 03:12:07 UTC; else it is not started',
  );
  assert.match(
    told({ ...asked, undoes: { run: 7, leads: 'forward' } }),
    /^attention: Ada wants to undo run 7: errors/,
  );
  assert.deepEqual(
    [
      told({ type: 'ApprovalGiven', decision: 4, because: 'seen it' }),
      told({ type: 'ApprovalWithdrawn', decision: 4 }),
      told({
        type: 'ApprovalVoided',
        decision: 4,
        why: 'plan-changed',
        because: 'the plan was changed',
      }),
      told({ type: 'ReviewOwed', run: 7, until }),
      told({ type: 'ReviewGiven', run: 7, because: 'rightly done' }),
    ],
    [
      'good: Ada approved decision 4: seen it',
      'attention: Ada took back the approval of decision 4',
      'deviation: decision 4 is approved no more (plan changed): the plan was changed',
      'bad: Ada broke the glass: run 7 begins without its approvals; somebody else reviews it until 03:12:07 UTC',
      'good: Ada reviewed run 7: rightly done',
    ],
  );
});

test('a decision says on whose word it stands besides', () => {
  const made = {
    type: 'DecisionMade',
    decision: 4,
    answer: 'roll-back',
    how: 'person',
    because: 'errors',
    playbook: 'full',
    trigger: null,
    evidence: {},
    run: 7,
    kind: 'live',
    until: null,
  } as const;
  assert.match(
    told({ ...made, requester: 'ben', approvedBy: ['chi', 'Ada'] }),
    /run 7, by Ada, asked by ben, approved by chi and Ada: errors$/,
  );
  assert.match(
    told({ ...made, envelope: 'pre-approved by ben until 2026-12-01T00:00:00.000Z' }),
    /by Ada, pre-approved by ben until 2026-12-01T00:00:00\.000Z: errors$/,
  );
  assert.match(told({ ...made, glassBroken: true }), /by Ada, without its approvals: errors$/);
});
