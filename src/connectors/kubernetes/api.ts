// One request to the API server of a cluster, bounded and classified, and the careful change of one object.
import { once } from 'node:events';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { z } from 'zod';
import { ConnectorError, type Call, type ErrorClass, type Json } from '../../connector.ts';
import { Ended, endedError, withEnding } from '../ending.ts';
import { classOfStatus } from '../exchange.ts';
import { impatience, patiently } from '../json-api.ts';
import { parseJson } from '../pointer.ts';
import { explainSocket } from '../socket.ts';
import type { KubernetesClient } from './client.ts';
import type { Access } from './kubeconfig.ts';

/** What is asked of the API server. */
export interface Asked {
  readonly method: 'GET' | 'PATCH' | 'POST';
  readonly path: string;
  readonly json?: Json;
}

/** What it said, whatever the status. */
interface Answer {
  readonly type: 'answered';
  readonly status: number;
  readonly headers: Headers;
  readonly json: Json | undefined;
  readonly ms: number;
}

/** Answers longer than this are cut off. */
const answerMaxBytes = 16 * 1024 * 1024;

/** How often a change is tried anew because somebody else changed the object meanwhile. */
const conflictsMax = 5;

/** Asks and reads the answer by its schema. Throws a ConnectorError for everything else. */
export async function read<T>(
  client: KubernetesClient,
  does: string,
  asked: Asked,
  schema: z.ZodType<T>,
  call: Call,
): Promise<T> {
  const answer = await ask(client, does, asked, call);
  if (answer.status >= 300) throw refusal(client, does, answer, call);
  const parsed = schema.safeParse(answer.json);
  if (parsed.success) return parsed.data;
  throw kubernetesError(
    client,
    'refused',
    does,
    'its answer is not that of a Kubernetes API server',
  );
}

/** An object as the API server has it. */
export interface Found {
  readonly metadata: { readonly resourceVersion: string };
}

/**
 * Replaces one place of an object, and only of the version that was read: if somebody else was faster, it is read again and
 * `change` decides anew. `change` gives undefined when nothing is to be done any more.
 */
export async function replace<T extends Found>(
  client: KubernetesClient,
  does: string,
  path: string,
  schema: z.ZodType<T>,
  call: Call,
  change: (found: T) => { readonly place: string; readonly value: Json } | undefined,
): Promise<{ readonly changed: boolean }> {
  for (let tried = 1; ; tried += 1) {
    const found = await read(client, does, { method: 'GET', path }, schema, call);
    const wanted = change(found);
    if (wanted === undefined) return { changed: false };
    const version = found.metadata.resourceVersion;
    const json = [
      { op: 'test', path: '/metadata/resourceVersion', value: version },
      { op: 'add', path: wanted.place, value: wanted.value },
    ];
    const asked = { method: 'PATCH', path: `${path}?fieldManager=backout`, json } as const;
    const answer = await ask(client, does, asked, call);
    if (answer.status < 300) return { changed: true };
    // A test that fails is 422, as is a value that is not allowed: only reading again tells them apart.
    const mayBeConflict = answer.status === 409 || answer.status === 422;
    const now = mayBeConflict
      ? await read(client, does, { method: 'GET', path }, schema, call)
      : found;
    if (now.metadata.resourceVersion === version && answer.status !== 409)
      throw refusal(client, does, answer, call);
    if (tried >= conflictsMax) {
      throw kubernetesError(
        client,
        'cannot-reach',
        does,
        `others change it faster than we can, ${tried} times in a row`,
      );
    }
  }
}

/** `[kubernetes] Cannot roll back shop: …`, without secrets. */
export function kubernetesError(
  { system, conceal }: KubernetesClient,
  errorClass: ErrorClass,
  does: string,
  why: string,
): ConnectorError {
  return new ConnectorError(
    errorClass,
    conceal.text(`[kubernetes] Cannot ${does} ${system}: ${why.replace(/\.$/, '')}.`),
  );
}

async function ask(
  client: KubernetesClient,
  does: string,
  asked: Asked,
  call: Call,
): Promise<Answer> {
  const answer = await patiently<Answer>(call, () =>
    withEnding(call, client.timeoutMs, async (signal) => {
      try {
        return await exchange(await client.access(), asked, signal);
      } catch (error) {
        const ended: unknown = signal.aborted ? signal.reason : error;
        if (ended instanceof Ended)
          throw endedError('kubernetes', `${does} ${client.system}`, ended);
        throw kubernetesError(client, ...explained(error, does));
      }
    }),
  );
  return answer;
}

function explained(error: unknown, does: string): [ErrorClass, string, string] {
  // What is wrong with a kubeconfig or a certificate file is no trouble of the network.
  const isOurs = error instanceof Error && !('code' in error);
  const [errorClass, why] = explainSocket(error);
  return [isOurs ? 'refused' : errorClass, does, why];
}

async function exchange(
  access: Access,
  { method, path, json }: Asked,
  signal: AbortSignal,
): Promise<Answer> {
  signal.throwIfAborted();
  const startedAt = performance.now();
  const url = new URL(access.url.replace(/\/+$/, '') + path);
  const type = method === 'PATCH' ? 'application/json-patch+json' : 'application/json';
  const outgoing = (url.protocol === 'https:' ? tlsRequest : plainRequest)(url, {
    method,
    agent: false,
    signal,
    headers: {
      accept: 'application/json',
      'user-agent': 'backout',
      ...(json === undefined ? {} : { 'content-type': type }),
      ...(access.token === undefined ? {} : { authorization: `Bearer ${access.token}` }),
    },
    ...(access.ca === undefined ? {} : { ca: access.ca }),
    ...(access.cert === undefined ? {} : { cert: access.cert }),
    ...(access.key === undefined ? {} : { key: access.key }),
  });
  outgoing.end(json === undefined ? undefined : JSON.stringify(json));
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > answerMaxBytes)
      throw new Error(`the answer is longer than ${answerMaxBytes} bytes`);
    chunks.push(chunk);
  }
  const retryAfter = incoming.headers['retry-after'];
  return {
    type: 'answered',
    status: incoming.statusCode ?? 0,
    headers: new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    json: parseJson(Buffer.concat(chunks).toString()),
    ms: Math.round(performance.now() - startedAt),
  };
}

const status = z.object({ message: z.string() });

function refusal(
  client: KubernetesClient,
  does: string,
  answer: Answer,
  call: Call,
): ConnectorError {
  if (answer.status === 429) return impatience({ ...client, who: 'kubernetes' }, does, call);
  const said = status.safeParse(answer.json);
  const why = said.success
    ? `${said.data.message} (status ${answer.status})`
    : `status ${answer.status}`;
  return kubernetesError(
    client,
    answer.status >= 500 ? 'cannot-reach' : classOfStatus(answer.status),
    does,
    why,
  );
}
