// Who orders something: the person that a token proves, else the name that a person or a program gives.
import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import type { Who } from '../engine/identity.ts';
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

/** The person who is proven; else the name in the header, else the one in the body, else nobody's. */
export function whoOrders(c: Context, inBody?: string): Who {
  const claimed = claimedName(c, inBody);
  const person = c.get('person');
  if (person === null || person === undefined) return claimed === '' ? NOBODY : claimed;
  if (claimed !== '' && claimed !== person.name) {
    throw new Problem(
      422,
      'who-contradicts',
      `[server] The token is ${person.name}'s, and the order says that it is ${claimed}'s. Leave the name out.`,
    );
  }
  return person;
}

/** Who is signed in here, else the name that this browser gave last, so that it is typed once. */
export function rememberedWho(c: Context): Who {
  return c.get('person') ?? getCookie(c, WHO_COOKIE) ?? '';
}

/** Remembers the name in this browser; who is signed in is remembered by that. */
export function rememberWho(c: Context, who: Who): void {
  if (typeof who !== 'string' || who === NOBODY) return;
  setCookie(c, WHO_COOKIE, who, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: 30 * 86_400,
  });
}

function claimedName(c: Context, inBody: string | undefined): string {
  const header = c.req.header(WHO_HEADER);
  const parsed = personName.safeParse(header === undefined ? (inBody ?? '') : decoded(header));
  if (parsed.success) return parsed.data;
  throw new Problem(
    422,
    'bad-body',
    '[server] The name of who orders this is not a name: one line of at most 80 letters.',
  );
}

function decoded(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    return header;
  }
}
