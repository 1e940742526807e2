// The state http/warm: a system that carries a declared load, within limits, as it was measured a moment ago.
import { z } from 'zod';
import { ConnectorError, defineState, type Json, type Observation } from '../../connector.ts';
import { duration } from '../duration.ts';
import { Ended, endedError, withEnding } from '../ending.ts';
import { classOfStatus } from '../exchange.ts';
import { share } from '../share.ts';
import type { HttpClient } from './client.ts';
import { complaintOf, isExpectedStatus, missesOf } from './expectation.ts';
import { type Load, type Measured, type Sent, quantileOf, requestsOf, sendLoad } from './load.ts';
import { type Answer, type HttpRequest, nameOf, request, send } from './request.ts';

/** Nobody warms a system with more than this by a plan. */
const REQUESTS_MAX = 100_000;

/** A system that answers so much of what it was asked carries the load; what is less waits somewhere. */
const CARRIED_SHARE = 0.9;

const limits = z.strictObject({
  errors: share
    .default(0.01)
    .meta({ description: 'So many answers may be other than expected. Default: 1%' }),
  quantile: share
    .default(0.99)
    .meta({ description: 'Which of the latencies is judged. Default: 99%' }),
  within: duration.meta({ description: 'How long that latency may be' }),
});

const desired = z
  .strictObject({
    requests: z
      .array(request)
      .min(1)
      .max(20)
      .meta({ description: 'Sent in turn, as customers would; the first is also the smoke test' }),
    rate: z.number().positive().max(1_000).meta({ description: 'Requests a second at full load' }),
    for: duration.meta({ description: 'How long the full load lasts' }),
    ramp: duration
      .default(10_000)
      .meta({ description: 'How long it takes from nothing to the full load. Default: 10s' }),
    concurrency: z
      .int()
      .min(1)
      .max(100)
      .default(10)
      .meta({ description: 'So many requests at once at the most. Default: 10' }),
    limits,
    shed: share.default(0.2).meta({
      description: 'Stops at once when more of the newest 20 answers are errors. Default: 20%',
    }),
    trusted: duration
      .default(300_000)
      .meta({ description: 'A measurement that is older is made again. Default: 5m' }),
  })
  .refine(
    (wanted) => requestsOf(loadOf(wanted)) <= REQUESTS_MAX,
    `is more than ${REQUESTS_MAX} requests: lower the rate or the time`,
  );

type Desired = z.output<typeof desired>;

/** One measurement, and when it was made by a clock that nobody sets. */
interface Taken {
  readonly at: number;
  readonly warm: boolean;
  readonly words: string;
  readonly numbers: { readonly [name: string]: Json };
}

/** What this process measured, by system, address and what was asked: another node measures for itself. */
const taken = new Map<string, Taken>();

/** So many measurements are remembered. */
const TAKEN_MAX = 100;

/** Smoke test and capacity of what traffic returns to. */
export const warm = defineState({
  summary: 'It answers as expected, and carried a declared load within limits a moment ago',
  desired,
  observe: async (client: HttpClient, wanted: Desired, call): Promise<Observation> => {
    const [asked] = wanted.requests;
    if (asked === undefined) return { type: 'holds', evidence: null };
    const answer = await send(client, asked, call);
    const smoke = smokeOf(client, asked, answer, wanted);
    return smoke ?? measuredOf(client, wanted, answer);
  },
  apply: async (client, wanted, call) => {
    const known = trusted(client, wanted);
    const [asked] = wanted.requests;
    // The measurement is there already, and the system still answers as it did then: the same load twice tells nothing more.
    if (known?.warm === true && asked !== undefined) {
      const answer = await send(client, asked, call);
      if (smokeOf(client, asked, answer, wanted) === undefined) return known.numbers;
    }
    const now = await measure(client, wanted, call);
    remember(keyOf(client, wanted), now);
    if (now.warm) return now.numbers;
    throw new ConnectorError(
      'verification-failed',
      client.conceal.text(`[http] Cannot call ${client.system} warm: ${now.words}.`),
      { facts: now.numbers },
    );
  },
  // Load leaves nothing behind that somebody would want back.
  undo: async () => null,
  undone: async () => ({ type: 'holds', evidence: { because: 'a warm system needs no way back' } }),
});

interface Wanted {
  readonly rate: number;
  readonly ramp: number;
  readonly for: number;
  readonly concurrency: number;
  readonly shed: number;
}

function loadOf(wanted: Wanted): Load {
  const { rate, ramp, for: forMs, concurrency, shed } = wanted;
  return { perSecond: rate, rampMs: ramp, forMs, atOnce: concurrency, shedAt: shed };
}

/** What the one request says that is sent now; undefined when there is nothing to complain of. */
function smokeOf(
  client: HttpClient,
  asked: HttpRequest,
  answer: Answer,
  { limits: { within } }: Desired,
): Observation | undefined {
  const evidence = client.conceal.json({ request: nameOf(asked), ms: answer.ms });
  const differs = (change: string): Observation => ({
    type: 'differs',
    evidence,
    change: client.conceal.text(`not warm: ${change}`),
  });
  const unknown = (errorClass: ConnectorError['class'], why: string): Observation => {
    const because = `[http] Cannot observe ${client.system} by ${nameOf(asked)}: ${why}.`;
    return { type: 'unknown', class: errorClass, because: client.conceal.text(because) };
  };
  if (answer.type === 'failed') return unknown(answer.class, answer.because);
  if (
    !isExpectedStatus(asked.expect, answer.status) &&
    classOfStatus(answer.status) === 'not-allowed'
  )
    return unknown('not-allowed', `status ${answer.status}`);
  const misses = missesOf(asked.expect, answer);
  if (misses.length > 0) return differs(`${nameOf(asked)}: ${complaintOf(misses)}`);
  return answer.ms > within
    ? differs(`${nameOf(asked)} took ${answer.ms} ms, the limit is ${within} ms`)
    : undefined;
}

