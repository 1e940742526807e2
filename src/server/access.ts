// Who may ask: the right Host (no DNS rebinding), the right origin for what changes something, and a token where one is set.
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { bearerOf } from './person.ts';
import { Problem } from './problems.ts';

/** What the server knows of those who may ask. */
export interface Access {
  /** The address that it is bound to. */
  readonly host: string;
  /** Other names under which it may be asked, such as that of a proxy in front. */
  readonly names: readonly string[];
  /** With a token everybody must show it; without one, being on this machine is enough. */
  readonly token: string | null;
}

const TOKEN_COOKIE = 'backout-token';

/** Is this an address of this machine only? */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Refuses requests for names that are not ours: a page of somebody else whose name points here. */
export function rightHost(access: Access): MiddlewareHandler {
  return async (c, next) => {
    const name = hostName(c.req.header('host'));
    if (!isOurs(access, name)) {
      throw new Problem(
        421,
        'wrong-host',
        `[server] This server is not known as "${name}". Ask for it by localhost or by the address that it listens on.`,
      );
    }
    await next();
  };
}

/** What a browser needs to show the sign-in: it holds nothing of anybody. */
const OPEN_PATHS: ReadonlySet<string> = new Set([
  '/sign-in',
  '/backout.css',
  '/live.js',
  '/icon.svg',
]);

/**
 * Where a token is set, it is the key of the door: it comes as a bearer, or once in the address (`?token=`) and then in
 * a cookie. Whoever is proven to be an operator comes in without it.
 */
export function rightToken(access: Access): MiddlewareHandler {
  const { token } = access;
  return async (c, next) => {
    if (token === null || bears(c, token) || same(getCookie(c, TOKEN_COOKIE), token)) return next();
    if (isPerson(c) || OPEN_PATHS.has(c.req.path)) return next();
    if (c.req.method !== 'GET' || !same(c.req.query('token'), token)) {
      throw new Problem(
        401,
        'token-wanted',
        '[server] This server wants its token or an operator’s: Authorization: Bearer …, or open the address with ?token=… that `backout serve` printed, or sign in at /sign-in.',
      );
    }
    setCookie(c, TOKEN_COOKIE, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
    const clean = new URL(c.req.url);
    clean.searchParams.delete('token');
    return c.redirect(`${clean.pathname}${clean.search}`, 303);
  };
}

/** What changes something must come from a page of this server, or from a program that bears the token. */
export function rightOrigin(access: Access): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    if (c.get('byBearer') || (access.token !== null && bears(c, access.token))) return next();
    if (isSameOrigin(c)) return next();
    throw new Problem(
      403,
      'other-origin',
      '[server] Only a page of this server or a program with its token may change something. Programs on this machine say where they are: Origin: http://<host>:<port>.',
    );
  };
}

function isPerson(c: Context): boolean {
  return (c.get('person') ?? null) !== null;
}

function isSameOrigin(c: Context): boolean {
  const site = c.req.header('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = c.req.header('origin');
  if (origin === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === c.req.header('host')?.toLowerCase();
}

function isOurs(access: Access, name: string): boolean {
  if (isLoopback(name) || name === access.host || access.names.includes(name)) return true;
  // Bound to every address: nobody can make a browser take a foreign name for a bare address.
  return (access.host === '0.0.0.0' || access.host === '::') && isIP(name) !== 0;
}

/** The name without port and brackets, in small letters. */
function hostName(header: string | undefined): string {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '');
  return (found?.[1] ?? found?.[2] ?? '').toLowerCase();
}

function bears(c: Context, token: string): boolean {
  return same(bearerOf(c), token);
}

/** Takes the same time however much of it is right. */
function same(given: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}
