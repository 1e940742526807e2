// Notices that want a second pair of eyes, or ring the alarm: who, what, until when, and what to type.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeNotice } from './notice.ts';

const until = Date.UTC(2026, 10, 28, 3, 12);

test('an approval that is wanted says who wants what, until when, and the command to type', () => {
  const written = writeNotice(
    'ledger-cutover',
    {
      type: 'ApprovalWanted',
      decision: 4,
      playbook: 'full',
      kind: 'live',
      because: 'errors over 2 %.',
      fingerprint: 'f1',
      wanted: 1,
      until,
    },
    'ada',
    0,
  );
  assert.match(
    written?.subject ?? '',
    /^\[ledger-cutover\] Approval wanted by .*03:12.*: ada wants a live run of full$/,
  );
  assert.match(written?.text ?? '', /ada wants a live run of full: errors over 2 %\.\n/);
  assert.match(
    written?.text ?? '',
    /when one other approves\..*else it is not started\.\nApprove: backout approve ledger-cutover\/4\n$/s,
  );
});

test('what is approved no more is told with the reason, once for each reason', () => {
  const voided = { type: 'ApprovalVoided', decision: 4, because: 'the plan was changed' } as const;
  const notices = (['plan-changed', 'overdue'] as const).map((why) =>
    writeNotice('ledger-cutover', { ...voided, why }, 'backout', 0),
  );
  assert.match(notices[0]?.text ?? '', /counts no more: the plan was changed\./);
  assert.notEqual(notices[0]?.id, notices[1]?.id);
});

test('a broken glass is an alarm that says who owes what', () => {
  const written = writeNotice('ledger-cutover', { type: 'ReviewOwed', run: 7, until }, 'ada', 0);
  assert.equal(written?.subject, '[ledger-cutover] ALARM: ada began run 7 without its approvals');
  assert.match(written?.text ?? '', /backout run reviewed 7 --because/);
});

test('a step that somebody wants to skip says in which run, and the command to type', () => {
  const body = {
    type: 'StepSkipWanted',
    step: 'look',
    because: 'closed',
    wanted: 2,
    until,
  } as const;
  const written = writeNotice('ledger-cutover', body, 'ben', 7);
  assert.match(written?.subject ?? '', /ben wants to skip look of run 7$/);
  assert.match(written?.text ?? '', /when 2 others approve\..*backout run step approve 7 look\n$/s);
});