function measuredOf(client: HttpClient, wanted: Desired, { ms }: Answer): Observation {
  const known = taken.get(keyOf(client, wanted));
  const load = `would send ${requestsOf(loadOf(wanted))} requests, up to ${wanted.rate} a second`;
  if (known === undefined)
    return { type: 'differs', evidence: { ms, measured: null }, change: `not measured: ${load}` };
  const evidence: Json = { ms, measured: known.numbers, 'age-ms': ageMs(known) };
  if (ageMs(known) > wanted.trusted)
    return { type: 'differs', evidence, change: `measured too long ago: ${load}` };
  return known.warm
    ? { type: 'holds', evidence }
    : { type: 'differs', evidence, change: `not warm: ${known.words}` };
}

async function measure(
  client: HttpClient,
  wanted: Desired,
  call: Parameters<typeof withEnding>[0],
): Promise<Taken> {
  const load = loadOf(wanted);
  try {
    const seen = await withEnding(call, Number.MAX_SAFE_INTEGER, (signal) =>
      sendLoad(load, signal, (index) => sendOne(client, wanted, index, { ...call, signal })),
    );
    return judged(client, seen, wanted);
  } catch (error) {
    throw endedIn(client, error) ?? error;
  }
}

/** A load that was broken off by the deadline or by people is no verdict on the system. */
function endedIn(client: HttpClient, error: unknown): ConnectorError | undefined {
  const reason = error instanceof Error && error.name === 'AbortError' ? error.cause : error;
  return reason instanceof Ended ? endedError('http', `warm ${client.system}`, reason) : undefined;
}

async function sendOne(
  client: HttpClient,
  { requests }: Desired,
  index: number,
  call: Parameters<typeof withEnding>[0],
): Promise<Sent> {
  const asked = requests[index % requests.length];
  if (asked === undefined) return { type: 'good' };
  const answer = await send(client, asked, call);
  if (answer.type === 'failed') {
    // Our own network or limits say nothing of the system; a cancel is told by the signal.
    if (answer.fault === 'ours' && answer.class !== 'cancelled') {
      const because = `[http] Cannot send the load to ${client.system}: ${answer.because}.`;
      throw new ConnectorError(answer.class, client.conceal.text(because));
    }
    return { type: 'error', because: `${nameOf(asked)}: ${answer.because}` };
  }
  const misses = missesOf(asked.expect, answer);
  return misses.length === 0
    ? { type: 'good' }
    : { type: 'error', because: `${nameOf(asked)}: ${complaintOf(misses)}` };
}

function judged(client: HttpClient, seen: Measured, { rate, limits: limit }: Desired): Taken {
  const errorShare = seen.sent === 0 ? 1 : seen.errors / seen.sent;
  const latency = Math.round(quantileOf(seen.tookMs, limit.quantile));
  const complaints = [
    ...(seen.shed === null ? [] : [`the load was shed, ${seen.shed}`]),
    ...(errorShare > limit.errors
      ? [`${percent(errorShare)} errors, the limit is ${percent(limit.errors)}`]
      : []),
    ...(latency > limit.within
      ? [`${percent(limit.quantile)} quantile ${latency} ms, the limit is ${limit.within} ms`]
      : []),
    ...(seen.shed === null && seen.perSecond < rate * CARRIED_SHARE
      ? [`it carried ${seen.perSecond.toFixed(1)} of ${rate} requests a second`]
      : []),
  ];
  const said =
    seen.said.length === 0 || complaints.length === 0 ? '' : ` (${seen.said.join('; ')})`;
  const numbers: Taken['numbers'] = {
    sent: seen.sent,
    errors: seen.errors,
    'p50-ms': Math.round(quantileOf(seen.tookMs, 0.5)),
    'p99-ms': Math.round(quantileOf(seen.tookMs, 0.99)),
    quantile: limit.quantile,
    'quantile-ms': latency,
    'per-second': Number(seen.perSecond.toFixed(1)),
    shed: seen.shed,
  };
  return {
    at: performance.now(),
    warm: complaints.length === 0,
    words: client.conceal.text(complaints.join(', ') + said),
    numbers,
  };
}

function trusted(client: HttpClient, wanted: Desired): Taken | undefined {
  const known = taken.get(keyOf(client, wanted));
  return known !== undefined && ageMs(known) <= wanted.trusted ? known : undefined;
}

function remember(key: string, measurement: Taken): void {
  taken.delete(key);
  taken.set(key, measurement);
  const oldest = taken.keys().next();
  if (taken.size > TAKEN_MAX && oldest.done !== true) taken.delete(oldest.value);
}

/** How long it may be trusted is no part of what was measured. */
function keyOf({ system, base }: HttpClient, { trusted: _, ...asked }: Desired): string {
  return JSON.stringify([system, base, asked]);
}

function ageMs({ at }: Taken): number {
  return Math.round(performance.now() - at);
}

function percent(value: number): string {
  return `${Number((value * 100).toPrecision(3))} %`;
}
