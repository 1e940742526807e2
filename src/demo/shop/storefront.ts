// The shop's HTTP API, the same for legacy and ledger: sign in, order, read the invoice.
import { totalCentsOf } from './catalogue.ts';
import type { Meters } from './meters.ts';
import { fieldsOf, refusal, type Answer, type Asked, type Observer, type Route } from './web.ts';

/** What a customer wants; `requestId` makes asking twice harmless. */
export interface Wish {
  readonly requestId: string;
  readonly sku: string;
  readonly quantity: number;
  readonly totalCents: number;
}

/** An order as the customer sees it, whichever side keeps it. */
export interface Sale {
  readonly request_id: string;
  readonly number: number;
  readonly sku: string;
  readonly quantity: number;
  readonly total_cents: number;
}

/** What came of a wish: newly written, or written before under the same request. */
export interface Placed {
  readonly isNew: boolean;
  readonly sale: Sale;
}

/** What each side does in its own tables. A customer is named by their e-mail address. */
export interface Storefront {
  /** Gives a session's token, or nothing when address and password don't belong together. */
  readonly signIn: (email: string, password: string) => Promise<string | undefined>;
  readonly customerOf: (token: string) => Promise<string | undefined>;
  readonly place: (customer: string, wish: Wish) => Promise<Placed>;
  readonly invoice: (customer: string, requestId: string) => Promise<Sale | undefined>;
}

/** The routes of the API. */
export function storefrontRoutes(storefront: Storefront): readonly Route[] {
  return [
    { method: 'POST', path: '/sign-in', handle: (asked) => signIn(storefront, asked) },
    { method: 'POST', path: '/orders', handle: (asked) => order(storefront, asked) },
    { method: 'GET', path: '/invoices/:requestId', handle: (asked) => invoice(storefront, asked) },
  ];
}

/** Meters each answer of a service by route and code. */
export function meterRequests(meters: Meters): Observer {
  const requests = meters.counter('service_requests', 'Requests answered by this service.');
  const durations = meters.histogram(
    'service_request_duration_seconds',
    'Time from a request to its answer in this service.',
  );
  return (route, status, seconds) => {
    requests.add({ route, code: String(status) });
    durations.observe({ route }, seconds);
  };
}

async function signIn(storefront: Storefront, asked: Asked): Promise<Answer> {
  const { email, password } = fieldsOf(asked.body);
  if (typeof email !== 'string' || typeof password !== 'string') {
    return refusal(400, 'Signing in takes an email and a password.');
  }
  const token = await storefront.signIn(email, password);
  if (token === undefined) return refusal(401, 'This address and password do not belong together.');
  return { status: 200, json: { token } };
}

async function order(storefront: Storefront, asked: Asked): Promise<Answer> {
  const customer = await signedIn(storefront, asked);
  if (customer === undefined) return refusal(401, 'Sign in first.');
  const wish = wishOf(asked.body);
  if (wish === undefined) {
    return refusal(400, 'An order takes a request_id (UUID), a sku that is sold, and a quantity.');
  }
  if (asked.gone()) return refusal(499, 'Nobody waits for this order any more.');
  const { isNew, sale } = await storefront.place(customer, wish);
  if (sale.sku !== wish.sku || sale.quantity !== wish.quantity) {
    return refusal(409, 'This request_id belongs to another order.');
  }
  return { status: isNew ? 201 : 200, json: sale };
}

async function invoice(storefront: Storefront, asked: Asked): Promise<Answer> {
  const customer = await signedIn(storefront, asked);
  if (customer === undefined) return refusal(401, 'Sign in first.');
  const requestId = asked.params['requestId'] ?? '';
  if (!isUuid(requestId)) return refusal(400, 'An invoice is asked for by its request_id (UUID).');
  const sale = await storefront.invoice(customer, requestId);
  if (sale === undefined) return refusal(404, 'There is no such invoice.');
  return { status: 200, json: sale };
}

async function signedIn(storefront: Storefront, asked: Asked): Promise<string | undefined> {
  const [scheme, token] = (asked.headers.authorization ?? '').split(' ');
  if (scheme !== 'Bearer' || token === undefined) return undefined;
  return storefront.customerOf(token);
}

function wishOf(body: unknown): Wish | undefined {
  const { request_id: requestId, sku, quantity } = fieldsOf(body);
  if (typeof requestId !== 'string' || !isUuid(requestId)) return undefined;
  if (typeof sku !== 'string' || typeof quantity !== 'number') return undefined;
  const totalCents = totalCentsOf(sku, quantity);
  return totalCents === undefined ? undefined : { requestId, sku, quantity, totalCents };
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
