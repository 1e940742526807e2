// The customers of the shop: a load generator that buys at a steady rate and keeps its own book.
import { setTimeout as sleep } from 'node:timers/promises';
import { openBook } from '../book.ts';
import { createCustomer } from '../customer.ts';
import { createCustomerCounter, type CustomerStats } from '../customer-stats.ts';
import { runPart } from '../part.ts';
import { person } from '../people.ts';
import { fieldsOf, refusal, type Answer, type Asked } from '../web.ts';

/** How often the customers are let in, in milliseconds. */
const tickMs = 20;

/** How long pausing waits for those who are still in the shop, in milliseconds. */
const drainMsMax = 14_000;

await runPart('customers', async ({ option, meters, onStop }) => {
  const book = await openBook(option('book'));
  onStop(book.close);
  const counter = createCustomerCounter(Date.now);
  let rate = Number(option('rate'));
  let paused = false;
  /** Requests that may be sent now; it goes below 0 when a turn took several. */
  let allowance = 0;
  const spend = () => {
    allowance -= 1;
  };
  const world = { url: option('url'), book, counter, spend };
  const customers = Array.from({ length: Number(option('count')) }, (_, number) =>
    createCustomer(person(number), world),
  );
  meterCustomers(counter.stats);

  const mayEnter = () => !paused && allowance >= 1;
  const tick = () => {
    if (paused) return;
    allowance = Math.min(allowance + (rate * tickMs) / 1000, rate);
    const start = Math.floor(Math.random() * customers.length);
    for (let step = 0; step < customers.length && mayEnter(); step += 1) {
      const customer = customers[(start + step) % customers.length];
      if (customer !== undefined && !customer.isBusy()) void customer.turn();
    }
  };
  const timer = setInterval(tick, tickMs);
  onStop(() => clearInterval(timer));

  const isEmpty = () => customers.every((customer) => !customer.isBusy());
  const mustDrain = () => paused && !isEmpty();
  const state = (): Answer => ({ status: 200, json: { rate, paused, ...counter.stats() } });

  /** Pausing answers when nobody is in the shop any more and the book is on disk. */
  const change = async (asked: Asked): Promise<Answer> => {
    const { rate: newRate = rate, pause = paused } = fieldsOf(asked.body);
    const isRate = typeof newRate === 'number' && newRate >= 0 && newRate <= 1000;
    if (!isRate || typeof pause !== 'boolean') {
      return refusal(400, 'Customers take a rate (0 to 1000 requests a second) and pause.');
    }
    rate = newRate;
    paused = pause;
    const deadline = Date.now() + drainMsMax;
    while (mustDrain() && Date.now() < deadline) await sleep(20);
    await book.synced();
    if (mustDrain()) return refusal(504, 'Some customers are still waiting for an answer.');
    return state();
  };

  return {
    routes: [
      { method: 'GET', path: '/admin/stats', handle: state },
      { method: 'PUT', path: '/admin', handle: change },
    ],
  };

  function meterCustomers(stats: () => CustomerStats): void {
    const show = (name: string, help: string, read: (now: CustomerStats) => number) =>
      meters.gauge(name, help, () => [{ labels: {}, value: read(stats()) }]);
    show('customer_requests', 'Requests that customers have sent.', ({ requests }) => requests);
    show('customer_failures', 'Requests that failed for a customer.', ({ failed }) => failed);
    show('customer_promises', 'Orders that customers were promised.', ({ promised }) => promised);
  }
});
