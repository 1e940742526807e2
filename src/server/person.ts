// Who asks: a person whose name is proven, by a bearer token or by the sign-in of this browser; else nobody in particular.
import type { Context, MiddlewareHandler } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Identity, Person } from '../engine/identity.ts';
import { Problem } from './problems.ts';

declare module 'hono' {
  interface ContextVariableMap {
    /** Whose request it is; null when nothing proves it. */
    person: Person | null;
    /** Proven by a bearer, which no other site's page can make a browser send. */
    byBearer: boolean;
    /** Whether an order needs a proven name here. */
    proofWanted: boolean;
  }
}

const SIGN_IN_COOKIE = 'backout-operator';

/** A sign-in of a browser lasts so long: a long shift. Seconds. */
const SIGN_IN_S = 12 * 3_600;

/** Finds out who asks. A token that is nobody's is said, never taken for silence. */
export function knowPerson(identity: Identity): MiddlewareHandler {
  return async (c, next) => {
    const bearer = bearerOf(c);
    const byBearer = bearer !== undefined && identity.knows(bearer);
    const person = byBearer ? await byToken(identity, bearer) : await byCookie(c, identity);
    c.set('person', person);
    c.set('byBearer', byBearer);
    // Programs hear it from the refusal of their order; pages say it before anything is pressed.
    c.set('proofWanted', !c.req.path.startsWith('/api/') && (await identity.wanted()));
    await next();
  };
}

/** What a program shows in its Authorization header. */
export function bearerOf(c: Context): string | undefined {
  return /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
}

/** Signs this browser in, if the token is somebody's. */
export async function signIn(
  c: Context,
  identity: Identity,
  presented: string,
): Promise<Person | null> {
  const person = identity.knows(presented) ? await identity.personOf(presented) : null;
  if (person === null) return null;
  const secure = c.req.header('x-forwarded-proto') === 'https' || c.req.url.startsWith('https:');
  setCookie(c, SIGN_IN_COOKIE, presented, {
    httpOnly: true,
    sameSite: 'Strict',
    secure,
    path: '/',
    maxAge: SIGN_IN_S,
  });
  return person;
}

/** Forgets who was signed in in this browser. */
export function signOut(c: Context): void {
  deleteCookie(c, SIGN_IN_COOKIE, { path: '/' });
}

async function byToken(identity: Identity, token: string): Promise<Person> {
  const person = await identity.personOf(token);
  if (person !== null) return person;
  throw new Problem(
    401,
    'token-unknown',
    '[server] This token is nobody’s: it was revoked, replaced, or never given by this server. A new one: backout operator token <name>.',
  );
}

/** A sign-in that has ended is forgotten; the page then says that nobody is signed in. */
async function byCookie(c: Context, identity: Identity): Promise<Person | null> {
  const kept = getCookie(c, SIGN_IN_COOKIE);
  if (kept === undefined) return null;
  const person = identity.knows(kept) ? await identity.personOf(kept) : null;
  if (person === null) signOut(c);
  return person;
}
