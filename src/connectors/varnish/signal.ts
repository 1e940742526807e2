// The signals of varnish: what its counters gained over a window, by varnishstat on the same machine.
import { z } from 'zod';
import {
  ConnectorError,
  defineSignal,
  type Call,
  type Json,
  type Reading,
} from '../../connector.ts';
import { duration } from '../duration.ts';
import { notNow } from '../live.ts';
import { createCounters, type Gain, type NoGain } from '../openmetrics/counters.ts';
import type { Page } from '../openmetrics/page.ts';
import { parseJson } from '../pointer.ts';
import { runProgram } from '../program.ts';
import { failure } from './cli.ts';
import type { VarnishClient } from './client.ts';

const windowDefaultMs = 30_000;

const query = z.strictObject({
  measure: z.enum(['hit-rate', 'requests', 'backend-errors', 'dropped', 'objects']).meta({
    description:
      'hit-rate: of what could be cached, the share that was; requests, backend-errors and dropped connections per second; objects in the cache now',
  }),
  over: duration.default(windowDefaultMs).meta({ description: 'The window. Default: 30s' }),
});

type Query = z.output<typeof query>;

/** Reads one number. */
export const signal = defineSignal({
  summary: 'How well the cache answers, by the counters of Varnish',
  query,
  read: async (client: VarnishClient, asked: Query, when, call): Promise<readonly Reading[]> => {
    const refused = notNow('varnish', when);
    if (refused !== undefined) return refused;
    const at = when.type === 'at' ? when.at : when.to;
    try {
      return [await read(client, asked, at, call)];
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return [{ type: 'error', at, class: error.class, because: error.message }];
    }
  },
});

async function read(client: VarnishClient, asked: Query, at: number, call: Call): Promise<Reading> {
  const values = await readCounters(client, call, `read ${client.system}`);
  const gain = (name: string): Gain | NoGain => gained(client, asked, name, values, at);
  const number = (value: number, evidence: Json): Reading => ({
    type: 'number',
    at,
    value,
    evidence,
  });
  const noData = (because: string): Reading => ({ type: 'no-data', at, because });
  const perSecond = (name: string): Reading => {
    const found = gain(name);
    if ('because' in found) return noData(found.because);
    return number(found.gained / (found.overMs / 1000), { ...found });
  };
  switch (asked.measure) {
    case 'objects':
      return number(values.get('MAIN.n_object') ?? 0, {});
    case 'requests':
      return perSecond('MAIN.client_req');
    case 'backend-errors':
      return perSecond('MAIN.backend_fail');
    case 'dropped':
      return perSecond('MAIN.sess_dropped');
    case 'hit-rate': {
      const [hits, misses] = [gain('MAIN.cache_hit'), gain('MAIN.cache_miss')];
      if ('because' in hits) return noData(hits.because);
      if ('because' in misses) return noData(misses.because);
      const all = hits.gained + misses.gained;
      if (all === 0) return noData(`nothing that can be cached was asked for in ${hits.overMs} ms`);
      return number(hits.gained / all, { hits: hits.gained, misses: misses.gained });
    }
  }
}

async function readCounters(
  client: VarnishClient,
  call: Call,
  what: string,
): Promise<ReadonlyMap<string, number>> {
  const name = client.workdir === undefined ? [] : ['-n', client.workdir];
  // Without -t 0 it waits for a Varnish that is down as long as it takes.
  const argv = ['varnishstat', ...name, '-t', '0', '-1', '-j', '-f', 'MAIN.*'];
  const ran = await runProgram({ who: 'varnish', what, argv, directory: client.directory }, call);
  const counters = asObject(asObject(parseJson(ran.out))['counters'] ?? parseJson(ran.out));
  const values = new Map(
    Object.entries(counters).flatMap(([key, each]) => {
      const { value } = asObject(each);
      return typeof value === 'number' ? [[key, value] as const] : [];
    }),
  );
  if (ran.code === 0 && values.has('MAIN.client_req')) return values;
  const said = ran.errors.trim().split('\n')[0]?.slice(0, 300) ?? '';
  if (/permission denied/i.test(said)) {
    throw failure(client, 'not-allowed', what, `varnishstat may not read its statistics: ${said}.`);
  }
  const why = said === '' ? 'its child process does not run.' : `varnishstat says "${said}".`;
  throw failure(client, 'cannot-reach', what, why);
}

function gained(
  client: VarnishClient,
  { over }: Query,
  name: string,
  values: ReadonlyMap<string, number>,
  at: number,
): Gain | NoGain {
  const key = JSON.stringify([name, over]);
  const counters = client.remembered.get(key) ?? createCounters({ metric: name, labels: {} }, over);
  client.remembered.set(key, counters);
  const value = values.get(name);
  const page: Page = new Map(value === undefined ? [] : [[name, [{ labels: new Map(), value }]]]);
  counters.see(page, at);
  return counters.gainOver(over);
}

function asObject(value: Json | undefined): Readonly<Record<string, Json>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return value as Readonly<Record<string, Json>>; // neither null nor a list: an object
}
