// The state varnish/purged: what Varnish serves at some paths comes from the right side, or is fresh.
import { z } from 'zod';
import {
  defineState,
  type Call,
  type Json,
  type Observation,
  type Receipt,
} from '../../connector.ts';
import { duration } from '../duration.ts';
import { withEnding } from '../ending.ts';
import { classOfStatus, exchange, type Exchanged } from '../exchange.ts';
import { failure } from './cli.ts';
import type { VarnishClient } from './client.ts';

const pathsMax = 200;
const ageDefaultMs = 60_000;
/** How many paths are asked for at once. */
const atOnce = 8;

const token = z.string().regex(/^[\w-]+$/, 'is no name of a header');

const desired = z.strictObject({
  paths: z
    .array(z.string().regex(/^\/[^\s\p{C}]*$/u, 'must begin with /'))
    .min(1)
    .max(pathsMax),
  host: z
    .string()
    .regex(/^[\w.:[\]-]+$/, 'is no host')
    .optional()
    .meta({ description: 'The Host that customers ask for. Default: that of url' }),
  'made-by': z
    .strictObject({ header: token.transform((name) => name.toLowerCase()), is: z.string().min(1) })
    .optional()
    .meta({ description: 'Which header tells who made an answer, and what it must say' }),
  'age-at-most': duration.default(ageDefaultMs).meta({
    description: 'Without made-by: how old a cached answer may be. Default: 60s',
  }),
});

type Desired = z.output<typeof desired>;

/** Purges what is cached from the wrong side. There is no way back: what is purged is fetched anew. */
export const purged = defineState({
  summary: 'What is served at these paths is made by the right side, or fresh',
  desired,
  observe: async (client: VarnishClient, wanted: Desired, call): Promise<Observation> => {
    const seen = await look(client, wanted, call, `observe ${client.system}`);
    const stale = seen.filter(({ stale: isStale }) => isStale !== undefined);
    const evidence: Json = {
      paths: seen.length,
      stale: stale.slice(0, 10).map(({ path }) => path),
    };
    if (stale.length === 0) return { type: 'holds', evidence };
    const [first] = stale;
    const rest = stale.length > 1 ? ` and ${stale.length - 1} more` : '';
    const change = `purge ${first?.path ?? ''} (${first?.stale ?? ''})${rest}`;
    return { type: 'differs', evidence, change, touches: stale.length };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const what = `purge ${client.system}`;
    const seen = await look(client, wanted, call, what);
    const stale = seen.filter(({ stale: isStale }) => isStale !== undefined);
    await inParallel(stale, async ({ path }) => {
      const answer = await send(client, wanted, 'PURGE', path, call, what);
      if (answer.status >= 200 && answer.status <= 299) return;
      if (answer.status === 405 || answer.status === 403) {
        const mend = 'Let its VCL take PURGE from this address.';
        throw failure(
          client,
          'not-allowed',
          what,
          `PURGE ${path} gives status ${answer.status}. ${mend}`,
        );
      }
      const errorClass = classOfStatus(answer.status);
      throw failure(client, errorClass, what, `PURGE ${path} gives status ${answer.status}.`);
    });
    return { purged: stale.length };
  },
});

interface Seen {
  readonly path: string;
  /** Why it must not stay; undefined when it may. */
  readonly stale: string | undefined;
}

async function look(
  client: VarnishClient,
  wanted: Desired,
  call: Call,
  what: string,
): Promise<readonly Seen[]> {
  return inParallel(wanted.paths, async (path) => {
    const { status, headers } = await send(client, wanted, 'HEAD', path, call, what);
    if (status === 503 && headers.get('x-varnish') !== null && headers.get('age') === null) {
      throw failure(client, 'cannot-reach', what, `${path} gives status 503: no backend answers.`);
    }
    return { path, stale: staleness(headers, wanted) };
  });
}

/** Varnish says with two numbers in X-Varnish that an answer was cached, and in Age since when. */
function staleness(headers: Headers, wanted: Desired): string | undefined {
  const maker = wanted['made-by'];
  if (maker !== undefined) {
    const is = headers.get(maker.header);
    return is === maker.is ? undefined : `${maker.header} is ${is ?? 'not there'}`;
  }
  const wasCached = (headers.get('x-varnish') ?? '').trim().split(/\s+/).length > 1;
  const ageSeconds = Number(headers.get('age') ?? 0);
  const isOld = wasCached && ageSeconds * 1000 > wanted['age-at-most'];
  return isOld ? `cached ${ageSeconds} s ago` : undefined;
}

async function send(
  client: VarnishClient,
  wanted: Desired,
  method: 'HEAD' | 'PURGE',
  path: string,
  call: Call,
  what: string,
): Promise<Exchanged & { readonly type: 'answered' }> {
  const { url } = client;
  if (url === undefined) {
    const mend = 'Add url: http://127.0.0.1:6081.';
    throw failure(client, 'refused', what, `the plan names no url to send requests to. ${mend}`);
  }
  const host: { readonly [name: string]: string } =
    wanted.host === undefined ? {} : { host: wanted.host };
  const answer = await withEnding(call, client.timeoutMs, (signal) =>
    exchange({
      method,
      url: new URL(url + path),
      headers: host,
      signal,
      read: 'none',
      bodyMaxBytes: 0,
    }),
  );
  if (answer.type === 'answered') return answer;
  throw failure(client, answer.class, what, `${answer.because}.`);
}

async function inParallel<In, Out>(
  list: readonly In[],
  work: (each: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = [];
  for (let from = 0; from < list.length; from += atOnce) {
    results.push(...(await Promise.all(list.slice(from, from + atOnce).map(work))));
  }
  return results;
}
