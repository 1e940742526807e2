// Runs that others must approve, by given, when, then: asked, approved, voided, spared beforehand, and the broken glass.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { person } from '../../../testing/given.ts';
import { armPlan, breach, known, trigger, watched } from '../../../testing/migrations.ts';
import type { Actor, Json } from '../../journal/event.ts';

const proven = (name: string): Actor => ({ ...person(name), proof: 'token' });
const ada = proven('ada');
const ben = proven('ben');
const chi = proven('chi');

const order = {
  type: 'OrderRun',
  playbook: 'full',
  because: 'errors over 2 %',
  kind: 'live',
  newRun: 7,
} as const;

function planOf(governance: Json): Json {
  return {
    people: { ada: {}, ben: { chat: '@ben' }, chi: {}, dee: {} },
    roles: { owner: ['ada'], deputies: { technical: ['ben'], security: ['chi'] } },
    governance,
  };
}

const story = (run = 1, more: { readonly [key: string]: Json } = {}) =>
  watched([trigger('errors', 'review')], {}, planOf({ approvals: { run }, ...more }));

test('a run that one other must approve waits, and begins with the approval, in one answer', () => {
  const told = story();
  assert.deepEqual(told.when(order, ada), ['ApprovalWanted 1']);
  assert.equal(known(told).activeRun, null);
  assert.deepEqual(told.when({ type: 'Approve', decision: 1, newRun: 7 }, ben), [
    'ApprovalGiven 1',
    'DecisionMade 1',
  ]);
  const made = told.events.at(-1)?.body;
  assert.ok(made?.type === 'DecisionMade');
  assert.deepEqual(
    [made.run, made.because, made.requester, made.approvedBy],
    [7, 'errors over 2 %', 'ada', ['ben']],
  );
});

test('whoever asked does not approve, not even as the owner, and is told who may', () => {
  const told = story();
  told.when(order, ada);
  const said = told.ask({ type: 'Approve', newRun: 7 }, ada);
  assert.equal(said.type === 'rejected' && said.code, 'not-yours');
  assert.match(
    said.type === 'rejected' ? said.because : '',
    /second pair of eyes\. Who may: ben \(@ben\), technical; chi, security\./,
  );
  // A claimed name is one pair of eyes too, however it is written.
  assert.equal(told.refused({ type: 'Approve', newRun: 7 }, person('ADA')), 'four-eyes');
});

test('who holds no role that may approve is refused', () => {
  const told = watched([], {}, planOf({ approvals: { run: 1, by: ['security'] } }));
  told.when(order, ada);
  assert.equal(told.refused({ type: 'Approve', newRun: 7 }, ben), 'not-yours');
  assert.equal(told.when({ type: 'Approve', newRun: 7 }, chi).length, 2);
});

test('two approvals are of two people: the same one twice is one', () => {
  const told = story(2);
  told.when(order, ada);
  assert.deepEqual(told.when({ type: 'Approve', newRun: 7 }, ben), ['ApprovalGiven 1']);
  assert.deepEqual(told.when({ type: 'Approve', newRun: 7 }, ben), []);
  assert.deepEqual(told.when({ type: 'Approve', newRun: 7 }, chi), [
    'ApprovalGiven 1',
    'DecisionMade 1',
  ]);
});

test('another version of the plan voids what was asked and approved, and people ask again', () => {
  const told = story(2);
  told.when(order, ada);
  told.when({ type: 'Approve', newRun: 7 }, ben);
  const edited = armPlan(
    [],
    { cooldownMs: 0, atMost: null },
    'f2',
    planOf({ approvals: { run: 2 } }),
  );
  assert.deepEqual(told.when(edited, ada), ['PlanArmed', 'ApprovalVoided 1']);
  assert.equal(told.refused({ type: 'Approve', decision: 1, newRun: 7 }, chi), 'no-such-question');
});

test('the same order twice is one request, and another one by the same person replaces it', () => {
  const told = story();
  told.when(order, ada);
  assert.equal(told.refused(order, ada), 'approval-waits');
  assert.deepEqual(told.when({ ...order, scope: { region: ['eu'] } }, ada), [
    'ApprovalVoided 1',
    'ApprovalWanted 2',
  ]);
  assert.deepEqual(told.when({ ...order, playbook: 'route-back' }, ben), ['ApprovalWanted 3']);
  assert.equal(told.refused({ type: 'Approve', newRun: 7 }, chi), 'which-question');
});

test('what nobody approves in time is not started', () => {
  const told = story(1, { approvals: { run: 1, within: 60_000 } });
  told.when(order, ada);
  assert.deepEqual(told.pass(59_999), []);
  assert.deepEqual(told.pass(1), ['ApprovalVoided 1']);
  assert.deepEqual(known(told).requests, []);
});

test('an approval can be taken back, a request too, and a refusal needs a reason', () => {
  const told = story(2);
  told.when(order, ada);
  told.when({ type: 'Approve', newRun: 7 }, ben);
  assert.deepEqual(told.when({ type: 'Withdraw' }, ben), ['ApprovalWithdrawn 1']);
  assert.equal(told.refused({ type: 'Withdraw' }, chi), 'nothing-to-withdraw');
  assert.equal(told.refused({ type: 'Hold', forMs: 1_000 }, chi), 'nothing-to-hold');
  assert.deepEqual(told.when({ type: 'Withdraw', decision: 1 }, ada), ['ApprovalVoided 1']);
  told.when(order, ada);
  assert.equal(told.refused({ type: 'Dismiss', because: '' }, chi), 'reason-missing');
  assert.deepEqual(told.when({ type: 'Dismiss', because: 'not at night' }, chi), [
    'ApprovalVoided 2',
  ]);
});

