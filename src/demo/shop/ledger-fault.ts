// The faults that the new service can be given, and what each does to a request.
import { setTimeout as sleep } from 'node:timers/promises';
import { fieldsOf, refusal, type Answer, type Route } from './web.ts';

/** What is wrong with ledger. Ratios are between 0 and 1. */
export interface LedgerFault {
  /** Mean extra time before each answer, in milliseconds. */
  readonly slowMs: number;
  /** The share of requests that are answered 500 with nothing written: nobody was promised anything. */
  readonly failRatio: number;
  /**
   * The share of accepted orders that stay on ledger: they are promised, committed and readable here,
   * but their outbox row has a topic that the feed doesn't know, so legacy never hears of them.
   */
  readonly dropWrites: number;
  /** `broken`: every password is answered as if it were wrong. */
  readonly signIn: 'ok' | 'broken';
  /** `down`: the metrics page answers 503. */
  readonly metrics: 'up' | 'down';
}

/** Nothing is wrong. */
export const noFault: LedgerFault = {
  slowMs: 0,
  failRatio: 0,
  dropWrites: 0,
  signIn: 'ok',
  metrics: 'up',
};

/** A fault that can be changed while the service runs. */
export interface FaultSwitch {
  readonly current: () => LedgerFault;
  readonly routes: readonly Route[];
  /** Wraps a customer's route so that it suffers. */
  readonly suffer: (route: Route) => Route;
}

/** Makes the switch, with nothing wrong. */
export function createFaultSwitch(): FaultSwitch {
  let fault = noFault;
  return {
    current: () => fault,
    suffer: (route) => ({ ...route, handle: async (asked) => suffer(fault, route, asked) }),
    routes: [
      { method: 'GET', path: '/admin/fault', handle: () => ({ status: 200, json: fault }) },
      {
        method: 'PUT',
        path: '/admin/fault',
        handle: (asked) => {
          const wanted = faultOf(asked.body);
          if (wanted === undefined) return refusal(400, 'This is not a fault; GET one to compare.');
          fault = wanted;
          return { status: 200, json: fault };
        },
      },
    ],
  };
}

async function suffer(
  fault: LedgerFault,
  route: Route,
  asked: Parameters<Route['handle']>[0],
): Promise<Answer> {
  if (fault.slowMs > 0) await sleep(fault.slowMs * (0.5 + Math.random()));
  if (Math.random() < fault.failRatio) return refusal(500, 'Ledger could not do this.');
  if (fault.signIn === 'broken' && route.path === '/sign-in') {
    return refusal(401, 'This address and password do not belong together.');
  }
  return route.handle(asked);
}

/** What is not said is as in `noFault`, so that a PUT always says the whole. */
function faultOf(body: unknown): LedgerFault | undefined {
  const wanted = { ...noFault, ...fieldsOf(body) };
  const isKnown = Object.keys(wanted).every((key) => key in noFault);
  const isRatio = (value: unknown) => typeof value === 'number' && value >= 0 && value <= 1;
  const isMs = typeof wanted.slowMs === 'number' && wanted.slowMs >= 0 && wanted.slowMs <= 60_000;
  const areWords =
    ['ok', 'broken'].includes(wanted.signIn) && ['up', 'down'].includes(wanted.metrics);
  const isFault = isKnown && isMs && isRatio(wanted.failRatio) && isRatio(wanted.dropWrites);
  return isFault && areWords ? wanted : undefined;
}
