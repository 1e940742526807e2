// Who orders something: the name that a person or a program gives, until there are identities.
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { Problem } from './problems.ts';

/** Written into the journal when nobody gave a name. */
const NOBODY = 'somebody at the page';

/** The header that programs give the name in, percent-encoded because headers hold no other letters. */
const WHO_HEADER = 'x-backout-who';

const WHO_COOKIE = 'backout-who';

/** A name as it may stand in the journal: one line, at most 80 letters. */
export const personName = z
  .string()
  .trim()
  .max(80)
  // oxlint-disable-next-line no-control-regex -- control characters are what it keeps out
  .regex(/^[^\u0000-\u001f\u007f]*$/u, 'A name is one line without control characters.');

/** The name in the header, else the one in the body, else nobody's. */
export function whoOrders(c: Context, inBody?: string): string {
  const header = c.req.header(WHO_HEADER);
  const parsed = personName.safeParse(header === undefined ? (inBody ?? '') : decoded(header));
  if (!parsed.success)
    throw new Problem(
      422,
      'bad-body',
      '[server] The name of who orders this is not a name: one line of at most 80 letters.',
    );
  return parsed.data === '' ? NOBODY : parsed.data;
}

/** The name that this browser gave last, so that it is typed once. */
export function rememberedWho(c: Context): string {
  return getCookie(c, WHO_COOKIE) ?? '';
}

/** Remembers the name in this browser. */
export function rememberWho(c: Context, who: string): void {
  if (who === NOBODY) return;
  setCookie(c, WHO_COOKIE, who, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: 30 * 86_400,
  });
}

function decoded(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}