test('a run that something else begins overtakes the request', () => {
  const told = watched([trigger('errors', 'automatic')], {}, planOf({ approvals: { run: 1 } }));
  told.when(order, ada);
  assert.deepEqual(breach(told, 'errors'), [
    'TriggerBreached errors',
    'DecisionMade 2',
    'DecisionOvertaken 1',
  ]);
  const late = told.ask({ type: 'Approve', decision: 1, newRun: 8 }, ben);
  assert.equal(late.type === 'rejected' && late.code, 'decided-already');
});

test('the yes to a question of a trigger is an approval; where two are wanted it stays open for the second', () => {
  const once = story(1);
  breach(once, 'errors');
  assert.deepEqual(once.when({ type: 'Approve', newRun: 7 }, ben), ['DecisionMade 1']);
  const twice = story(2);
  breach(twice, 'errors');
  assert.equal(twice.refused({ type: 'Approve', newRun: 7 }, chi), 'not-yours');
  assert.deepEqual(twice.when({ type: 'Approve', newRun: 7 }, ben), ['ApprovalGiven 1']);
  assert.equal(known(twice).questions.length, 1);
  assert.deepEqual(twice.when({ type: 'Approve', newRun: 7 }, chi), ['DecisionMade 1']);
  const made = twice.events.at(-1)?.body;
  assert.deepEqual(made?.type === 'DecisionMade' && made.approvedBy, ['ben', 'chi']);
});

test('silence still does what the plan says of a question that is half approved', () => {
  const told = story(2);
  breach(told, 'errors');
  told.when({ type: 'Approve', newRun: 7 }, ben);
  assert.deepEqual(told.pass(300_000), ['DecisionMade 1']);
  assert.equal(known(told).made[0]?.how, 'silence');
});

test('what was approved beforehand begins at once, says so, and covers nobody’s own orders', () => {
  const until = Date.UTC(2026, 10, 28, 2);
  const envelope = { playbooks: ['full'], kinds: ['live'], until, 'approved-by': 'ada' };
  const told = story(1, { 'pre-approved': [envelope] });
  assert.deepEqual(told.when(order, ada), ['ApprovalWanted 1']);
  assert.deepEqual(told.when({ ...order, kind: 'drill' }, ben), ['ApprovalWanted 2']);
  assert.deepEqual(told.when(order, ben).slice(0, 1), ['DecisionMade 3']);
  const made = told.events.find(({ body }) => body.type === 'DecisionMade')?.body;
  assert.equal(
    made?.type === 'DecisionMade' && made.envelope,
    'pre-approved by ada until 2026-11-28T02:00:00.000Z',
  );
  const late = story(1, { 'pre-approved': [envelope] });
  late.wait(3_600_000);
  assert.deepEqual(late.when(order, ben), ['ApprovalWanted 1']);
});

test('the glass is broken by a proven holder of a role, begins the run at once, and owes a review by somebody else', () => {
  const told = story();
  const glass = { ...order, breakGlass: true } as const;
  assert.equal(told.refused(glass, person('ada')), 'proof-wanted');
  assert.equal(told.refused(glass, proven('mallory')), 'not-yours');
  assert.deepEqual(told.when(glass, ada), ['DecisionMade 1', 'ReviewOwed 7']);
  const [owed] = known(told).reviews;
  assert.deepEqual(
    [owed?.by, owed?.because, (owed?.until ?? 0) - told.now],
    ['ada', 'errors over 2 %', 24 * 3_600_000],
  );
  const review = { type: 'CloseReview', run: 7, because: 'rightly done' } as const;
  assert.equal(told.refused(review, ada), 'not-yours');
  assert.equal(told.refused(review, person('Ada')), 'four-eyes');
  assert.equal(told.refused({ ...review, run: 8 }, ben), 'no-such-review');
  assert.deepEqual(told.when(review, ben), ['ReviewGiven 7']);
  assert.deepEqual(known(told).reviews, []);
});

test('where nothing is wanted the glass stays whole', () => {
  const told = story(0);
  assert.deepEqual(told.when({ ...order, breakGlass: true }, ada), ['DecisionMade 1']);
});

test('whoever arms a version that wants fewer approvals does not profit from it; somebody else may', () => {
  const told = story(2);
  const edit = (run: number, fingerprint: string) =>
    armPlan([], { cooldownMs: 0, atMost: null }, fingerprint, planOf({ approvals: { run } }));
  told.when(edit(0, 'f2'), ada);
  assert.deepEqual(told.when(order, ada), ['ApprovalWanted 1']);
  assert.equal(known(told).requests[0]?.wanted, 2);
  // In two small steps it is the same.
  told.when(edit(1, 'f3'), ada);
  told.when(edit(0, 'f4'), ada);
  assert.deepEqual(told.when(order, ada), ['ApprovalWanted 2']);
  assert.equal(known(told).requests[0]?.wanted, 2);
  assert.deepEqual(told.when(order, ben).slice(0, 1), ['DecisionMade 3']);
});
