// Proven names over HTTP: bearers, sign-ins of browsers, what a claim is worth once there is an operator, and who may do what.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operatorDesk } from '../../src/engine/operators.ts';
import { type Asking, asking, host, problemIn } from './asking.ts';
import { operatorOn, snapshot } from './pretend-plan.ts';

const order = { plan: 'ledger-cutover', playbook: 'full', because: 'errors', kind: 'live' };
const run = '/api/v1/runs';

const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

test('as long as there is no operator a name is believed, and stands in the journal without a proof', async () => {
  const { post, stage } = await asking();
  assert.equal((await post(run, { ...order, who: 'Zoë' })).status, 200);
  const events = await stage.control.events('migration-ledger-cutover');
  assert.deepEqual(events.at(-1)?.actor, { kind: 'person', name: 'Zoë' });
});

test('from the first operator on an order needs a token, and the journal says that it was proven', async () => {
  const app = await asking();
  const token = await operatorOn(app.stage, 'ada');
  const claimed = await problemIn(await app.post(run, { ...order, who: 'ada' }));
  assert.deepEqual([claimed.status, claimed.code], [401, 'proof-wanted']);
  const wrong = await problemIn(await app.post(run, order, bearer(`${token.slice(0, -1)}~`)));
  assert.equal(wrong.code, 'proof-wanted');
  const other = `${token.slice(0, -4)}AAAA`;
  assert.equal((await problemIn(await app.post(run, order, bearer(other)))).code, 'token-unknown');
  const lied = await problemIn(await app.post(run, { ...order, who: 'ben' }, bearer(token)));
  assert.deepEqual([lied.status, lied.code], [422, 'who-contradicts']);
  assert.deepEqual(await app.stage.control.runs(), []);
  assert.equal((await app.post(run, order, bearer(token))).status, 200);
  const events = await app.stage.control.events('migration-ledger-cutover');
  assert.deepEqual(events.at(-1)?.actor, { kind: 'person', name: 'ada', proof: 'token' });
  assert.deepEqual(await (await app.get('/api/v1/whoami', bearer(token))).json(), {
    type: 'person',
    name: 'ada',
    proof: 'token',
  });
});

test('a token that was replaced or revoked ends at once', async () => {
  const app = await asking();
  await operatorOn(app.stage, 'ada');
  const first = await operatorOn(app.stage, 'ben');
  const desk = operatorDesk(app.stage.office);
  const ada = { name: 'ada', proof: 'token' } as const;
  const given = await desk.order({ type: 'ReplaceToken', operator: 'ben' }, ada);
  const second = given.type === 'done' ? (given.token ?? '') : '';
  const asks = async (token: string): Promise<number> =>
    (await app.get('/api/v1/whoami', bearer(token))).status;
  assert.deepEqual([await asks(first), await asks(second)], [401, 200]);
  await desk.order({ type: 'RevokeOperator', operator: 'ben' }, ada);
  assert.equal(await asks(second), 401);
});

test('of a token nothing is kept but what knows it again', async () => {
  const app = await asking();
  const token = await operatorOn(app.stage, 'ada');
  const kept = JSON.stringify(await app.journal.read('operators'));
  assert.doesNotMatch(kept, new RegExp(token));
  assert.doesNotMatch(kept, new RegExp(token.split('_').slice(2).join('_')));
});

test('a token of an operator opens the door, and the key of the door proves nobody', async () => {
  const door = 'a-long-random-key-of-the-door';
  const access = { host: '127.0.0.1', names: [], token: door };
  const app = await asking({ access });
  const token = await operatorOn(app.stage, 'ada');
  assert.equal((await app.get('/api/v1/runs', bearer(token))).status, 200);
  assert.equal((await app.get('/api/v1/runs', bearer(door))).status, 200);
  assert.equal((await problemIn(await app.post(run, order, bearer(door)))).code, 'proof-wanted');
  assert.equal((await app.get('/')).status, 401);
  assert.equal((await app.get('/sign-in')).status, 200);
});

test('a program with a token comes from anywhere; a browser that is signed in only from our own pages', async () => {
  const app = await asking();
  const token = await operatorOn(app.stage, 'ada');
  const cookie = await signedIn(app, token);
  const post = (headers: Record<string, string>) =>
    app.app.request(`http://${host}${run}`, {
      method: 'POST',
      body: JSON.stringify(order),
      headers: { host, 'content-type': 'application/json', ...headers },
    });
  const foreign = { origin: 'http://evil.example' };
  assert.equal((await problemIn(await post({ cookie, ...foreign }))).code, 'other-origin');
  assert.equal((await post({ ...bearer(token), ...foreign })).status, 200);
});

test('a browser signs in once, orders in its own name, and signs out', async () => {
  const app = await asking();
  const token = await operatorOn(app.stage, 'ada');
  assert.match(await (await app.get('/')).text(), /href="\/sign-in">Sign in/);
  const wrong = await app.submit('/sign-in', { token: 'bko_nobody', back: '/r/1' });
  assert.equal(wrong.status, 401);
  assert.match(await wrong.text(), /role="alert".*nobody’s/s);
  const cookie = await signedIn(app, token, '/d/ledger-cutover/1');
  await app.stage.breach();
  const card = await (await app.get('/d/ledger-cutover/1', { cookie })).text();
  assert.match(card, /As <strong>ada<\/strong>/);
  assert.doesNotMatch(card, /name="who"/);
  const refused = await app.submit('/d/ledger-cutover/1/approve', { who: 'ada' });
  assert.equal(refused.status, 401);
  const approved = await app.submit('/d/ledger-cutover/1/approve', {}, { cookie });
  assert.deepEqual([approved.status, approved.headers.get('location')], [303, '/r/1']);
  const out = await app.submit('/sign-out', {}, { cookie });
  assert.match(out.headers.get('set-cookie') ?? '', /backout-operator=; .*Max-Age=0/);
});

test('signing in leads only to pages of this server', async () => {
  const app = await asking();
  const token = await operatorOn(app.stage, 'ada');
  for (const back of ['https://evil.example', '//evil.example', '/\\evil.example', 'r/1', '']) {
    const answer = await app.submit('/sign-in', { token, back });
    assert.equal(answer.headers.get('location'), '/', back);
  }
});

test('who holds no role is told who may, and how to reach them', async () => {
  const app = await asking();
  await operatorOn(app.stage, 'ada');
  const stranger = await operatorOn(app.stage, 'mallory');
  const said = await problemIn(await app.post(run, order, bearer(stranger)));
  assert.deepEqual([said.status, said.code], [403, 'not-yours']);
  assert.equal(
    said.detail,
    'Cannot order a run: mallory holds no role in this plan. Who may: Ada (ada@example.com), owner; ben (@ben), technical.',
  );
});

test('what is armed already is armed again by anybody; anything else wants a proof', async () => {
  const app = await asking();
  await operatorOn(app.stage, 'ada');
  const arm = (phase: string) => app.stage.control.arm(snapshot, phase, 'a service');
  assert.deepEqual(await arm('cutover'), { type: 'done', events: [] });
  const moved = { ...snapshot, directory: '/elsewhere' };
  const answer = await app.stage.control.arm(moved, 'cutover', 'a service');
  assert.equal(answer.type === 'rejected' && answer.code, 'proof-wanted');
});

async function signedIn({ submit }: Asking, token: string, back = '/'): Promise<string> {
  const answer = await submit('/sign-in', { token, back });
  assert.deepEqual([answer.status, answer.headers.get('location')], [303, back]);
  const cookie = answer.headers.get('set-cookie') ?? '';
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  return cookie.split(';')[0] ?? '';
}
