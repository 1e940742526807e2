// The router in front of the shop: weights, the stop for writes, and the metrics of both backends.
import { setTimeout as sleep } from 'node:timers/promises';
import { watchFlags } from '../flag-watch.ts';
import { openMetricsType } from '../meters.ts';
import { runPart } from '../part.ts';
import { backendMsMax, createBackend } from '../proxy.ts';
import { fieldsOf, refusal, type Answer, type Asked } from '../web.ts';
import { sideOf, weightsOf, type Weights } from '../weights.ts';

const sides = ['legacy', 'new'] as const;

/** Every series is there from the start, at 0: a rate of errors must not begin with the first error. */
const routes = ['/sign-in', '/orders', '/invoices'];
const codes = ['200', '201', '401', '404', '500', '502', '503', '504'];

/** The flag that must be on for an order to pass. */
const writesFlag = 'writes';

/** How the metrics page answers: as it should, with an error, or not at all. */
const metricsModes = ['up', 'error', 'hang'];

/** How long a hanging metrics page hangs, in milliseconds. */
const hangMs = 60_000;

await runPart('router', async ({ option, meters, onStop, report }) => {
  const backends = {
    legacy: createBackend('legacy', option('legacy')),
    new: createBackend('new', option('new')),
  };
  const flags = await watchFlags(option('flags'), report);
  onStop(flags.stop);
  let weights: Weights = { legacy: 100, new: 0 };
  let metricsMode = 'up';

  const requests = meters.counter('shop_requests', 'Requests answered to customers.');
  for (const backend of sides) {
    for (const route of routes) for (const code of codes) requests.add({ backend, route, code }, 0);
  }
  const durations = meters.histogram(
    'shop_request_duration_seconds',
    'Time from a customer’s request to its answer.',
  );
  meters.gauge('shop_weight', 'The share of customers of each backend, in percent.', () =>
    sides.map((side) => ({ labels: { backend: side }, value: weights[side] })),
  );
  meters.gauge('shop_requests_in_flight', 'Requests that a backend is working on.', () =>
    sides.map((side) => ({ labels: { backend: side }, value: backends[side].inFlight() })),
  );
  meters.gauge('shop_writes_enabled', 'Whether orders are let through.', () => [
    { labels: {}, value: flags.isOn(writesFlag) ? 1 : 0 },
  ]);

  const serve = async (asked: Asked): Promise<Answer> => {
    const began = performance.now();
    const side = sideOf(customerOf(asked), weights);
    const isStopped = isOrder(asked) && !flags.isOn(writesFlag);
    const answer = isStopped ? writesAreStopped : await backends[side].pass(asked);
    const labels = { backend: side, route: routeOf(asked) };
    requests.add({ ...labels, code: String(answer.status) });
    durations.observe(labels, (performance.now() - began) / 1000);
    return answer;
  };

  /** Answers when the side that lost all its customers has answered its last request. */
  const setWeights = async (asked: Asked): Promise<Answer> => {
    const wanted = weightsOf(asked.body);
    if (wanted === undefined) return refusal(400, 'Weights are two whole percents that make 100.');
    weights = wanted;
    const deadline = Date.now() + backendMsMax + 500;
    const idle = sides.filter((side) => wanted[side] === 0);
    while (idle.some((side) => backends[side].inFlight() > 0) && Date.now() < deadline) {
      await sleep(10);
    }
    return { status: 200, json: weights };
  };

  const state = (): Answer => ({
    status: 200,
    json: {
      weights,
      writes: flags.isOn(writesFlag),
      metrics: metricsMode,
      inFlight: { legacy: backends.legacy.inFlight(), new: backends.new.inFlight() },
    },
  });

  const setMetrics = (asked: Asked): Answer => {
    const { mode } = fieldsOf(asked.body);
    if (typeof mode !== 'string' || !metricsModes.includes(mode)) {
      return refusal(400, `The metrics page can be ${metricsModes.join(', ')}.`);
    }
    metricsMode = mode;
    return { status: 200, json: { mode } };
  };

  const hangs = () => metricsMode === 'hang';

  const metrics = async (asked: Asked): Promise<Answer> => {
    const until = Date.now() + hangMs;
    while (hangs() && !asked.gone() && Date.now() < until) await sleep(50);
    if (metricsMode !== 'up') return refusal(503, 'The metrics are down.');
    return { status: 200, text: meters.page(), headers: { 'content-type': openMetricsType } };
  };

  return {
    routes: [
      { method: 'GET', path: '/admin/weights', handle: () => ({ status: 200, json: weights }) },
      { method: 'PUT', path: '/admin/weights', handle: setWeights },
      { method: 'GET', path: '/admin', handle: state },
      { method: 'PUT', path: '/admin/metrics', handle: setMetrics },
      { method: 'GET', path: '/metrics', handle: metrics },
      { method: 'POST', path: '/sign-in', handle: serve },
      { method: 'POST', path: '/orders', handle: serve },
      { method: 'GET', path: '/invoices/:requestId', handle: serve },
    ],
  };
});

const writesAreStopped: Answer = refusal(503, 'The shop takes no orders just now.', {
  'retry-after': '1',
});

function isOrder(asked: Asked): boolean {
  return asked.method === 'POST' && asked.path === '/orders';
}

function routeOf(asked: Asked): string {
  return asked.path.startsWith('/invoices/') ? '/invoices' : asked.path;
}

/** Who asks: customers say it in a header; others share one place. */
function customerOf(asked: Asked): string {
  const customer = asked.headers['x-customer'];
  return typeof customer === 'string' ? customer : 'anonymous';
}
