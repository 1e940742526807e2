// The state nginx/weights: an upstream block in a generated file, tested, loaded, and seen to be what the workers run.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import {
  defineState,
  type Call,
  type Json,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { readText, withFile } from '../atomic-file.ts';
import { withEnding } from '../ending.ts';
import { classOfStatus, exchange } from '../exchange.ts';
import { blockText, generationOf, weightsIn, type Block } from './block.ts';
import { failure, testConfig, type NginxClient } from './client.ts';
import { install, type Wanted } from './install.ts';
import { readProcesses, type Processes } from './processes.ts';

const weightMax = 65_535;
/** What of a file is kept for the way back. */
const textMaxLength = 64 * 1024;

const address = z
  .string()
  .regex(/^(unix:\/[\w./-]+|\[[0-9a-fA-F:.]+\](:\d{1,5})?|[\w.-]+(:\d{1,5})?)$/, 'is no host:port');
const words = z.string().regex(/^[\w][\w ./:=%-]*$/, 'may hold words, = and . but no ; { } or #');

const desired = z.strictObject({
  file: z
    .string()
    .min(1)
    .meta({ description: 'The file that the configuration includes; it is written as a whole' }),
  upstream: z.string().regex(/^[A-Za-z][\w.-]*$/, 'is no name of an upstream'),
  weights: z
    .record(address, z.int().min(0).max(weightMax))
    .refine((weights) => Object.keys(weights).length > 0, 'names no server')
    .meta({ description: 'Every server of the upstream and its weight; 0 is written as down' }),
  parameters: z.record(address, words).default({}).meta({
    description: 'More words after a server: { "10.0.0.1:80": "max_fails=2 fail_timeout=5s" }',
  }),
  settings: z
    .array(words)
    .default([])
    .meta({ description: 'More lines of the block: keepalive 32' }),
  proof: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      description:
        'Where the running configuration answers with $backout_<upstream>, its generation',
    }),
  'wait-for-old': z.boolean().default(false).meta({
    description: 'Holds only when no worker with the old configuration has a connection left',
  }),
});

type Desired = z.output<typeof desired>;

/** Writes the block, tests and loads it. */
export const weights = defineState({
  summary: 'An upstream has these servers and weights, in its file and in the running workers',
  desired,
  observe: async (client: NginxClient, wanted: Desired, call): Promise<Observation> => {
    const what = `observe ${client.system}`;
    const path = resolve(client.directory, wanted.file);
    const text = await withFile('nginx', what, path, () => readText(path));
    const processes = await readProcesses(client, what);
    const tested = await testConfig(client, call, what);
    const evidence: Json = {
      before: text === undefined ? { type: 'no-file' } : keptText(text),
      master: processes.master,
      workers: processes.serving.map(({ pid }) => pid),
      leaving: processes.leaving,
      ...(tested.ok ? {} : { complaint: tested.error.says }),
    };
    const differs = (change: string): Observation => ({
      type: 'differs',
      evidence,
      change: `${wanted.upstream}: ${change}`,
    });
    if (text !== blockText(blockOf(wanted))) {
      const changes = changesOf(text, wanted);
      if (changes.length === 0) return differs('the text of its file');
      return {
        type: 'differs',
        evidence,
        change: `${wanted.upstream}: ${changes.join(', ')}`,
        touches: changes.length,
      };
    }
    if (!tested.ok) return differs(`the configuration on the disk is broken: ${tested.error.says}`);
    if (!tested.files.has(path)) return differs(`${wanted.file} is included by nobody`);
    if (!(await isLoaded(client, wanted, path, processes, call, what))) {
      return differs('the file is right, but the workers run an older configuration: reload');
    }
    if (wanted['wait-for-old'] && processes.leaving.length > 0) {
      return differs(`${processes.leaving.length} workers of the old configuration still serve`);
    }
    return { type: 'holds', evidence };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `set weights on ${client.system}`;
    const path = resolve(client.directory, wanted.file);
    const before = await withFile('nginx', what, path, () => readText(path));
    const done = await install(
      client,
      toInstall(client, wanted, path, blockText(blockOf(wanted))),
      call,
      what,
    );
    return { before: before === undefined ? { type: 'no-file' } : keptText(before), ...done };
  },
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const what = `undo weights on ${client.system}`;
    const before = beforeIn(kept.before) ?? beforeIn(kept.receipt);
    if (before === undefined) return { already: true };
    if (before['type'] === 'too-long') {
      throw failure(
        'refused',
        what,
        `${wanted.file} was too long to be kept. Put it back by hand.`,
      );
    }
    const path = resolve(client.directory, wanted.file);
    const text = typeof before['text'] === 'string' ? before['text'] : undefined;
    return install(
      client,
      { ...toInstall(client, wanted, path, text), proven: undefined },
      call,
      what,
    );
  },
});

