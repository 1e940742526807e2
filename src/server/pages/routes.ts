// The pages: every one is whole without script; what is pressed is posted, decided by Control, and answered with a page.
import { type Context, Hono } from 'hono';
import { migrationStream } from '../../core/decision/migration/migration.ts';
import type { KnownMigration } from '../../core/decision/migration/state.ts';
import { runStream } from '../../core/rollback/run.ts';
import type { Answer, Control, DecisionOrder, RunOrder } from '../../engine/control.ts';
import { decisionOrder, parsed, runOrder, withoutGaps } from '../api/bodies.ts';
import { limited, positive, runNumber } from '../api/api.ts';
import { Problem, statusOf } from '../problems.ts';
import { type DecisionView, decisionView } from '../views/decision-view.ts';
import { homeView } from '../views/home-view.ts';
import { type RunView, runView } from '../views/run-view.ts';
import { rememberWho, rememberedWho, whoOrders } from '../who.ts';
import { CARD_HOLD_MS, decisionHeading, decisionParts } from './decision-page.ts';
import { homeParts } from './home-page.ts';
import { JOURNAL_ROWS, journalParts } from './journal-page.ts';
import { type Page, document } from './layout.ts';
import type { Html } from './pieces.ts';
import { runHeading, runParts } from './run-page.ts';
import { script } from './script.ts';
import { icon, style } from './style.ts';

/** The largest form that is taken. Bytes. */
const FORM_BYTES_MAX = 32 * 2 ** 10;

/** The routes of the pages. */
export function pageRoutes(control: Control): Hono {
  const pages = new Hono();
  pages.use(limited(FORM_BYTES_MAX));
  pages.get('/backout.css', (c) =>
    c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }),
  );
  pages.get('/live.js', (c) =>
    c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  pages.get('/icon.svg', (c) => c.body(icon, 200, { 'content-type': 'image/svg+xml' }));
  addHome(pages, control);
  addRun(pages, control);
  addDecision(pages, control);
  pages.get('/j/:stream', async (c) => {
    const stream = c.req.param('stream');
    const events = await control.events(
      stream,
      positive(c.req.query('from') ?? '1', 'from= is a place in the stream'),
    );
    const parts = journalParts(stream, events.slice(0, JOURNAL_ROWS + 1));
    return c.html(
      document({
        title: `Journal of ${stream}`,
        heading: `Journal of ${stream}`,
        live: null,
        now: await control.now(),
        parts,
        alert: null,
      }),
    );
  });
  return pages;
}

function addHome(pages: Hono, control: Control): void {
  const parts = async (now: number): Promise<Html> => {
    const [summaries, runs] = [await control.migrations(), await control.runs()];
    const all = await Promise.all(summaries.map(({ plan }) => control.migration(plan)));
    return homeParts(
      homeView(
        summaries,
        all.filter((each): each is KnownMigration => each.type === 'migration'),
        runs,
      ),
      now,
    );
  };
  pages.get('/', async (c) => {
    const now = await control.now();
    const live = { events: '/api/v1/live', fragment: '/fragment', seq: 0 };
    return c.html(
      document({
        title: 'What waits and what runs',
        heading: 'What waits and what runs',
        live,
        now,
        parts: await parts(now),
        alert: null,
      }),
    );
  });
  pages.get('/fragment', async (c) => c.html(await parts(await control.now())));
}

// ---- a run

function addRun(pages: Hono, control: Control): void {
  const view = async (c: Context): Promise<RunView> => {
    const run = await control.run(runNumber(c));
    if (run.type === 'none')
      throw new Problem(404, 'nothing-there', `[server] There is no run ${c.req.param('run')}.`);
    return runView(run, await control.events(runStream(run.run)));
  };
  const page = async (c: Context, alert: string | null): Promise<Html> => {
    const [shown, now] = [await view(c), await control.now()];
    const live = {
      events: `/api/v1/streams/${runStream(shown.run)}/live`,
      fragment: `/r/${shown.run}/fragment`,
      seq: shown.seq,
    };
    return document({
      title: `Run ${shown.run} of ${shown.plan}`,
      heading: runHeading(shown),
      live,
      now,
      parts: runParts(shown, now, rememberedWho(c)),
      alert,
    });
  };
  pages.get('/r/:run', async (c) => c.html(await page(c, null)));
  pages.get('/r/:run/fragment', async (c) =>
    c.html(runParts(await view(c), await control.now(), rememberedWho(c))),
  );
  pages.post('/r/:run/:order', async (c) => {
    const form = await fields(c);
    const who = whoOrders(c, form['who']);
    rememberWho(c, who);
    const order = withoutGaps<RunOrder>(parsed(runOrder, runOrderOf(c.req.param('order'), form)));
    const answer = await control.tell(runNumber(c), order, who);
    return await answered(c, answer, `/r/${c.req.param('run')}`, (alert) => page(c, alert));
  });
}

