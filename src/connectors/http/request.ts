// A request as plans write it: one method with its path, what to send, what to expect, what to keep of the answer.
import { z } from 'zod';
import { ConnectorError, type Call, type Json } from '../../connector.ts';
import { withEnding } from '../ending.ts';
import { exchange, type Exchanged } from '../exchange.ts';
import { parseJson, pointer, valueAt } from '../pointer.ts';
import type { HttpClient } from './client.ts';
import { expectation, needsBody } from './expectation.ts';
import { fill, fillPath, fillText, type Captured } from './template.ts';

const methods = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const;

const path = z
  .string()
  .startsWith('/', 'must begin with /')
  .optional()
  .meta({ description: 'The path of the request; {{name}} stands for a captured value' });

/** The fields of a request: spread into larger objects by what takes a request and more. */
export const requestFields = {
  get: path,
  head: path,
  post: path,
  put: path,
  patch: path,
  delete: path,
  headers: z.record(z.string(), z.string()).default({}),
  json: z.json().optional().meta({ description: 'Sent as JSON' }),
  body: z.string().optional().meta({ description: 'Sent as it is' }),
  expect: expectation.default({ within: undefined }),
  capture: z
    .record(z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be kebab-case'), pointer)
    .default({})
    .meta({ description: 'Values of the answer that later requests use as {{name}}' }),
};

const requestObject = z.strictObject(requestFields);

/** A request after validation. */
export interface HttpRequest extends Pick<
  z.output<typeof requestObject>,
  'headers' | 'json' | 'body' | 'expect' | 'capture'
> {
  readonly method: (typeof methods)[number];
  readonly path: string;
}

/** Exactly one method, and the rest. */
export const request = requestObject
  .refine(hasOneMethod, 'needs exactly one of get, head, post, put, patch, delete with a path')
  .refine(hasOneBody, 'may have json or body, not both')
  .transform(toRequest);

/** Whether the fields name exactly one method. */
export function hasOneMethod(fields: { readonly [key: string]: unknown }): boolean {
  return methods.filter((method) => fields[method] !== undefined).length === 1;
}

function hasOneBody(fields: { readonly json?: unknown; readonly body?: unknown }): boolean {
  return fields.json === undefined || fields.body === undefined;
}

/** The request in the fields; they have been validated. */
export function toRequest(fields: z.output<typeof requestObject>): HttpRequest {
  const method = methods.find((name) => fields[name] !== undefined) ?? 'get';
  const { headers, json, body, expect, capture } = fields;
  return { method, path: fields[method] ?? '/', headers, json, body, expect, capture };
}

/** An answer with its JSON read, where it was needed. */
export type Answer =
  | (Exchanged & { readonly type: 'answered' } & { readonly json: Json | undefined })
  | (Exchanged & { readonly type: 'failed' });

/** Answers longer than this are cut off. */
const answerMaxBytes = 1024 * 1024;

/** Sends a request of a plan, its templates filled. */
export async function send(
  client: HttpClient,
  asked: HttpRequest,
  call: Call,
  extra: { readonly captured?: Captured; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Answer> {
  const captured = extra.captured ?? {};
  const url = new URL(client.base + fillPath(asked.path, captured));
  const limitMs = asked.expect.within ?? client.timeoutMs;
  const answer = await withEnding(call, limitMs, (signal) =>
    exchange({
      method: asked.method,
      url,
      headers: { ...client.headers, ...headersOf(asked, captured), ...extra.headers },
      body: bodyOf(asked, captured),
      signal,
      read: needsBody(asked.expect) || Object.keys(asked.capture).length > 0 ? 'text' : 'none',
      bodyMaxBytes: answerMaxBytes,
    }),
  );
  return answer.type === 'failed' ? answer : { ...answer, json: parseJson(answer.text) };
}

/** The values that the request keeps of its answer; a place that is not there is an error of the plan or the system. */
export function captureFrom(
  client: HttpClient,
  asked: HttpRequest,
  json: Json | undefined,
): Captured {
  return Object.fromEntries(
    Object.entries(asked.capture).map(([name, place]) => {
      const value = valueAt(json, place);
      if (value !== undefined) return [name, value];
      throw new ConnectorError(
        'refused',
        `[http] Cannot capture "${name}" from ${client.system}: the answer to ${nameOf(asked)} has nothing at ${place}.`,
      );
    }),
  );
}

/** `PUT /admin/weights`, as the plan writes it: templates stay unfilled, for they may hold secrets. */
export function nameOf(asked: HttpRequest): string {
  return `${asked.method.toUpperCase()} ${asked.path}`;
}

function headersOf(asked: HttpRequest, captured: Captured): Record<string, string> {
  const filled = Object.entries(asked.headers).map(([name, value]) => [
    name.toLowerCase(),
    fillText(value, captured),
  ]);
  const type = asked.json === undefined ? {} : { 'content-type': 'application/json' };
  return { accept: 'application/json, */*;q=0.5', ...type, ...Object.fromEntries(filled) };
}

function bodyOf(asked: HttpRequest, captured: Captured): string | undefined {
  if (asked.json !== undefined) return JSON.stringify(fill(asked.json, captured));
  return asked.body === undefined ? undefined : fillText(asked.body, captured);
}
