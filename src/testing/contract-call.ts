// How the contract suite calls a connector: with validated inputs, a deadline, and an ear for secrets.
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import {
  type AnyConnector,
  type AnyStateKind,
  type ApplyCall,
  type Call,
  type ConnectorError,
  type ErrorClass,
  type Observation,
  type Schema,
} from '../connector.ts';

/** A client, and an ear that fails the test when a secret is heard. */
export interface Opened {
  // What a client is, only its connector knows.
  readonly client: unknown;
  readonly hears: (...said: readonly unknown[]) => void;
  /** Holds that it is a ConnectorError that begins with who speaks, of that class if one is given. */
  readonly hearsError: (error: unknown, errorClass?: string) => true;
  readonly close: () => Promise<void>;
}

/** What is needed to open a system of a case. */
export interface Openable {
  readonly connector: AnyConnector;
  readonly options: () => unknown;
  readonly secrets: readonly string[];
}

/** Opens the system of the case, or another one by the options given. */
export async function opened(given: Openable, options: unknown = given.options()): Promise<Opened> {
  const { connector, secrets } = given;
  const valid: unknown = await validated(connector.options, options);
  const client: unknown = connector.open(valid, { system: 'the-system', directory: process.cwd() });
  const hears = (...said: readonly unknown[]): void => {
    const text = JSON.stringify(said);
    for (const secret of secrets) assert.ok(!text.includes(secret), `a secret was said in ${text}`);
  };
  return {
    client,
    hears,
    hearsError: (error, errorClass) => {
      assert.ok(isConnectorError(error), `a ConnectorError, not ${String(error)}`);
      hears(error.message, error.facts);
      assert.ok(error.message.startsWith(`[${connector.name}] `), error.message);
      if (errorClass !== undefined) assert.equal(error.class, errorClass, error.message);
      return true;
    },
    close: async () => connector.close?.(client),
  };
}

/** Known by its name, as the engine knows it: a connector from outside may bring a copy of the class. */
function isConnectorError(error: unknown): error is ConnectorError {
  return (
    error instanceof Error &&
    error.name === 'ConnectorError' &&
    'class' in error &&
    Object.hasOwn(classes, String(error.class))
  );
}

const classes: { readonly [errorClass in ErrorClass]: true } = {
  'cannot-reach': true,
  'not-allowed': true,
  'target-mismatch': true,
  'timed-out': true,
  refused: true,
  'verification-failed': true,
  cancelled: true,
};

/** Observes; a thrown ConnectorError means the same as `unknown`. */
export async function observed(
  system: Opened,
  kind: AnyStateKind,
  desired: unknown,
  call = readCall(),
): Promise<Observation> {
  try {
    const seen = await kind.observe(system.client, desired, call);
    system.hears(seen);
    assertJson(seen, 'an observation');
    return seen;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    system.hearsError(error);
    const { class: errorClass, message } = error as ConnectorError; // held by the line before
    return { type: 'unknown', class: errorClass, because: message };
  }
}

/** Fails the test when the value is not what comes back from the journal, which keeps JSON. */
export function assertJson(value: unknown, what: string): void {
  const text = JSON.stringify(value) as string | undefined; // undefined and functions have no JSON
  const back: unknown = text === undefined ? undefined : JSON.parse(text);
  assert.ok(isDeepStrictEqual(back, value) && text !== undefined, `${what} is not JSON: ${text}`);
}

/** How long a call may still take after it should have ended, if the case does not say. Milliseconds. */
const graceMs = 3_000;

/** Waits for a call that has a short deadline or is cancelled soon; fails the test when it goes on. */
export async function ended<T>(
  given: { readonly graceMs?: number },
  promise: Promise<T>,
): Promise<T> {
  const limitMs = given.graceMs ?? graceMs;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const message = `the call went on for ${limitMs} ms after it should have ended`;
    timer = setTimeout(() => reject(new assert.AssertionError({ message })), limitMs + endsAfterMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** No deadline or cancel of this suite that is waited for is longer. Milliseconds. */
const endsAfterMs = 200;

/** How long a call may take, and when it is cancelled before that. */
export interface Limits {
  readonly deadlineMs?: number;
  readonly cancelMs?: number;
}

/** A call as the engine makes them: the signal aborts at the deadline, or before when it is cancelled. */
export function readCall({ deadlineMs = 10_000, cancelMs }: Limits = {}): Call {
  const controller = new AbortController();
  const end = (name: string): void => controller.abort(new DOMException('The call ended.', name));
  setTimeout(() => end('TimeoutError'), deadlineMs).unref();
  if (cancelMs !== undefined) setTimeout(() => end('AbortError'), cancelMs).unref();
  return { signal: controller.signal, deadline: Date.now() + deadlineMs };
}

/** A call that changes something. */
export function applyCall(idempotencyKey: string, attempt: number, limits?: Limits): ApplyCall {
  return { ...readCall(limits), idempotencyKey, attempt };
}

/** The value as the schema gives it; fails the test when the schema refuses it. */
// The schema of a connector that is only known as AnyConnector gives any.
export async function validated<T>(schema: Schema<T>, value: unknown): Promise<T> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value;
  throw new assert.AssertionError({
    message: `refused: ${result.issues.map((issue) => issue.message).join(', ')}`,
  });
}

/** The paths that the schema complains of: `apply`, `observe.get`. */
export async function refusalPaths(
  schema: Schema<unknown>,
  value: unknown,
): Promise<readonly string[]> {
  const result = await schema['~standard'].validate(value);
  return (result.issues ?? []).map((issue) =>
    (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
  );
}
