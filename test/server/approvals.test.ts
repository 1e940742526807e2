// Approvals over HTTP and on the pages: four eyes, the plan that changes beneath them, and the review of a broken glass.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asking, asking, problemIn } from './asking.ts';
import { armCareful, careful, operatorOn } from './pretend-plan.ts';

const order = {
  plan: 'ledger-cutover',
  playbook: 'full',
  because: 'errors over 2 %',
  kind: 'live',
};
const decisions = '/api/v1/migrations/ledger-cutover/decisions';

/** The plan that wants an approval is armed, and ada, ben and mallory can prove their names. */
async function withOperators(): Promise<
  Asking & { readonly as: (name: string) => { readonly authorization: string } }
> {
  const app = await asking();
  await armCareful(app.stage);
  const tokens = new Map<string, string>();
  for (const name of ['ada', 'ben', 'mallory']) tokens.set(name, await operatorOn(app.stage, name));
  return { ...app, as: (name) => ({ authorization: `Bearer ${tokens.get(name) ?? ''}` }) };
}

const approve = (decision: number) => ({ order: { type: 'Approve', decision } });

test('a run waits for the approval of another, who must hold a role, and begins with it', async () => {
  const { post, get, as, stage } = await withOperators();
  const asked = await post('/api/v1/runs', order, as('ada'));
  assert.match(JSON.stringify(await asked.json()), /"type":"ApprovalWanted","decision":1/);
  assert.deepEqual(await stage.control.runs(), []);
  const own = await problemIn(await post(decisions, approve(1), as('ada')));
  assert.deepEqual([own.status, own.code], [403, 'not-yours']);
  assert.match(own.detail, /Who may: ben \(@ben\), technical\./);
  const stranger = await problemIn(await post(decisions, approve(1), as('mallory')));
  assert.equal(stranger.code, 'not-yours');
  assert.match(await (await get('/')).text(), /A run waits for approval/);
  assert.equal((await post(decisions, approve(1), as('ben'))).status, 200);
  assert.equal((await stage.control.runs()).length, 1);
});

test('nobody is asked to approve a run that could not begin', async () => {
  const { post, as } = await withOperators();
  const said = await problemIn(
    await post('/api/v1/runs', { ...order, playbook: 'ful' }, as('ada')),
  );
  assert.deepEqual([said.status, said.code], [404, 'no-such-playbook']);
});

test('another version of the plan voids the request, in the same append that arms it', async () => {
  const app = await withOperators();
  await app.post('/api/v1/runs', order, app.as('ada'));
  await armCareful(app.stage, { ...careful, title: 'Another title' });
  const late = await problemIn(await app.post(decisions, approve(1), app.as('ben')));
  assert.equal(late.code, 'no-such-question');
  const cookie = await signedIn(app, app.as('ben').authorization.slice('Bearer '.length));
  const page = await (await app.get('/d/ledger-cutover/1', { cookie })).text();
  assert.match(page.replaceAll(/\s+/g, ' '), /Approved no more.*the plan was changed/);
});

test('on the page one person asks, sees that another must approve, and that one does', async () => {
  const app = await withOperators();
  await app.post('/api/v1/runs', order, app.as('ada'));
  const [ada, ben] = await Promise.all(
    ['ada', 'ben'].map((name) => signedIn(app, app.as(name).authorization.slice(7))),
  );
  const own = await (await app.get('/d/ledger-cutover/1', { cookie: ada ?? '' })).text();
  assert.match(own, /Somebody else must approve it/);
  assert.doesNotMatch(own, /\/approve"/);
  const others = await (await app.get('/d/ledger-cutover/1', { cookie: ben ?? '' })).text();
  assert.match(others.replaceAll(/\s+/g, ' '), /Approve: full begins at once/);
  const approved = await app.submit('/d/ledger-cutover/1/approve', {}, { cookie: ben ?? '' });
  assert.deepEqual([approved.status, approved.headers.get('location')], [303, '/r/1']);
});

test('a request is taken back by whoever asked, and refused with a reason by others', async () => {
  const { post, as } = await withOperators();
  await post('/api/v1/runs', order, as('ada'));
  const withdraw = { order: { type: 'Withdraw', decision: 1 } };
  assert.equal((await problemIn(await post(decisions, withdraw, as('ben')))).status, 409);
  assert.equal((await post(decisions, withdraw, as('ada'))).status, 200);
  await post('/api/v1/runs', order, as('ada'));
  const refuse = { order: { type: 'Dismiss', decision: 2, because: 'not at night' } };
  assert.equal((await post(decisions, refuse, as('ben'))).status, 200);
  assert.equal((await problemIn(await post(decisions, approve(2), as('ben')))).status, 404);
});

test('a broken glass begins the run, stays owed on the page, and is closed by somebody else', async () => {
  const app = await withOperators();
  const { post, get, submit, as, stage } = app;
  const glass = { ...order, breakGlass: true };
  assert.equal((await problemIn(await post('/api/v1/runs', glass, as('mallory')))).status, 403);
  assert.equal((await post('/api/v1/runs', glass, as('ada'))).status, 200);
  assert.equal((await stage.control.runs()).length, 1);
  const page = (await (await get('/')).text()).replaceAll(/\s+/g, ' ');
  assert.match(page, /A review is owed.*ada began run 1 of ledger-cutover without its approvals/);
  const [ada, ben] = await Promise.all(
    ['ada', 'ben'].map((name) => signedIn(app, as(name).authorization.slice(7))),
  );
  const found = { because: 'rightly done' };
  const own = await submit('/reviews/ledger-cutover/1', found, { cookie: ada ?? '' });
  assert.equal(own.status, 403);
  const closed = await submit('/reviews/ledger-cutover/1', found, { cookie: ben ?? '' });
  assert.equal(closed.status, 303);
  assert.doesNotMatch(await (await get('/')).text(), /A review is owed/);
});

test('a step is skipped when somebody else approves it on the page of the run', async () => {
  const app = await withOperators();
  const { post, submit, get, as } = app;
  await post('/api/v1/runs', order, as('ada'));
  await post(decisions, approve(1), as('ben'));
  const skip = { type: 'SkipStep', step: 'stop-bank-file', because: 'no file tonight' };
  const asked = await post('/api/v1/runs/1/orders', { order: skip }, as('ada'));
  assert.match(JSON.stringify(await asked.json()), /"type":"StepSkipWanted"/);
  const [ada, ben] = await Promise.all(
    ['ada', 'ben'].map((name) => signedIn(app, as(name).authorization.slice(7))),
  );
  const page = async (cookie = ''): Promise<string> =>
    (await (await get('/r/1', { cookie })).text()).replaceAll(/\s+/g, ' ');
  assert.match(
    await page(ben),
    /ada wants to skip stop-bank-file: no file tonight\. 0 of 1 approval/,
  );
  assert.match(await page(ben), /Approve: stop-bank-file is skipped/);
  assert.doesNotMatch(await page(ada), /action="\/r\/1\/approve-skip"/);
  const step = { step: 'stop-bank-file' };
  assert.equal((await submit('/r/1/approve-skip', step, { cookie: ada ?? '' })).status, 403);
  assert.equal((await submit('/r/1/approve-skip', step, { cookie: ben ?? '' })).status, 303);
  assert.match(await page(ben), /stop-bank-file skipped by ben, as ada asked, approved by ben/);
});

async function signedIn({ submit }: Asking, token: string): Promise<string> {
  const answer = await submit('/sign-in', { token, back: '/' });
  assert.equal(answer.status, 303);
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}
