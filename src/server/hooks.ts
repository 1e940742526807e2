// Events in: a system posts to /hooks/<plan>/<system>, and its connector says whether it is who it says it is.
import { Hono } from 'hono';
import type { Inbox } from '../engine/inbox.ts';
import { limited } from './api/api.ts';
import { Problem } from './problems.ts';

/** The largest delivery that is taken. Bytes. */
const DELIVERY_BYTES_MAX = 2 ** 20;

/** Where deliveries go: the engine's inbox, which checks, deduplicates and keeps. */
export type Receive = Inbox['take'];

/** The routes for deliveries: open to every sender, because a signature is made for exactly that. */
export function hookRoutes(receive: Receive): Hono {
  const hooks = new Hono();
  hooks.post('/:plan/:system', limited(DELIVERY_BYTES_MAX), async (c) => {
    const taken = await receive(c.req.param('plan'), c.req.param('system'), {
      method: c.req.method,
      path: c.req.path,
      headers: c.req.header(),
      body: new Uint8Array(await c.req.arrayBuffer()),
      receivedAt: Date.now(),
    });
    if (taken.type === 'rejected')
      throw new Problem(taken.status, 'delivery-rejected', taken.because);
    return c.json({ fresh: taken.fresh, repeated: taken.repeated }, 202);
  });
  return hooks;
}
