// The pages in a real browser: they change by themselves, keep what is being typed, say when they are cut off, and fit a phone.
import assert from 'node:assert/strict';
import { type TestContext, after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core';
import type { Control } from '../../src/engine/control.ts';
import { operatorIdentity } from '../../src/engine/identity.ts';
import { type RunningServer, startServer } from '../../src/server/server.ts';
import { memoryJournal } from '../../src/testing/memory-journal.ts';
import { ensureProgram } from '../servers/debian.ts';
import { Missing } from '../servers/missing.ts';
import { type Stage, armCareful, operatorOn, setStage } from './pretend-plan.ts';

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' };
const patience = { timeout: 20_000 };

let browser: Browser | undefined;
let missing = '';

before(async () => {
  try {
    const executablePath = await ensureProgram('chromium', 'chromium');
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath, args, timeout: 30_000 });
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    missing = error.message;
  }
});
after(() => browser?.close());

async function serve(
  t: TestContext,
  { office }: Stage,
  control: Control,
  port = 0,
): Promise<RunningServer> {
  const identity = operatorIdentity(office);
  const server = await startServer({ control, identity, port, log: () => undefined });
  t.after(() => server.stop());
  return server;
}

/** A stage, its server and a page of it; whatever the page complains of fails the test. */
async function open(
  t: TestContext,
  path: string,
  options: BrowserContextOptions,
  prepare: (stage: Stage) => Promise<void>,
): Promise<
  | {
      readonly stage: Stage;
      readonly server: RunningServer;
      readonly page: Page;
      readonly complaints: string[];
      /** The streams that are being followed. */
      readonly watchers: ReadonlySet<string>;
    }
  | undefined
> {
  if (browser === undefined) {
    t.skip(missing);
    return undefined;
  }
  const stage = await setStage(memoryJournal({ now: Date.now }));
  await prepare(stage);
  const watchers = new Set<string>();
  const server = await serve(t, stage, watched(stage.control, watchers));
  const context = await browser.newContext(options);
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(patience.timeout);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(`${server.url}${path}`);
  return { stage, server, page, complaints, watchers };
}

const ordered = async (stage: Stage): Promise<void> => {
  await stage.control.order(
    'ledger-cutover',
    { playbook: 'full', because: 'errors over 2 %', kind: 'live' },
    'Ada',
  );
};

/** The same control; whoever follows a stream is counted as long as it does. */
function watched(control: Control, watchers: Set<string>): Control {
  return {
    ...control,
    follow: async function* (stream, from, signal) {
      watchers.add(stream);
      try {
        yield* control.follow(stream, from, signal);
      } finally {
        watchers.delete(stream);
      }
    },
  };
}

/** Waits until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  const giveUp = Date.now() + patience.timeout;
  while (!isSo()) {
    assert.ok(Date.now() < giveUp, 'waited in vain');
    await sleep(10);
  }
}

/** Waits until a place of the page reads like this. */
async function reads(page: Page, selector: string, text: string): Promise<void> {
  await page.locator(selector).filter({ hasText: text }).first().waitFor(patience);
}

