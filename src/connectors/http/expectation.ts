// What a plan expects of an HTTP answer, and what an answer that is otherwise says about itself.
import { z } from 'zod';
import type { Json } from '../../connector.ts';
import { duration } from '../duration.ts';
import { pointer, sameJson, valueAt } from '../pointer.ts';

const status = z.int().min(100).max(599);

/** All that is named must hold; nothing named means any 2xx. */
export const expectation = z.strictObject({
  status: z
    .union([status.transform((one) => [one]), z.array(status).min(1)], 'is no status such as 200')
    .optional()
    .meta({ description: 'The status, or a list of them. Default: any 2xx' }),
  'body-contains': z.string().min(1).optional(),
  json: z
    .record(pointer, z.json())
    .optional()
    .meta({ description: 'What must stand at each JSON pointer of the answer' }),
  within: duration.optional().meta({ description: "Default: the system's timeout" }),
});

/** An expectation after validation. */
export type Expectation = z.output<typeof expectation>;

/** What of an answer is judged. */
export interface Judged {
  readonly status: number;
  readonly text: string;
  readonly json: Json | undefined;
}

/** One thing that is not as expected. */
export interface Miss {
  /** `status`, `body`, or a JSON pointer. */
  readonly where: string;
  readonly expected: Json;
  /** Left out when there is nothing at all. */
  readonly found?: Json;
}

/** Whether the body must be read to judge. */
export function needsBody(expected: Expectation): boolean {
  return expected.json !== undefined || expected['body-contains'] !== undefined;
}

/** Whether the status is one of the expected. */
export function isExpectedStatus(expected: Expectation, found: number): boolean {
  if (expected.status === undefined) return found >= 200 && found <= 299;
  return expected.status.includes(found);
}

/** What is not as expected; empty when all is. */
export function missesOf(expected: Expectation, answer: Judged): readonly Miss[] {
  if (!isExpectedStatus(expected, answer.status)) {
    return [{ where: 'status', expected: expected.status ?? '2xx', found: answer.status }];
  }
  const part = expected['body-contains'];
  const inBody: readonly Miss[] =
    part === undefined || answer.text.includes(part) ? [] : [{ where: 'body', expected: part }];
  const inJson = Object.entries(expected.json ?? {}).flatMap(([place, value]) =>
    missAt(place, value, answer.json),
  );
  return [...inBody, ...inJson];
}

/** `/ledger 100 -> 0, status 404 -> 200`: what would have to change. */
export function changeOf(misses: readonly Miss[]): string {
  return misses
    .map((miss) => `${miss.where} ${spell(miss.found)} -> ${spell(miss.expected)}`)
    .join(', ');
}

/** `/ledger is 100 instead of 0`. */
export function complaintOf(misses: readonly Miss[]): string {
  return misses
    .map((miss) => `${miss.where} is ${spell(miss.found)} instead of ${spell(miss.expected)}`)
    .join(', ');
}

function missAt(place: string, expected: Json, json: Json | undefined): readonly Miss[] {
  const found = valueAt(json, place);
  if (sameJson(found, expected)) return [];
  return [{ where: place, expected, ...(found === undefined ? {} : { found: bounded(found) }) }];
}

const foundMaxLength = 200;

/** Evidence is for people and lives in the journal: a long value is shown by its beginning. */
function bounded(value: Json): Json {
  const text = JSON.stringify(value);
  return text.length <= foundMaxLength ? value : `${text.slice(0, foundMaxLength)}…`;
}

function spell(value: Json | undefined): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