function runOrderOf(order: string, form: Form): unknown {
  const { step, because = '' } = form;
  const evidence = form['evidence'] === '' ? undefined : form['evidence'];
  switch (order) {
    case 'confirm':
      return { type: 'ConfirmStep', step, evidence };
    case 'skip':
      return { type: 'SkipStep', step, because };
    case 'retry':
      return { type: 'RetryStep', step };
    case 'pause':
      return { type: 'PauseRun', because };
    case 'resume':
      return { type: 'ResumeRun' };
    case 'abort':
      return { type: 'AbortRun', because };
    default:
      throw new Problem(404, 'bad-address', `[server] A run can't be told to ${order}.`);
  }
}

// ---- a decision

function addDecision(pages: Hono, control: Control): void {
  const view = async (c: Context): Promise<DecisionView> => {
    const plan = c.req.param('plan') ?? '';
    const number = decisionNumber(c);
    const migration = await control.migration(plan);
    const shown =
      migration.type === 'none'
        ? undefined
        : decisionView(migration, await control.events(migrationStream(plan)), number);
    if (shown === undefined)
      throw new Problem(404, 'nothing-there', `[server] Plan ${plan} has no decision ${number}.`);
    return shown;
  };
  const page = async (c: Context, alert: string | null): Promise<Html> => {
    const [shown, now] = [await view(c), await control.now()];
    const live: Page['live'] = {
      events: `/api/v1/streams/${migrationStream(shown.plan)}/live`,
      fragment: `/d/${shown.plan}/${shown.decision}/fragment`,
      seq: shown.seq,
    };
    return document({
      title: `Decision ${shown.decision} of ${shown.plan}`,
      heading: decisionHeading(shown),
      live,
      now,
      parts: decisionParts(shown, now, rememberedWho(c)),
      alert,
    });
  };
  pages.get('/d/:plan/:decision', async (c) => c.html(await page(c, null)));
  pages.get('/d/:plan/:decision/fragment', async (c) =>
    c.html(decisionParts(await view(c), await control.now(), rememberedWho(c))),
  );
  pages.post('/d/:plan/:decision/:order', async (c) => {
    const form = await fields(c);
    const who = whoOrders(c, form['who']);
    rememberWho(c, who);
    const plan = c.req.param('plan');
    const order = withoutGaps<DecisionOrder>(
      parsed(decisionOrder, decisionOrderOf(c.req.param('order'), decisionNumber(c), form)),
    );
    const answer = await control.decide(plan, order, who);
    const run = answer.type === 'done' ? orderedRun(answer) : undefined;
    return await answered(
      c,
      answer,
      run === undefined ? `/d/${plan}/${decisionNumber(c)}` : `/r/${run}`,
      (alert) => page(c, alert),
    );
  });
}

function decisionNumber(c: Context): number {
  return positive(c.req.param('decision') ?? '', 'A decision is a number');
}

function decisionOrderOf(order: string, decision: number, form: Form): unknown {
  const because = form['because'] === '' ? undefined : form['because'];
  switch (order) {
    case 'approve':
      return { type: 'Approve', decision, because };
    case 'hold':
      return { type: 'Hold', decision, forMs: CARD_HOLD_MS, because };
    case 'dismiss':
      return { type: 'Dismiss', decision, because: because ?? '' };
    default:
      throw new Problem(404, 'bad-address', `[server] A decision can't be answered with ${order}.`);
  }
}

/** The run that the answer ordered. */
function orderedRun(answer: Answer & { type: 'done' }): number | undefined {
  const made = answer.events.find((event) => event.type === 'DecisionMade');
  return made !== undefined && 'run' in made && typeof made.run === 'number' ? made.run : undefined;
}

// ---- forms

type Form = { readonly [field: string]: string | undefined };

async function fields(c: Context): Promise<Form> {
  const body = await c.req.parseBody();
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value.trim()]] : [],
    ),
  );
}

/** What was done is shown where it is; what was refused is said on the same page, in the words of the core. */
async function answered(
  c: Context,
  answer: Answer,
  place: string,
  page: (alert: string) => Promise<Html>,
): Promise<Response> {
  if (answer.type === 'done') return c.redirect(place, 303);
  return c.html(await page(answer.because), statusOf(answer.code));
}