function toInstall(
  client: NginxClient,
  wanted: Desired,
  path: string,
  text: string | undefined,
): Wanted {
  return {
    path,
    text,
    waitForOld: wanted['wait-for-old'],
    isLoaded: async (processes, call, what) =>
      isLoaded(client, { ...wanted, proof: undefined }, path, processes, call, what),
    proven:
      wanted.proof === undefined
        ? undefined
        : async (call, what) => isProven(client, wanted, wanted.proof ?? '', call, what),
  };
}

/** A process that began before the file was put there cannot have read it. */
const clockSlackMs = 30;

async function isLoaded(
  client: NginxClient,
  wanted: Desired,
  path: string,
  processes: Processes,
  call: Call,
  what: string,
): Promise<boolean> {
  if (wanted.proof !== undefined) return isProven(client, wanted, wanted.proof, call, what);
  const changedAt = await stat(path).then(
    ({ ctimeMs }) => ctimeMs,
    () => 0,
  );
  return (
    processes.serving.length > 0 &&
    processes.serving.every(({ startedAt }) => startedAt + clockSlackMs >= changedAt)
  );
}

async function isProven(
  client: NginxClient,
  wanted: Desired,
  proof: string,
  call: Call,
  what: string,
): Promise<boolean> {
  const url = new URL(proof);
  const answer = await withEnding(call, client.timeoutMs, (signal) =>
    exchange({ method: 'get', url, headers: {}, signal, read: 'text', bodyMaxBytes: 4096 }),
  );
  if (answer.type === 'failed') throw failure(answer.class, what, `${answer.because}.`);
  if (answer.status === 200) return answer.text.trim() === generationOf(blockOf(wanted));
  const errorClass = classOfStatus(answer.status);
  throw failure(errorClass, what, `the proof at ${url.pathname} gives status ${answer.status}.`);
}

function blockOf({ upstream, weights: given, parameters, settings }: Desired): Block {
  return { upstream, weights: given, parameters, settings };
}

function keptText(text: string): Json {
  return text.length > textMaxLength ? { type: 'too-long' } : { type: 'file', text };
}

function beforeIn(kept: Json): Readonly<Record<string, Json>> | undefined {
  if (typeof kept !== 'object' || kept === null || !('before' in kept)) return undefined;
  const { before } = kept;
  if (typeof before !== 'object' || before === null || Array.isArray(before)) return undefined;
  return before as Readonly<Record<string, Json>>; // neither null nor a list: an object
}

function changesOf(text: string | undefined, wanted: Desired): readonly string[] {
  const now = weightsIn(text ?? '', wanted.upstream);
  const names = new Set([...Object.keys(wanted.weights), ...now.keys()]);
  return [...names].flatMap((name) => {
    const [is, want] = [now.get(name), wanted.weights[name]];
    return is === want ? [] : [`${name} ${is ?? 'none'} -> ${want ?? 'none'}`];
  });
}
