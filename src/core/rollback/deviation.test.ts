// Leaving a step out, where others must agree: by given, when, then, and in whatever order people ask, approve and change their mind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { person } from '../../testing/given.ts';
import { begun, manual, started, startedBy, step, stepIn, take } from '../../testing/playbooks.ts';
import { authorityOf } from '../governance/authority.ts';
import type { Actor } from '../journal/event.ts';
import { waitsFor } from './waits.ts';

const proven = (name: string): Actor => ({ ...person(name), proof: 'token' });
const ada = proven('ada');
const ben = proven('ben');
const chi = proven('chi');

const authority = (deviation: number) =>
  authorityOf({
    people: { ada: {}, ben: {}, chi: {}, dee: {} },
    roles: { owner: ['ada'], deputies: { technical: ['ben', 'dee'], security: ['chi'] } },
    governance: { approvals: { deviation, within: 600_000 }, 'pre-approved': [], waivers: [] },
  });

const story = (deviation = 1) =>
  startedBy(authority(deviation), manual('call-bank'), step('b<call-bank'));
const skip = { type: 'SkipStep', step: 'call-bank', because: 'the bank is closed' } as const;
const approve = { type: 'ApproveSkip', step: 'call-bank' } as const;

test('a step is left out when somebody else approves, in their name and on their word', () => {
  const told = story();
  assert.deepEqual(told.when(skip, ben), ['StepSkipWanted call-bank']);
  assert.equal(stepIn(told, 'call-bank').status, 'asked');
  const [wait] = waitsFor(begun(told));
  assert.deepEqual(
    [wait?.sentence, wait?.orders, wait?.otherwise.words],
    [
      'ben wants to skip call-bank: the bank is closed. 0 of 1 approval',
      ['backout run step approve 7 call-bank'],
      'it is not skipped',
    ],
  );
  assert.deepEqual(told.when(approve, chi), [
    'StepSkipApproved call-bank',
    'StepSkipped call-bank',
    'StepDispatched b',
  ]);
  const skipped = told.events.map(({ body }) => body).find(({ type }) => type === 'StepSkipped');
  assert.deepEqual(skipped, {
    type: 'StepSkipped',
    step: 'call-bank',
    because: 'the bank is closed',
    requester: 'ben',
    approvedBy: ['chi'],
  });
  assert.deepEqual(begun(told).skips, []);
});

test('where the plan wants no approval a step is skipped at once', () => {
  assert.deepEqual(story(0).when(skip, ben).slice(0, 1), ['StepSkipped call-bank']);
  assert.deepEqual(started(manual('call-bank')).when(skip).slice(0, 1), ['StepSkipped call-bank']);
});

test('whoever asked never approves it, a stranger neither, and the same person counts once', () => {
  const told = story(2);
  told.when(skip, ben);
  assert.equal(told.refused(approve, ben), 'not-yours');
  assert.equal(told.refused(approve, person('BEN')), 'four-eyes');
  assert.equal(told.refused(approve, proven('mallory')), 'not-yours');
  assert.deepEqual(told.when(approve, chi), ['StepSkipApproved call-bank']);
  assert.deepEqual(told.when(approve, chi), []);
  assert.equal(told.refused(skip, ada), 'approval-waits');
  assert.deepEqual(told.when(approve, ada).slice(0, 2), [
    'StepSkipApproved call-bank',
    'StepSkipped call-bank',
  ]);
});

test('it can be taken back, and what nobody approves in time is not left out', () => {
  const told = story(2);
  assert.equal(told.refused(approve, chi), 'nothing-to-approve');
  told.when(skip, ben);
  told.when(approve, chi);
  assert.deepEqual(told.when({ type: 'WithdrawSkip', step: 'call-bank' }, chi), [
    'StepSkipWithdrawn call-bank',
  ]);
  assert.equal(
    told.refused({ type: 'WithdrawSkip', step: 'call-bank' }, chi),
    'nothing-to-withdraw',
  );
  assert.deepEqual(told.when({ type: 'WithdrawSkip', step: 'call-bank' }, ben), [
    'StepSkipVoided call-bank',
  ]);
  told.when(skip, ben);
  assert.ok(told.pass(600_000).includes('StepSkipVoided call-bank'));
  assert.deepEqual(begun(told).skips, []);
  assert.equal(stepIn(told, 'call-bank').status, 'asked');
});

test('a step that is done meanwhile needs no approval any more, and one that is under way is not left out', () => {
  const told = story();
  told.when(skip, ben);
  told.when({ type: 'ConfirmStep', step: 'call-bank', evidence: 'called' }, ben);
  assert.deepEqual(begun(told).skips, []);
  told.when({ ...skip, step: 'b' }, ada);
  take(told, 'b');
  assert.equal(told.refused({ ...approve, step: 'b' }, chi), 'step-running');
});

test('no step is left out with fewer approvals than the plan wants, whatever people press', () => {
  const names = ['ada', 'Ada', 'ben', 'chi', 'dee', 'mallory'] as const;
  const move = fc.record({
    type: fc.constantFrom('skip', 'approve', 'approve', 'approve', 'withdraw', 'time'),
    by: fc.record({ name: fc.constantFrom(...names), proof: fc.boolean() }),
  });
  let skipped = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(move, { maxLength: 30, size: 'max' }),
      (wanted, all) => {
        const told = story(wanted);
        for (const { type, by } of all) {
          const actor = by.proof ? proven(by.name) : person(by.name);
          if (type === 'skip') told.ask(skip, actor);
          else if (type === 'approve') told.ask(approve, actor);
          else if (type === 'withdraw')
            told.ask({ type: 'WithdrawSkip', step: 'call-bank' }, actor);
          else told.pass(300_000);
        }
        const at = told.events.findIndex(({ body }) => body.type === 'StepSkipped');
        if (at < 0) return;
        skipped += 1;
        const before = told.events.slice(0, at);
        const asked = before.findLastIndex(({ body }) => body.type === 'StepSkipWanted');
        const requester = before[asked]?.actor.name.toLowerCase();
        const approved = new Set<string>();
        for (const { body, actor } of before.slice(asked)) {
          if (body.type === 'StepSkipApproved') approved.add(actor.name.toLowerCase());
          if (body.type === 'StepSkipWithdrawn') approved.delete(actor.name.toLowerCase());
        }
        assert.ok(approved.size >= wanted, `${approved.size} of ${wanted}`);
        assert.ok(requester !== undefined && !approved.has(requester));
      },
    ),
    { numRuns: 500 },
  );
  assert.ok(skipped > 50, `only ${skipped} were left out, which proves little`);
});
