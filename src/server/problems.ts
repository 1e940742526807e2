// What the server says when it cannot do what was asked: RFC 9457 problem documents, with every code in one place.
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { StoreError } from '../store/errors.ts';
import type { Log } from '../engine/log.ts';

/** Every code that the server itself can answer with; beside them stand the codes of the core's rejections. */
export type ProblemCode =
  | 'bad-address'
  | 'bad-body'
  | 'too-large'
  | 'wrong-host'
  | 'other-origin'
  | 'token-wanted'
  | 'token-unknown'
  | 'who-contradicts'
  | 'nothing-there'
  | 'delivery-rejected'
  | 'fingerprint-mismatch'
  | 'store-unreachable'
  | 'store-trouble'
  | 'defect';

/** One thing that is wrong with a body, and where. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

/** A problem document. `code` is stable, `detail` is one sentence for people. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly issues?: readonly Issue[];
}

/** Thrown inside a request, answered as a problem document. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ContentfulStatusCode;
  readonly code: string;
  readonly issues: readonly Issue[];

  constructor(
    status: ContentfulStatusCode,
    code: ProblemCode,
    detail: string,
    issues: readonly Issue[] = [],
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.issues = issues;
  }
}

/** What is not there rather than refused: the core's rejections that HTTP calls 404. */
const absent: ReadonlySet<string> = new Set([
  'no-such-run',
  'no-such-step',
  'no-such-question',
  'no-such-review',
  'no-such-playbook',
  'no-such-phase',
  'no-such-scope',
  'plan-not-armed',
]);

/** The status of a rejection of the core. */
export function statusOf(code: string): 401 | 403 | 404 | 409 {
  if (code === 'proof-wanted') return 401;
  if (code === 'not-yours' || code === 'four-eyes') return 403;
  return absent.has(code) ? 404 : 409;
}

/** Answers with a problem document. */
export function answerProblem(
  c: Context,
  status: ContentfulStatusCode,
  code: string,
  detail: string,
  issues: readonly Issue[] = [],
): Response {
  const document: ProblemDocument = {
    type: `urn:backout:problem:${code}`,
    title: code.replaceAll('-', ' '),
    status,
    code,
    detail,
    ...(issues.length === 0 ? {} : { issues }),
  };
  return c.body(JSON.stringify(document), status, { 'content-type': 'application/problem+json' });
}

/** What went wrong, for people; what nobody foresaw is logged and told without its innards. */
export function problemOf(error: unknown, log: Log): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof StoreError) {
    const code = error.code === 'unreachable' ? 'store-unreachable' : 'store-trouble';
    return new Problem(503, code, error.message);
  }
  log('error', `[server] A request failed: ${String(error)}${placeIn(error)}.`);
  return new Problem(
    500,
    'defect',
    '[server] This request failed by a defect of Backout; the log of the server has the cause.',
  );
}

/** Where it was thrown: the first place of its stack. */
function placeIn(error: unknown): string {
  const place =
    error instanceof Error ? /\n\s+(at [^\n]+)/.exec(error.stack ?? '')?.[1] : undefined;
  return place === undefined ? '' : ` (${place})`;
}
