// The whole HTTP surface: who may ask, the API, the pages, deliveries, and one way to say that something went wrong.
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Identity } from '../engine/identity.ts';
import { type Access, rightHost, rightOrigin, rightToken } from './access.ts';
import { apiRoutes } from './api/api.ts';
import type { LiveParts } from './api/live.ts';
import { type Receive, hookRoutes } from './hooks.ts';
import { pageRoutes } from './pages/routes.ts';
import { knowPerson } from './person.ts';
import { Problem, answerProblem, problemOf } from './problems.ts';

/** Everything that the routes stand on. */
export interface AppParts extends LiveParts {
  readonly access: Access;
  /** Who can prove their name; null when nobody can. */
  readonly identity: Identity | null;
  /** Where deliveries of systems go; null when this node takes none. */
  readonly receive: Receive | null;
}

/** Nothing is loaded from anywhere else, nothing inline runs, nobody frames us. */
const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
};

/** The app: asks nothing of the network, so that tests can call it as it is. */
export function makeApp(parts: AppParts): Hono {
  const { access, control, identity, log, receive } = parts;
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy,
      referrerPolicy: 'same-origin',
      xFrameOptions: 'DENY',
      strictTransportSecurity: false,
    }),
  );
  app.use(async (c, next) => {
    await next();
    c.header('Cache-Control', 'no-store');
  });
  app.get('/healthz', (c) => c.text('ok'));
  // Deliveries come from other machines under other names, signed: the checks below are for people and programs.
  if (receive !== null) app.route('/hooks', hookRoutes(receive));
  app.use(rightHost(access));
  if (identity !== null) app.use(knowPerson(identity));
  app.use(rightToken(access), rightOrigin(access));
  app.route('/api/v1', apiRoutes(parts));
  app.route('/', pageRoutes(control, identity));
  app.notFound((c) =>
    answerProblem(c, 404, 'nothing-there', `[server] There is nothing at ${c.req.path}.`),
  );
  app.onError((error, c) => {
    const { status, code, message, issues } =
      error instanceof Problem ? error : problemOf(error, log);
    return answerProblem(c, status, code, message, issues);
  });
  return app;
}
