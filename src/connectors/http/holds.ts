// The state http/holds: a request that observes, a request that applies, and one that brings the old state back.
import { z } from 'zod';
import {
  ConnectorError,
  defineState,
  type ApplyCall,
  type Json,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { classOfStatus } from '../exchange.ts';
import { valueAt } from '../pointer.ts';
import type { HttpClient } from './client.ts';
import { changeOf, complaintOf, isExpectedStatus, missesOf } from './expectation.ts';
import { captureFrom, nameOf, request, send, type Answer, type HttpRequest } from './request.ts';
import type { Captured } from './template.ts';

const desired = z.strictObject({
  observe: request.meta({ description: 'The state holds when the answer is as expected' }),
  apply: request.optional().meta({ description: 'Left out: people bring the state about' }),
  undo: request.optional().meta({
    description: 'Brings back what was there before; may use what observe captures as {{name}}',
  }),
  etag: z
    .boolean()
    .default(false)
    .meta({ description: 'Apply only if nothing changed since it was observed (If-Match)' }),
});

type Desired = z.output<typeof desired>;

/** Observes, applies and undoes by requests. */
export const holds = defineState({
  summary: 'What one request sees is as expected; another request makes it so',
  desired,
  observe: async (client: HttpClient, wanted: Desired, call): Promise<Observation> => {
    const answer = await send(client, wanted.observe, call);
    return byHand(judge(client, wanted.observe, answer), wanted);
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    if (wanted.apply === undefined) throw missing(client, 'apply');
    const before = await look(client, wanted, call);
    const status = await change(client, wanted.apply, call, before);
    return { status, before: client.conceal.json(before.captured) };
  },
  undo: async (client, wanted, { before, receipt }, call): Promise<Receipt> => {
    if (wanted.undo === undefined) throw missing(client, 'undo');
    // What was observed before the first apply counts more than the receipt: a second attempt saw what the first had done.
    const captured = { ...capturedIn(receipt, 'before'), ...capturedIn(before, 'captured') };
    return { status: await change(client, wanted.undo, call, { captured }) };
  },
  cannotUndo: ({ undo }) =>
    undo === undefined
      ? 'the plan gives no undo request (undo: { put: /path, json: … })'
      : undefined,
  undone: async (client, wanted, { before, receipt }, call): Promise<Observation> => {
    const answer = await send(client, wanted.observe, call);
    const seen = judge(client, wanted.observe, answer);
    if (seen.type === 'unknown' || answer.type === 'failed') return seen;
    const was = { ...capturedIn(receipt, 'before'), ...capturedIn(before, 'captured') };
    const now = asObject(seenFor(client, wanted.observe, answer).captured);
    const evidence = { ...asObject(seen.evidence), captured: now };
    const names = Object.keys(wanted.observe.capture);
    // Where nothing was captured, all that can be told is whether it still is as it was made.
    const moved = names.filter((name) => spell(now[name]) !== spell(was[name]));
    const isBack = names.length === 0 ? seen.type === 'differs' : moved.length === 0;
    if (isBack) return { type: 'holds', evidence };
    const words = moved.map((name) => `${name} ${spell(now[name])} -> ${spell(was[name])}`);
    const back = words.length === 0 ? 'back to what was there before' : words.join(', ');
    return { type: 'differs', evidence, change: client.conceal.text(back) };
  },
});

/** Only an answer that could be the thing itself says anything of it; all others leave it unknown. */
function judge(client: HttpClient, asked: HttpRequest, answer: Answer): Observation {
  if (answer.type === 'failed') return unknown(client, asked, answer.class, answer.because);
  const { status, ms } = answer;
  if (
    !isExpectedStatus(asked.expect, status) &&
    status !== 404 &&
    !(status >= 200 && status <= 299)
  ) {
    return unknown(client, asked, classOfStatus(status), `status ${status}`);
  }
  const misses = missesOf(asked.expect, answer);
  if (
    misses.length > 0 &&
    asked.expect.json !== undefined &&
    answer.json === undefined &&
    status !== 404
  ) {
    return unknown(client, asked, 'refused', 'the answer is no JSON');
  }
  const evidence = client.conceal.json({ request: nameOf(asked), status, ms });
  if (misses.length === 0) return { type: 'holds', evidence };
  const wouldChange = client.conceal.text(changeOf(misses));
  const seen = { ...asObject(evidence), change: wouldChange, ...seenFor(client, asked, answer) };
  return { type: 'differs', evidence: seen, change: wouldChange };
}

/** What undo will need, should the receipt be lost: the captured values that are there. */
function seenFor(
  client: HttpClient,
  { capture }: HttpRequest,
  { json }: Answer & { readonly type: 'answered' },
): { readonly captured?: Json } {
  const found = Object.entries(capture).flatMap(([name, place]) => {
    const value = valueAt(json, place);
    return value === undefined ? [] : [[name, value] as const];
  });
  return found.length === 0 ? {} : { captured: client.conceal.json(Object.fromEntries(found)) };
}

/** Who reads a preview must see that nobody but people will make it so. */
function byHand(observation: Observation, { apply }: Desired): Observation {
  if (observation.type !== 'differs' || apply !== undefined) return observation;
  return {
    ...observation,
    change: `${observation.change ?? 'it differs'}, by hand: the plan gives no apply`,
  };
}

function unknown(
  client: HttpClient,
  asked: HttpRequest,
  errorClass: ConnectorError['class'],
  why: string,
): Observation {
  const because = `[http] Cannot observe ${client.system} by ${nameOf(asked)}: ${why}.`;
  return { type: 'unknown', class: errorClass, because: client.conceal.text(because) };
}

interface Before {
  readonly captured: Captured;
  readonly etag?: string | undefined;
}

/** What must be known before a change: captured values for the way back, and the ETag. Asks only if it must. */
async function look(client: HttpClient, wanted: Desired, call: ApplyCall): Promise<Before> {
  if (!wanted.etag && Object.keys(wanted.observe.capture).length === 0) return { captured: {} };
  const answer = await send(client, wanted.observe, call);
  if (answer.type === 'failed') throw failure(client, wanted.observe, answer.class, answer.because);
  if (classOfStatus(answer.status) !== 'refused' || answer.status >= 500) {
    const { status } = answer;
    throw failure(client, wanted.observe, classOfStatus(status), `status ${status}`);
  }
  const captured = captureFrom(client, wanted.observe, answer.json);
  return { captured, etag: wanted.etag ? (answer.headers.get('etag') ?? undefined) : undefined };
}

async function change(
  client: HttpClient,
  asked: HttpRequest,
  call: ApplyCall,
  before: Before,
): Promise<number> {
  const answer = await send(client, asked, call, {
    captured: before.captured,
    headers: {
      'idempotency-key': call.idempotencyKey,
      ...(before.etag === undefined ? {} : { 'if-match': before.etag }),
    },
  });
  if (answer.type === 'failed') throw failure(client, asked, answer.class, answer.because);
  const misses = missesOf(asked.expect, answer);
  if (misses.length === 0) return answer.status;
  const errorClass = isExpectedStatus(asked.expect, answer.status)
    ? 'verification-failed'
    : classOfStatus(answer.status);
  const moved =
    answer.status === 412 ? ' (it was changed by somebody else since it was observed)' : '';
  throw failure(client, asked, errorClass, complaintOf(misses) + moved);
}

function failure(
  client: HttpClient,
  asked: HttpRequest,
  errorClass: ConnectorError['class'],
  why: string,
): ConnectorError {
  const message = `[http] Cannot send ${nameOf(asked)} to ${client.system}: ${why}.`;
  return new ConnectorError(errorClass, client.conceal.text(message));
}

function missing(client: HttpClient, what: 'apply' | 'undo'): ConnectorError {
  return new ConnectorError(
    'refused',
    `[http] Cannot ${what} on ${client.system}: the plan gives no ${what} request. Add ${what}: { put: /path, json: … }.`,
  );
}

function capturedIn(kept: Json, field: 'before' | 'captured'): Captured {
  return asObject(asObject(kept)[field]);
}

function spell(value: Json | undefined): string {
  return JSON.stringify(value) ?? 'nothing';
}

function asObject(value: Json | undefined): { readonly [key: string]: Json } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as { readonly [key: string]: Json }; // neither null nor a list: an object
}
