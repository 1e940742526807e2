// The probe signal of http: one request or several in a row; 1 when all answers are as expected, 0 when one is not.
import { z } from 'zod';
import {
  ConnectorError,
  defineSignal,
  type Call,
  type Json,
  type Reading,
} from '../../connector.ts';
import { timeLeftMs } from '../ending.ts';
import { notNow } from '../live.ts';
import type { HttpClient } from './client.ts';
import { complaintOf, missesOf } from './expectation.ts';
import {
  captureFrom,
  hasOneMethod,
  nameOf,
  request,
  requestFields,
  send,
  toRequest,
  type Answer,
  type HttpRequest,
} from './request.ts';
import type { Captured } from './template.ts';

const stepsMax = 20;

const probe = z
  .strictObject({
    ...requestFields,
    steps: z
      .array(request)
      .min(1)
      .max(stepsMax)
      .optional()
      .meta({ description: 'Several requests, one after the other, until one fails' }),
  })
  .refine(
    (fields) => (fields.steps === undefined) === hasOneMethod(fields),
    'needs either one request (get: /path, post: /path, …) or steps: [ … ]',
  )
  .transform(({ steps, ...fields }): readonly HttpRequest[] => steps ?? [toRequest(fields)]);

/**
 * A system that refuses the connection, hangs up, is late or answers otherwise is a failed probe (0): that is what it
 * measures. A reading is an error only when the question could not be put: our resolver, our network, our cancel,
 * an answer too long to judge, a plan that uses what was never captured.
 */
export const probeSignal = defineSignal({
  summary: 'Sends requests as a customer would: 1 when every answer is as expected, else 0',
  query: z.strictObject({ probe }),
  read: async (client: HttpClient, query, when, call) => {
    const refused = notNow('http', when);
    if (refused !== undefined) return refused;
    return [await readProbe(client, query.probe, when.type === 'at' ? when.at : when.to, call)];
  },
});

/** A system that is given less time than this by us, and not by the plan, was not really asked. */
const patienceMinMs = 500;

/** Late by our deadline, not by the limit that the plan sets for this request. */
function isLate(asked: HttpRequest, answer: Answer & { readonly type: 'failed' }): boolean {
  return answer.class === 'timed-out' && answer.ms < (asked.expect.within ?? patienceMinMs) - 5;
}

type Step = { readonly request: string; readonly ms: number; readonly status?: number };

async function readProbe(
  client: HttpClient,
  requests: readonly HttpRequest[],
  at: number,
  call: Call,
): Promise<Reading> {
  const steps: Step[] = [];
  const number = (value: 0 | 1, because?: string): Reading => {
    const evidence: Json = { steps, ...(because === undefined ? {} : { because }) };
    return { type: 'number', at, value, evidence: client.conceal.json(evidence) };
  };
  let captured: Captured = {};
  for (const asked of requests) {
    try {
      const hasty = timeLeftMs(call, asked.expect.within ?? client.timeoutMs) < patienceMinMs;
      const answer = await send(client, asked, beforeDeadline(call), { captured });
      steps.push(stepOf(asked, answer));
      if (
        answer.type === 'failed' &&
        (answer.fault === 'ours' || (hasty && isLate(asked, answer)))
      ) {
        const because = `[http] Cannot probe ${client.system} by ${nameOf(asked)}: ${answer.because}.`;
        return { type: 'error', at, class: answer.class, because: client.conceal.text(because) };
      }
      const complaint = complain(asked, answer);
      if (complaint !== undefined) return number(0, complaint);
      if (answer.type === 'answered') {
        captured = { ...captured, ...captureFrom(client, asked, answer.json) };
      }
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'error', at, class: error.class, because: client.conceal.text(error.message) };
    }
  }
  return number(1);
}

/** A silent system must be seen as failing, so the probe ends a little before the caller stops to listen. */
function beforeDeadline(call: Call): Call {
  return { signal: call.signal, deadline: call.deadline - 50 };
}

function complain(asked: HttpRequest, answer: Answer): string | undefined {
  if (answer.type === 'failed') return `${nameOf(asked)}: ${answer.because}`;
  const misses = missesOf(asked.expect, answer);
  return misses.length === 0 ? undefined : `${nameOf(asked)}: ${complaintOf(misses)}`;
}

function stepOf(asked: HttpRequest, answer: Answer): Step {
  const step = { request: nameOf(asked), ms: answer.ms };
  return answer.type === 'answered' ? { ...step, status: answer.status } : step;
}
