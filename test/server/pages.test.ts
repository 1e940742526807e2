// The pages as they are served: whole without any script, and every order a form.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asking } from './asking.ts';

test('the home page puts the waiting decision first and says what silence does', async () => {
  const { get, stage } = await asking();
  assert.match(await shown(await get('/')), /Nothing waits for an answer/);
  await stage.breach();
  const page = await shown(await get('/'));
  assert.match(wordsOf(page), /If nobody answers: roll back \(full\)/);
  assert.ok(page.indexOf('/d/ledger-cutover/1') < page.indexOf('Plans under watch'));
  assert.match(page, /error-rate 6\.1 %, bad above 2 % for 1 min: breached/);
});

test('each page has one heading, a skip link, a polite region, and its words without script', async () => {
  const { get, stage } = await asking();
  await stage.breach();
  await stage.control.decide('ledger-cutover', { type: 'Approve' }, 'Ada');
  for (const path of ['/', '/r/1', '/d/ledger-cutover/1', '/j/run-1']) {
    const page = await shown(await get(path));
    assert.equal(page.match(/<h1/g)?.length, 1, path);
    assert.match(page, /<a class="skip" href="#main">/);
    assert.match(page, /aria-live="polite"/);
    assert.doesNotMatch(page, /<script(?! src="\/live\.js" defer)|style="|\son[a-z]+="/, path);
  }
});

test('a decision is answered by its form: once by the first, and the second hears who was first', async () => {
  const { submit, get, stage } = await asking();
  await stage.breach();
  const first = await submit('/d/ledger-cutover/1/approve', { who: 'Ada', because: '' });
  assert.deepEqual([first.status, first.headers.get('location')], [303, '/r/1']);
  const second = await submit('/d/ledger-cutover/1/hold', { who: 'Ben' });
  assert.equal(second.status, 409);
  assert.match(await shown(second), /role="alert".*Decision 1 was made by Ada already: roll-back/s);
  const card = await shown(await get('/d/ledger-cutover/1'));
  assert.match(card, /Decided: roll back/);
  assert.match(card, /href="\/r\/1">Follow run 1/);
});

test('a hold comes back to the card and says until when; a dismissal needs its reason', async () => {
  const { submit, get, stage } = await asking();
  await stage.breach();
  assert.equal((await submit('/d/ledger-cutover/1/dismiss', { because: '' })).status, 422);
  const held = await submit('/d/ledger-cutover/1/hold', { who: 'Ben' });
  assert.deepEqual([held.status, held.headers.get('location')], [303, '/d/ledger-cutover/1']);
  assert.match(await shown(await get('/d/ledger-cutover/1')), /Held until/);
});

