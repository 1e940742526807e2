// Forms: what was filled in, and the page that answers it. What was refused is said in the words of the core.
import type { Context } from 'hono';
import type { Answer } from '../../engine/control.ts';
import type { Who } from '../../engine/identity.ts';
import { statusOf } from '../problems.ts';
import { rememberWho, whoOrders } from '../who.ts';
import type { Html } from './pieces.ts';

/** The fields of a form, trimmed. */
export interface Form {
  readonly [field: string]: string | undefined;
}

/** What was filled in, and by whom; the browser remembers the name for the next form. */
export async function filledIn(c: Context): Promise<{ readonly form: Form; readonly who: Who }> {
  const body = await c.req.parseBody();
  const form: Form = Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value.trim()]] : [],
    ),
  );
  const who = whoOrders(c, form['who']);
  rememberWho(c, who);
  return { form, who };
}

/** The text of a field; a field that was left empty was not filled in. */
export function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** What was done is shown at its place; what was refused, on the page that it was pressed on. */
export async function answerForm(
  c: Context,
  answer: Answer,
  place: string,
  page: (alert: string) => Promise<Html>,
): Promise<Response> {
  if (answer.type === 'done') return c.redirect(place, 303);
  return c.html(await page(answer.because), statusOf(answer.code));
}
