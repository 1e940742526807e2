// One virtual customer: signs in, buys, reads the invoice back, comes again to read an old one, and notes it all.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Book } from './book.ts';
import { skus, totalCentsOf } from './catalogue.ts';
import type { CustomerCounter } from './customer-stats.ts';
import type { Person } from './people.ts';
import { fieldsOf } from './web.ts';

/** A customer who does one thing at a time. */
export interface Customer {
  readonly isBusy: () => boolean;
  /** Does the next thing; never throws. */
  readonly turn: () => Promise<void>;
}

/** What a customer needs of the world. */
export interface CustomerWorld {
  readonly url: string;
  readonly book: Book;
  readonly counter: CustomerCounter;
  /** Called for every request that is sent, so that the rate is kept. */
  readonly spend: () => void;
}

/** How long a customer waits for an answer, in milliseconds: longer than the router waits for its backend. */
const answerMsMax = 3000;

/** How long a customer asks again for an order that had no answer, in milliseconds. */
const patienceMs = 8000;

/** How often an invoice is looked for before it counts as missing: a copy may be under way. */
const looksMax = 3;

/** The shares of what customers do; what is left over is reading an old invoice. */
const habits = { signIn: 0.15, buy: 0.5 };

/** The last promises that a customer comes back for. */
const rememberedMax = 20;

interface Reply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Remembered {
  readonly requestId: string;
  readonly totalCents: number;
}

/** Makes a customer who has not signed in yet. */
export function createCustomer(person: Person, world: CustomerWorld): Customer {
  const { book, counter } = world;
  const remembered: Remembered[] = [];
  let token = '';
  let busy = false;

  const fail = (kind: Parameters<CustomerCounter['failure']>[0]) => {
    counter.failure(kind);
    book.write({ type: 'failed', kind, at: new Date().toISOString() });
  };

  const turn = async () => {
    busy = true;
    try {
      const habit = Math.random();
      if (token === '' || habit < habits.signIn) await signIn();
      else if (habit < habits.signIn + habits.buy || remembered.length === 0) await buy();
      else await readOld();
    } finally {
      busy = false;
    }
  };

  const signIn = async () => {
    const { email, password } = person;
    const reply = await ask(world, person, token, 'POST', '/sign-in', { email, password });
    const given = reply?.body['token'];
    counter.count('signIns');
    if (!isAnswer(reply)) return fail('unanswered');
    if (reply.status !== 200 || typeof given !== 'string') return fail('sign-in');
    token = given;
  };

  const buy = async () => {
    const wish = newWish();
    const { reply, isOpen } = await askUntilAnswered(wish);
    if (isOpen) {
      counter.count('unknown');
      book.write({ type: 'unknown', request_id: wish.request_id, at: new Date().toISOString() });
    }
    if (reply === undefined) return fail('order-unanswered');
    if (reply.status === 401) return;
    if (reply.status === 503) return fail('writes-stopped');
    if (reply.status !== 201 && reply.status !== 200) return fail('order-refused');
    const totalCents = Number(reply.body['total_cents']);
    promise(wish, totalCents);
    await readBack({ requestId: wish.request_id, totalCents });
  };

  /**
   * The same request again until there is an answer; whom the other side doesn't know signs in first. It stays open
   * when a try had no answer and no later one was a promise: nobody can say whether it was written.
   */
  const askUntilAnswered = async (wish: object) => {
    const deadline = Date.now() + patienceMs;
    let isOpen = false;
    while (Date.now() < deadline) {
      const reply = await ask(world, person, token, 'POST', '/orders', wish);
      if (reply?.status === 200 || reply?.status === 201) return { reply, isOpen: false };
      if (reply?.status === 401) {
        token = '';
        await signIn();
        if (token === '') return { reply, isOpen };
      } else if (isAnswer(reply)) {
        return { reply, isOpen };
      } else {
        isOpen = true;
        fail('unanswered');
        await sleep(300);
      }
    }
    return { reply: undefined, isOpen };
  };

  const promise = (wish: ReturnType<typeof newWish>, totalCents: number) => {
    counter.count('promised');
    book.write({
      type: 'promised',
      ...wish,
      customer: person.email,
      total_cents: totalCents,
      promised_at: new Date().toISOString(),
    });
    remembered.push({ requestId: wish.request_id, totalCents });
    if (remembered.length > rememberedMax) remembered.shift();
  };

  const readOld = async () => {
    // The square makes the newest the likeliest: people look for what they have just bought.
    const old = remembered.at(-1 - Math.floor(Math.random() ** 2 * remembered.length));
    if (old !== undefined) await readBack(old);
  };

  const readBack = async ({ requestId, totalCents }: Remembered) => {
    for (let look = 1; ; look += 1) {
      const reply = await ask(world, person, token, 'GET', `/invoices/${requestId}`);
      if (!isAnswer(reply)) return fail('unanswered');
      if (reply.status === 401) {
        token = ''; // The other side doesn't know this session: no failure, the customer signs in again.
        return;
      }
      if (reply.status === 200) {
        return reply.body['total_cents'] === totalCents ? undefined : fail('invoice-wrong');
      }
      if (reply.status !== 404) return fail('invoice-refused');
      if (look >= looksMax) return fail('invoice-missing');
      await sleep(500);
    }
  };

  return { isBusy: () => busy, turn };
}

/** What the router says for a backend that did not answer is no answer either. */
function isAnswer(reply: Reply | undefined): reply is Reply {
  return reply !== undefined && reply.status !== 502 && reply.status !== 504;
}

function newWish() {
  const sku = skus[Math.floor(Math.random() * skus.length)] ?? 'cup-blue';
  const quantity = 1 + Math.floor(Math.random() * 4);
  const totalCents = totalCentsOf(sku, quantity) ?? 0;
  return { request_id: randomUUID(), sku, quantity, total_cents: totalCents };
}

async function ask(
  world: CustomerWorld,
  person: Person,
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<Reply | undefined> {
  const began = performance.now();
  world.spend();
  try {
    const response = await fetch(world.url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'x-customer': person.email,
      },
      signal: AbortSignal.timeout(answerMsMax),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: fieldsOf(await response.json()) };
  } catch {
    return undefined; // No answer is what the caller counts, whatever the reason.
  } finally {
    world.counter.request(performance.now() - began);
  }
}
