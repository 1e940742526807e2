// The routes of a decision's card: the card, its fresh parts, and the answers. To look at it never decides.
import type { Context, Hono } from 'hono';
import { migrationStream } from '../../core/decision/migration/migration.ts';
import {
  type Answer,
  type Control,
  type DecisionOrder,
  runOrderedBy,
} from '../../engine/control.ts';
import { positive } from '../api/api.ts';
import { decisionOrder, parsed, withoutGaps } from '../api/bodies.ts';
import { Problem } from '../problems.ts';
import { type DecisionView, decisionView } from '../views/decision-view.ts';
import { rememberedWho } from '../who.ts';
import { CARD_HOLD_MS, decisionHeading, decisionParts } from './decision-page.ts';
import { type Form, answerForm, filled, filledIn } from './form.ts';
import { document } from './layout.ts';
import type { Html } from './pieces.ts';
import { readerOf } from './reader.ts';

/** Adds them to the pages. */
export function addDecisionRoutes(pages: Hono, control: Control): void {
  const view = async (c: Context): Promise<DecisionView> => {
    const plan = c.req.param('plan') ?? '';
    const number = numberIn(c);
    const migration = await control.migration(plan);
    const shown =
      migration.type === 'none'
        ? undefined
        : decisionView(
            migration,
            await control.events(migrationStream(plan)),
            number,
            await control.durations(plan),
          );
    if (shown === undefined)
      throw new Problem(404, 'nothing-there', `[server] Plan ${plan} has no decision ${number}.`);
    return shown;
  };
  const page = async (c: Context, alert: string | null): Promise<Html> => {
    const [shown, now] = [await view(c), await control.now()];
    const { plan, decision, seq } = shown;
    return document({
      title: `Decision ${decision} of ${plan}`,
      heading: decisionHeading(shown),
      live: {
        events: `/api/v1/streams/${migrationStream(plan)}/live`,
        fragment: `/d/${plan}/${decision}/fragment`,
        seq,
      },
      now,
      parts: decisionParts(shown, now, rememberedWho(c)),
      alert,
      reader: readerOf(c),
    });
  };
  pages.get('/d/:plan/:decision', async (c) => c.html(await page(c, null)));
  pages.get('/d/:plan/:decision/fragment', async (c) =>
    c.html(decisionParts(await view(c), await control.now(), rememberedWho(c))),
  );
  pages.post('/d/:plan/:decision/:order', async (c) => {
    const { form, who } = await filledIn(c);
    const { plan, order: word } = c.req.param();
    const order = withoutGaps<DecisionOrder>(
      parsed(decisionOrder, orderOf(word, numberIn(c), form)),
    );
    const answer = await control.decide(plan, order, who);
    return answerForm(c, answer, placeAfter(answer, plan, numberIn(c)), (alert) => page(c, alert));
  });
}

function numberIn(c: Context): number {
  return positive(c.req.param('decision') ?? '', 'A decision is a number');
}

function orderOf(word: string, decision: number, form: Form): unknown {
  const because = filled(form['because']);
  switch (word) {
    case 'approve':
      return { type: 'Approve', decision, because };
    case 'hold':
      return { type: 'Hold', decision, forMs: CARD_HOLD_MS, because };
    case 'withdraw':
      return { type: 'Withdraw', decision };
    case 'dismiss':
      return { type: 'Dismiss', decision, because: because ?? '' };
    default:
      throw new Problem(404, 'bad-address', `[server] A decision can't be answered with ${word}.`);
  }
}

/** A rollback is followed at its run; everything else on the card. */
function placeAfter(answer: Answer, plan: string, decision: number): string {
  const run = runOrderedBy(answer);
  return run !== null ? `/r/${run}` : `/d/${plan}/${decision}`;
}