test('a run is paused, resumed, confirmed and aborted by its forms, under the name that the browser remembers', async () => {
  const { submit, get, stage } = await asking();
  await stage.control.order(
    'ledger-cutover',
    { playbook: 'full', because: 'errors', kind: 'live' },
    'Ada',
  );
  await stage.finish(1, 'stop-writes');
  await stage.finish(1, 'route-back');
  const paused = await submit('/r/1/pause', { who: 'Chi', because: '' });
  assert.equal(paused.status, 303);
  const cookie = (paused.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const page = await shown(await get('/r/1', { cookie }));
  assert.match(page, /value="Chi"/);
  assert.match(page, /Go on with run 1/);
  assert.equal((await submit('/r/1/resume', { who: 'Chi' })).status, 303);
  assert.match(await shown(await get('/r/1')), /communications.*: your turn, stop-bank-file/);
  assert.match(await shown(await get('/r/1')), /If nobody answers: in .* it is overdue/);
  assert.equal((await submit('/r/1/take', { step: 'stop-bank-file', who: 'Dee' })).status, 303);
  const taken = await shown(await get('/r/1'));
  assert.match(taken, /Dee is at stop-bank-file/);
  assert.match(taken, /I take stop-bank-file over: nobody else is called for now/);
  const empty = await submit('/r/1/confirm', { step: 'stop-bank-file', evidence: '', who: 'Chi' });
  assert.equal(empty.status, 409);
  assert.match(await shown(empty), /needs evidence/);
  assert.equal(
    (await submit('/r/1/confirm', { step: 'stop-bank-file', evidence: 'saw it', who: 'Chi' }))
      .status,
    303,
  );
  assert.equal((await submit('/r/1/abort', { because: 'enough', who: 'Ada' })).status, 303);
  assert.match(await shown(await get('/r/1')), /Aborted: enough/);
  assert.equal((await submit('/r/1/explode', {})).status, 404);
});

test('a run that has ended can be undone from its page, which says in which order', async () => {
  const { get, submit, stage } = await asking();
  await stage.control.order(
    'ledger-cutover',
    { playbook: 'full', because: 'errors', kind: 'live' },
    'Ada',
  );
  await stage.finish(1, 'stop-writes');
  await stage.take(1, 'route-back');
  await stage.observe(1, 'route-back', '0 -> 100');
  assert.doesNotMatch(await shown(await get('/r/1')), /Undo this run/);
  await stage.tell(1, 'route-back', { type: 'failed', class: 'refused', because: 'no' });
  assert.equal((await submit('/r/1/abort', { because: 'enough', who: 'Ada' })).status, 303);
  const page = await shown(await get('/r/1'));
  assert.match(page, /Undo this run….* takes back, in this order: route-back\./);
  const unsaid = await submit('/r/1/undo', { because: '', from: '', who: 'Ada' });
  assert.equal(unsaid.status, 422);
  const undone = await submit('/r/1/undo', { because: 'mended', from: '', who: 'Ada' });
  assert.deepEqual([undone.status, undone.headers.get('location')], [303, '/r/2']);
  assert.match(wordsOf(await shown(await get('/r/2'))), /LIVE Run 2: undo of run 1 \(full\) of/);
  const again = await submit('/r/1/undo', { because: 'mended', from: '', who: 'Ada' });
  assert.equal(again.status, 409);
  assert.match(await shown(again), /Run 2 of ledger-cutover is under way/);
});

test('what people and systems wrote is shown as text and never becomes part of the page', async () => {
  const { get, stage } = await asking();
  const evil = '<img src=x onerror=alert(1)>"\'';
  await stage.control.order(
    'ledger-cutover',
    { playbook: 'full', because: evil, kind: 'live' },
    evil,
  );
  await stage.take(1, 'stop-writes');
  await stage.tell(1, 'stop-writes', { type: 'failed', class: 'refused', because: evil });
  for (const path of [
    '/',
    '/r/1',
    '/r/1/fragment',
    '/d/ledger-cutover/1',
    '/j/run-1',
    '/j/migration-ledger-cutover',
  ]) {
    assert.doesNotMatch(
      await shown(await get(path, { cookie: `backout-who=${encodeURIComponent(evil)}` })),
      /<img/,
      path,
    );
  }
});

test('a journal longer than a page goes on at the next', async () => {
  const { get, journal } = await asking();
  const events = Array.from({ length: 501 }, () => ({
    actor: { kind: 'backout', name: 'b' } as const,
    body: { type: 'StepOverdue', step: 'x' },
  }));
  await journal.append([{ stream: 'run-77', expected: 0, events }]);
  assert.match(await shown(await get('/j/run-77')), /href="\/j\/run-77\?from=501"/);
  const rest = await shown(await get('/j/run-77?from=501'));
  assert.match(rest, /id="e501"/);
  assert.doesNotMatch(rest, /id="e500"/);
});

/** The page with every gap as one space. */
async function shown(response: Response): Promise<string> {
  return (await response.text()).replaceAll(/\s+/g, ' ');
}

/** What a reader reads of it. */
function wordsOf(page: string): string {
  return page.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
}
