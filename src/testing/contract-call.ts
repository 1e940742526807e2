// How the contract suite calls a connector: with validated inputs, a deadline, and an ear for secrets.
import assert from 'node:assert/strict';
import {
  ConnectorError,
  type AnyConnector,
  type ApplyCall,
  type Call,
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
      assert.ok(error instanceof ConnectorError, `a ConnectorError, not ${String(error)}`);
      hears(error.message, error.facts);
      assert.ok(error.message.startsWith(`[${connector.name}] `), error.message);
      if (errorClass !== undefined) assert.equal(error.class, errorClass, error.message);
      return true;
    },
    close: async () => connector.close?.(client),
  };
}

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
