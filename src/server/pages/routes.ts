// The pages: every one is whole without script; what is pressed is posted, decided by Control, and answered with a page.
import { type Context, Hono } from 'hono';
import type { KnownMigration } from '../../core/decision/migration/state.ts';
import type { Control } from '../../engine/control.ts';
import type { Identity } from '../../engine/identity.ts';
import { limited, positive, runNumber } from '../api/api.ts';
import { homeView } from '../views/home-view.ts';
import { addDecisionRoutes } from './decision-routes.ts';
import { answerForm, filledIn } from './form.ts';
import { homeParts } from './home-page.ts';
import { JOURNAL_ROWS, journalParts } from './journal-page.ts';
import { document } from './layout.ts';
import type { Html } from './pieces.ts';
import { addRunRoutes } from './run-routes.ts';
import { script } from './script.ts';
import { readerOf } from './reader.ts';
import { addSignIn } from './sign-in.ts';
import { icon, style } from './style.ts';

/** The largest form that is taken. Bytes. */
const FORM_BYTES_MAX = 32 * 2 ** 10;

/** The routes of the pages. */
export function pageRoutes(control: Control, identity: Identity | null): Hono {
  const pages = new Hono();
  pages.use(limited(FORM_BYTES_MAX));
  pages.get('/backout.css', (c) =>
    c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }),
  );
  pages.get('/live.js', (c) =>
    c.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
  );
  pages.get('/icon.svg', (c) => c.body(icon, 200, { 'content-type': 'image/svg+xml' }));
  addHomeRoutes(pages, control);
  addRunRoutes(pages, control);
  addDecisionRoutes(pages, control);
  addJournalRoutes(pages, control);
  if (identity !== null) addSignIn(pages, control, identity);
  return pages;
}

function addHomeRoutes(pages: Hono, control: Control): void {
  const parts = async (now: number): Promise<Html> => {
    const [summaries, runs] = [await control.migrations(), await control.runs()];
    const all = await Promise.all(summaries.map(({ plan }) => control.migration(plan)));
    const known = all.filter((each): each is KnownMigration => each.type === 'migration');
    return homeParts(homeView(summaries, known, runs), now);
  };
  const title = 'What waits and what runs';
  const page = async (c: Context, alert: string | null): Promise<Html> => {
    const now = await control.now();
    const live = { events: '/api/v1/live', fragment: '/fragment', seq: 0 };
    return document({
      title,
      heading: title,
      live,
      now,
      parts: await parts(now),
      alert,
      reader: readerOf(c),
    });
  };
  pages.get('/', async (c) => c.html(await page(c, null)));
  pages.post('/reviews/:plan/:run', async (c) => {
    const { form, who } = await filledIn(c);
    const because = form['because'] ?? '';
    const order = { type: 'CloseReview', run: runNumber(c), because } as const;
    const answer = await control.decide(c.req.param('plan'), order, who);
    return answerForm(c, answer, '/', (alert) => page(c, alert));
  });
  pages.get('/fragment', async (c) => c.html(await parts(await control.now())));
}

function addJournalRoutes(pages: Hono, control: Control): void {
  pages.get('/j/:stream', async (c) => {
    const stream = c.req.param('stream');
    const from = positive(c.req.query('from') ?? '1', 'from= is a place in the stream');
    const events = (await control.events(stream, from)).slice(0, JOURNAL_ROWS + 1);
    const title = `Journal of ${stream}`;
    return c.html(
      await document({
        title,
        heading: title,
        live: null,
        now: await control.now(),
        parts: journalParts(stream, events),
        alert: null,
        reader: readerOf(c),
      }),
    );
  });
}
