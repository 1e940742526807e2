// The routes of a run's page: the page, its fresh parts, and the orders that are pressed there.
import type { Context, Hono } from 'hono';
import { runStream } from '../../core/rollback/run.ts';
import { type Control, type RunOrder, runOrderedBy } from '../../engine/control.ts';
import { runNumber } from '../api/api.ts';
import { parsed, runOrder, undoBody, withoutGaps } from '../api/bodies.ts';
import { forecastOf } from '../forecast.ts';
import { Problem } from '../problems.ts';
import { type RunView, runView } from '../views/run-view.ts';
import { rememberedWho } from '../who.ts';
import { type Form, answerForm, filled, filledIn } from './form.ts';
import { document } from './layout.ts';
import type { Html } from './pieces.ts';
import { readerOf } from './reader.ts';
import { runHeading, runParts } from './run-page.ts';

/** Adds them to the pages. */
export function addRunRoutes(pages: Hono, control: Control): void {
  const view = async (c: Context): Promise<RunView> => {
    const run = await control.run(runNumber(c));
    if (run.type === 'none')
      throw new Problem(404, 'nothing-there', `[server] There is no run ${c.req.param('run')}.`);
    const events = await control.events(runStream(run.run));
    return runView(run, events, await forecastOf(control, run));
  };
  const page = async (c: Context, alert: string | null): Promise<Html> => {
    const [shown, now] = [await view(c), await control.now()];
    return document({
      title: `Run ${shown.run} of ${shown.plan}`,
      heading: runHeading(shown),
      live: {
        events: `/api/v1/streams/${runStream(shown.run)}/live`,
        fragment: `/r/${shown.run}/fragment`,
        seq: shown.seq,
      },
      now,
      parts: runParts(shown, now, rememberedWho(c)),
      alert,
      reader: readerOf(c),
    });
  };
  pages.get('/r/:run', async (c) => c.html(await page(c, null)));
  pages.get('/r/:run/fragment', async (c) =>
    c.html(runParts(await view(c), await control.now(), rememberedWho(c))),
  );
  pages.post('/r/:run/undo', async (c) => {
    const { form, who } = await filledIn(c);
    const { because, from } = parsed(undoBody, {
      because: form['because'],
      from: filled(form['from']),
    });
    const wanted = from === undefined ? { because } : { because, from };
    const answer = await control.undo(runNumber(c), wanted, who);
    return answerForm(c, answer, `/r/${runOrderedBy(answer) ?? c.req.param('run')}`, (alert) =>
      page(c, alert),
    );
  });
  pages.post('/r/:run/:order', async (c) => {
    const { form, who } = await filledIn(c);
    const order = withoutGaps<RunOrder>(parsed(runOrder, orderOf(c.req.param('order'), form)));
    const answer = await control.tell(runNumber(c), order, who);
    return answerForm(c, answer, `/r/${c.req.param('run')}`, (alert) => page(c, alert));
  });
}

function orderOf(order: string, form: Form): unknown {
  const { step, because = '' } = form;
  switch (order) {
    case 'confirm':
      return { type: 'ConfirmStep', step, evidence: filled(form['evidence']) };
    case 'skip':
      return { type: 'SkipStep', step, because };
    case 'approve-skip':
      return { type: 'ApproveSkip', step, because: filled(because) };
    case 'withdraw-skip':
      return { type: 'WithdrawSkip', step };
    case 'overrule':
      return { type: 'OverruleStep', step, because };
    case 'take':
      return { type: 'TakeStep', step };
    case 'retry':
      return { type: 'RetryStep', step };
    case 'consent':
      return { type: 'ConsentStep', step, typed: form['typed'] };
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