describe('the pages in a browser', () => {
  test('a step changes its state on the open page, in words, without a reload', async (t) => {
    const opened = await open(t, '/r/1', phone, ordered);
    if (opened === undefined) return;
    const { stage, page, complaints } = opened;
    await reads(page, '#live', 'live');
    await page.evaluate('globalThis.notReloaded = true');
    const step = '[data-step="route-back"]';
    await reads(page, step, 'waits for a node');
    await stage.take(1, 'route-back');
    await reads(page, step, 'observing');
    await stage.observe(1, 'route-back', 'ledger 100 -> 0 %');
    await reads(page, step, 'applying');
    await stage.tell(1, 'route-back', { type: 'applied', receipt: {} });
    await stage.tell(1, 'route-back', { type: 'holds', evidence: {} });
    await reads(page, step, 'holds');
    await reads(page, '#feed > li:first-child', 'route-back holds');
    await reads(page, '#spoken', '1 of 6 steps done');
    assert.equal(await page.evaluate('globalThis.notReloaded'), true);
    assert.equal(
      await page.locator('#feed > li').count(),
      (await stage.control.events('run-1')).length,
    );
    assert.deepEqual(complaints, []);
  });

  test('what is being typed, and where, stays when the page changes around it', async (t) => {
    const opened = await open(t, '/r/1', phone, async (stage) => {
      await ordered(stage);
      await stage.finish(1, 'stop-writes');
      await stage.finish(1, 'route-back');
    });
    if (opened === undefined) return;
    const { stage, page, complaints } = opened;
    await reads(page, '#live', 'live');
    await page.getByLabel('What did you see?').fill('no new file since 03:10');
    await page.getByLabel('What did you see?').press('ArrowLeft');
    await stage.take(1, 'carry-writes-home');
    await stage.tell(1, 'carry-writes-home', {
      type: 'failed',
      class: 'refused',
      because: 'the table is locked.',
    });
    await reads(page, '#turns', 'carry-writes-home is blocked');
    const kept = await page.evaluate(
      '(({ name, value, selectionStart }) => [name, value, selectionStart])(document.activeElement)',
    );
    assert.deepEqual(kept, [
      'evidence',
      'no new file since 03:10',
      'no new file since 03:1'.length,
    ]);
    await page.keyboard.press('Enter');
    await reads(page, '[data-step="stop-bank-file"]', 'confirmed by somebody at the page');
    await reads(page, '#feed', 'no new file since 03:10');
    assert.deepEqual(complaints, []);
  });

  test('a page that is cut off says how old it is, and is whole again when the server is back', async (t) => {
    const opened = await open(t, '/r/1', phone, ordered);
    if (opened === undefined) return;
    const { stage, server, page } = opened;
    await reads(page, '#live', 'live');
    await server.stop();
    await reads(page, '#live', 'stale');
    await stage.finish(1, 'stop-writes');
    await serve(t, stage, stage.control, server.port);
    await reads(page, '[data-step="stop-writes"]', 'already so');
    await reads(page, '#live', 'live');
    assert.equal(
      await page.locator('#feed > li').count(),
      (await stage.control.events('run-1')).length,
    );
  });

  test('a tab that nobody sees lets go of its stream, and catches up when it is seen again', async (t) => {
    const opened = await open(t, '/r/1', phone, ordered);
    if (opened === undefined) return;
    const { stage, page, complaints } = opened;
    await reads(page, '#live', 'live');
    const turn = (hidden: boolean): Promise<unknown> =>
      page.evaluate(
        `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      );
    assert.equal(opened.watchers.size, 1);
    await turn(true);
    await until(() => opened.watchers.size === 0);
    await stage.finish(1, 'stop-writes');
    await turn(false);
    await reads(page, '[data-step="stop-writes"]', 'already so');
    assert.deepEqual(complaints, []);
  });

  test('a decision is answered on its card with script off', async (t) => {
    const opened = await open(
      t,
      '/d/ledger-cutover/1',
      { ...phone, javaScriptEnabled: false },
      (stage) => stage.breach(),
    );
    if (opened === undefined) return;
    const { stage, page } = opened;
    await reads(page, 'main', 'If nobody answers by');
    await page.getByLabel('Your name').first().fill('Ben');
    await page.getByRole('button', { name: 'Roll back now: full, 6 steps' }).click();
    await page.waitForURL('**/r/1');
    await reads(page, 'h1', 'Run 1: full of ledger-cutover');
    const made = (await stage.control.events('migration-ledger-cutover')).find(
      ({ body }) => body.type === 'DecisionMade',
    );
    assert.equal(made?.actor.name, 'Ben');
  });

  test('the card shows an answer that somebody else gave meanwhile', async (t) => {
    const opened = await open(t, '/d/ledger-cutover/1', phone, (stage) => stage.breach());
    if (opened === undefined) return;
    const { stage, page, complaints } = opened;
    await reads(page, '#live', 'live');
    await stage.control.decide(
      'ledger-cutover',
      { type: 'Hold', decision: 1, forMs: 600_000 },
      'Chi',
    );
    await reads(page, '#state', 'By Chi');
    assert.equal(await page.getByRole('button', { name: /Roll back now/ }).count(), 0);
    assert.deepEqual(complaints, []);
  });

  test('the home page shows a decision as soon as it waits, and the way to it by keyboard', async (t) => {
    const opened = await open(
      t,
      '/',
      { viewport: { width: 1200, height: 800 } },
      async () => undefined,
    );
    if (opened === undefined) return;
    const { stage, page, complaints } = opened;
    await reads(page, 'main', 'Nothing waits for an answer');
    await reads(page, '#live', 'live');
    await stage.breach();
    await reads(page, '#waiting', 'Review decision 1');
    await page.keyboard.press('Tab');
    await reads(page, ':focus', 'Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await reads(page, ':focus', 'Review decision 1');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/d/ledger-cutover/1');
    assert.deepEqual(complaints, []);
  });

  test('somebody else signs in, approves what was asked for, and the run begins', async (t) => {
    let token = '';
    const opened = await open(t, '/', phone, async (stage) => {
      await operatorOn(stage, 'ada');
      token = await operatorOn(stage, 'ben');
      await armCareful(stage);
      await stage.control.order(
        'ledger-cutover',
        { playbook: 'full', because: 'errors over 2 %', kind: 'live' },
        { name: 'ada', proof: 'token' },
      );
    });
    if (opened === undefined) return;
    const { stage, page, complaints } = opened;
    await reads(page, '#waiting', 'A run waits for approval');
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Your operator').fill('bko_not_mine');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await reads(page, '[role=alert]', 'nobody');
    complaints.length = 0; // the browser complains of the 401 that was wanted
    await page.getByLabel('Your operator').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await reads(page, '.person', 'ben');
    assert.doesNotMatch(String(await page.evaluate('document.cookie')), /bko_/);
    await page.getByRole('link', { name: 'Look at decision 1' }).click();
    await reads(page, '#state', 'ada wants a live run of full');
    await page.getByRole('button', { name: 'Approve: full begins at once' }).click();
    await page.waitForURL('**/r/1');
    await reads(page, '#live', 'live');
    const made = (await stage.control.events('migration-ledger-cutover')).findLast(
      ({ body }) => body.type === 'DecisionMade',
    );
    assert.deepEqual(made?.actor, { kind: 'person', name: 'ben', proof: 'token' });
    assert.deepEqual(complaints, []);
  });

  test('no page scrolls sideways on a phone, in light or dark', async (t) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const viewport = { width: 320, height: 640 };
      let token = '';
      const opened = await open(t, '/', { viewport, colorScheme }, async (stage) => {
        await stage.breach();
        await stage.control.decide(
          'ledger-cutover',
          { type: 'Hold', decision: 1, forMs: 600_000 },
          'Chi',
        );
        await ordered(stage);
        await stage.take(1, 'stop-writes');
        await stage.tell(1, 'stop-writes', {
          type: 'failed',
          class: 'refused',
          because: `[http] ${'x'.repeat(90)} said no.`,
        });
        token = await operatorOn(stage, 'ada-with-a-name-that-is-long-enough');
      });
      if (opened === undefined) return;
      const { page, server, complaints } = opened;
      await page.goto(`${server.url}/sign-in`);
      await page.getByLabel('Your operator').fill(token);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await reads(page, '.person', 'ada-with-a-name');
      for (const path of ['/', '/r/1', '/d/ledger-cutover/1', '/j/run-1', '/sign-in']) {
        await page.goto(`${server.url}${path}`);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        assert.equal(width, 320, `${path} in ${colorScheme}`);
        const background = await page.evaluate(
          'getComputedStyle(document.documentElement).backgroundColor',
        );
        assert.equal(background, colorScheme === 'dark' ? 'rgb(20, 23, 28)' : 'rgb(255, 255, 255)');
      }
      assert.deepEqual(complaints, []);
    }
  });
});
