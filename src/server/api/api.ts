// The HTTP API under /api/v1: exactly what Control can be asked, no more and no less.
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Answer } from '../../engine/control.ts';
import { forecastOf } from '../forecast.ts';
import { Problem, answerProblem, statusOf } from '../problems.ts';
import { whoOrders } from '../who.ts';
import {
  armBody,
  decideBody,
  orderBody,
  parsed,
  snapshotOf,
  tellBody,
  undoBody,
  withoutGaps,
} from './bodies.ts';
import { type LiveParts, liveEvents, liveOverview } from './live.ts';

/** The largest plan that can be armed: far more than any plan that people can read. Bytes. */
const PLAN_BYTES_MAX = 4 * 2 ** 20;

/** The largest body of every other order. Bytes. */
const ORDER_BYTES_MAX = 64 * 2 ** 10;

/** The routes of the API. */
export function apiRoutes(parts: LiveParts): Hono {
  const { control } = parts;
  const api = new Hono();
  api.use('/migrations', limited(PLAN_BYTES_MAX));
  api.use('/migrations/*', limited(ORDER_BYTES_MAX));
  api.use('/runs/*', limited(ORDER_BYTES_MAX));

  api.get('/now', async (c) => c.json({ now: await control.now() }));
  api.get('/whoami', (c) => {
    const person = c.get('person') ?? null;
    return c.json(person === null ? { type: 'nobody' } : { type: 'person', ...person });
  });
  api.get('/migrations', async (c) => c.json(await control.migrations()));
  api.get('/migrations/:plan', async (c) => {
    const migration = await control.migration(c.req.param('plan'));
    if (migration.type === 'none')
      throw new Problem(
        404,
        'nothing-there',
        `[server] No plan ${c.req.param('plan')} is watched here.`,
      );
    return c.json(migration);
  });
  api.get('/migrations/:plan/durations', async (c) =>
    c.json(await control.durations(c.req.param('plan'))),
  );
  api.get('/runs', async (c) => c.json(await control.runs()));
  api.get('/runs/:run', async (c) => {
    const run = await control.run(runNumber(c));
    if (run.type === 'none')
      throw new Problem(404, 'nothing-there', `[server] There is no run ${c.req.param('run')}.`);
    return c.json(run);
  });
  api.get('/runs/:run/forecast', async (c) => {
    const run = await control.run(runNumber(c));
    if (run.type === 'none')
      throw new Problem(404, 'nothing-there', `[server] There is no run ${c.req.param('run')}.`);
    return c.json(await forecastOf(control, run));
  });
  api.get('/streams', async (c) => c.json(await control.streams(c.req.query('prefix') ?? '')));
  api.get('/streams/:stream/events', async (c) =>
    c.json(await control.events(c.req.param('stream'), from(c))),
  );
  api.get('/streams/:stream/live', (c) => liveEvents(c, parts, c.req.param('stream'), from(c)));
  api.get('/live', (c) => liveOverview(c, parts));

  api.post('/migrations', async (c) => {
    const { snapshot, phase, who } = parsed(armBody, await json(c));
    return said(c, await control.arm(snapshotOf(snapshot), phase, whoOrders(c, who)));
  });
  api.post('/migrations/:plan/decisions', async (c) => {
    const { order, who } = parsed(decideBody, await json(c));
    return said(
      c,
      await control.decide(c.req.param('plan'), withoutGaps(order), whoOrders(c, who)),
    );
  });
  api.post('/runs', limited(ORDER_BYTES_MAX), async (c) => {
    const { plan, who, scope, breakGlass, ...wanted } = parsed(orderBody, await json(c));
    const order = {
      ...wanted,
      ...(scope === undefined ? {} : { scope }),
      ...(breakGlass === undefined ? {} : { breakGlass }),
    };
    return said(c, await control.order(plan, order, whoOrders(c, who)));
  });
  api.post('/runs/:run/undo', async (c) => {
    const { who, because, from: first } = parsed(undoBody, await json(c));
    const wanted = first === undefined ? { because } : { because, from: first };
    return said(c, await control.undo(runNumber(c), wanted, whoOrders(c, who)));
  });
  api.post('/runs/:run/orders', async (c) => {
    const { order, who } = parsed(tellBody, await json(c));
    return said(c, await control.tell(runNumber(c), withoutGaps(order), whoOrders(c, who)));
  });
  return api;
}

/** The number in the address. */
export function runNumber(c: Context): number {
  return positive(c.req.param('run') ?? '', 'A run is a number: run 7 is /7');
}

/** Where a reader goes on: after the event that it saw last, else where it asks to begin, else at the beginning. */
function from(c: Context): number {
  const last = c.req.header('last-event-id') ?? '';
  if (last !== '')
    return positive(last, 'Last-Event-ID is the place of an event in its stream', 0) + 1;
  return positive(c.req.query('from') ?? '1', 'from= is a place in the stream, from 1 on');
}

/** A whole number in an address. */
export function positive(text: string, what: string, least = 1): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  throw new Problem(404, 'bad-address', `[server] ${what}; "${text.slice(0, 40)}" is not.`);
}

async function json(c: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(c.req.header('content-type') ?? '')) {
    throw new Problem(
      415,
      'bad-body',
      '[server] Send JSON, and say so: Content-Type: application/json.',
    );
  }
  try {
    return await c.req.json();
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new Problem(422, 'bad-body', `[server] This body is not JSON: ${error.message}.`);
    throw error;
  }
}

function said(c: Context, answer: Answer): Response {
  if (answer.type === 'done') return c.json(answer);
  return answerProblem(c, statusOf(answer.code), answer.code, answer.because);
}

/** Refuses a larger body before it is read. */
export function limited(maxSize: number): ReturnType<typeof bodyLimit> {
  return bodyLimit({
    maxSize,
    onError: () => {
      throw new Problem(
        413,
        'too-large',
        `[server] This body is larger than ${maxSize / 1024} KiB, which is the most that is taken here.`,
      );
    },
  });
}
