// The openmetrics connector: reads a service's own metrics page, with no Prometheus between.
import { z } from 'zod';
import {
  ConnectorError,
  defineConnector,
  defineSignal,
  type Json,
  type ProbeAnswer,
  type Reading,
} from '../../connector.ts';
import { duration } from '../duration.ts';
import { Ended, endedError } from '../ending.ts';
import { baseOf } from '../exchange.ts';
import { notNow } from '../live.ts';
import { createCounters, type Counters, type Gain, type NoGain } from './counters.ts';
import { quantileOf } from './histogram.ts';
import type { Page } from './page.ts';
import { query, select, type Query, type Selection } from './query.ts';
import { createScraper, type Scrape, type Scraper } from './scrape.ts';

const options = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'is no http:// or https:// address' })
    .meta({ description: 'The metrics page itself: http://127.0.0.1:8080/metrics' }),
  headers: z.record(z.string(), z.string()).default({}),
  token: z.string().optional().meta({ description: 'Sent as Authorization: Bearer; never shown' }),
  timeout: duration.default(5000).meta({ description: 'How long a page may take. Default: 5s' }),
});

interface Client {
  readonly system: string;
  readonly scraper: Scraper;
  /** What must be remembered from page to page, by selection and window spelled as JSON. */
  readonly remembered: Map<string, Counters>;
}

/** What plans name by `uses: openmetrics`. */
export const openmetrics = defineConnector({
  name: 'openmetrics',
  summary: 'The metrics page of a service, read directly: gauges, rates, ratios, quantiles',
  options,
  open: (given: z.output<typeof options>, { system }): Client => {
    const { base, authorization } = baseOf(given.url);
    const proof = given.token === undefined ? authorization : `Bearer ${given.token}`;
    const url = new URL(base + new URL(given.url).search);
    const headers = { ...given.headers, ...(proof === undefined ? {} : { authorization: proof }) };
    const scraper = createScraper({ system, url, headers, timeoutMs: given.timeout });
    return { system, scraper, remembered: new Map() };
  },
  close: async (client) => client.scraper.close(),
  probe: async (client, call): Promise<ProbeAnswer> => {
    try {
      const { page, ms } = await client.scraper.scrape(Date.now(), call);
      return { type: 'ready', evidence: { metrics: page.size, ms } };
    } catch (error) {
      const { class: errorClass, message } = explained(client, error);
      return { type: 'not-ready', class: errorClass, because: message };
    }
  },
  signal: defineSignal({
    summary: 'One number of the page: a gauge, a rate, a ratio of counters, a quantile',
    query,
    read: async (client: Client, asked: Query, when, call): Promise<readonly Reading[]> => {
      const refused = notNow('openmetrics', when);
      if (refused !== undefined) return refused;
      const at = when.type === 'at' ? when.at : when.to;
      try {
        const scrape = await client.scraper.scrape(at, call);
        return [toReading(at, answer(client, asked, scrape))];
      } catch (error) {
        const { class: errorClass, message } = explained(client, error);
        return [{ type: 'error', at, class: errorClass, because: message }];
      }
    },
  }),
});

type Answer = NoGain | { readonly value: number; readonly at?: number; readonly evidence: Json };

function answer(client: Client, asked: Query, scrape: Scrape): Answer {
  if (asked.type === 'gauge') return gauge(asked, scrape.page);
  const gainOf: GainOf = (selection) => remember(client, asked, selection, scrape);
  switch (asked.type) {
    case 'rate':
    case 'increase':
      return rate(asked, gainOf);
    case 'ratio':
      return ratio(asked, gainOf);
    case 'quantile':
      return quantile(asked, gainOf, scrape.page);
  }
}

function gauge(asked: Query & { readonly type: 'gauge' }, page: Page): Answer {
  const samples = select(page, asked.of);
  if (samples.length === 0) return { because: `there is no ${asked.of.metric} with these labels` };
  const values = samples.map(({ value }) => value);
  const sum = values.reduce((total, value) => total + value, 0);
  const taken = {
    sum,
    max: values.reduce((a, b) => Math.max(a, b)),
    min: values.reduce((a, b) => Math.min(a, b)),
    average: sum / values.length,
  }[asked.take];
  // A sum is no fresher than its stalest part.
  const times = samples.flatMap((sample) => sample.at ?? []);
  const oldest = times.length === 0 ? {} : { at: times.reduce((a, b) => Math.min(a, b)) };
  return { value: taken, ...oldest, evidence: { series: samples.length, take: asked.take } };
}

type GainOf = (selection: Selection) => Gain | NoGain;

function rate(asked: Query & { readonly type: 'rate' | 'increase' }, gainOf: GainOf): Answer {
  const gain = gainOf(asked.of);
  if ('because' in gain) return gain;
  if (gain.series === 0) return { because: `there is no ${asked.of.metric} with these labels` };
  const value = asked.type === 'increase' ? gain.gained : gain.gained / (gain.overMs / 1000);
  return { value, evidence: { ...gain } };
}

/** Where the metric is there but not yet with these labels, none was counted: the share is zero, not unknown. */
function ratio(asked: Query & { readonly type: 'ratio' }, gainOf: GainOf): Answer {
  // Both are asked before either is judged: each must remember every page.
  const [all, part] = [gainOf(asked.to), gainOf(asked.of)];
  if ('because' in all) return all;
  if ('because' in part) return part;
  const { gained } = part;
  if (all.gained === 0) return { because: `${asked.to.metric} did not grow in ${all.overMs} ms` };
  const evidence = { part: gained, all: all.gained, overMs: all.overMs, resets: all.resets };
  return { value: gained / all.gained, evidence };
}

function quantile(
  asked: Query & { readonly type: 'quantile' },
  gainOf: GainOf,
  page: Page,
): Answer {
  const bounds = boundsOf(asked, page);
  const found = bounds.map((le) => ({ le, gain: gainOf(bucketOf(asked, le)) }));
  const missing = found.find(({ gain }) => 'because' in gain)?.gain;
  if (missing !== undefined && 'because' in missing) return missing;
  const buckets = found.map(({ le, gain }) => ({
    le: Number(le.replace('+Inf', 'Infinity')),
    count: 'because' in gain ? 0 : gain.gained,
  }));
  const observations = buckets.reduce((most, { count }) => Math.max(most, count), 0);
  if (observations === 0) return { because: `${asked.of.metric} observed nothing in the window` };
  return { value: quantileOf(asked.quantile, buckets), evidence: { observations } };
}

/** More than any plan asks for; a page whose buckets change all the time must not fill the memory. */
const rememberedMax = 2000;

/** What the selection gained, by all pages up to this one. */
function remember(
  client: Client,
  { windowMs }: { readonly windowMs: number },
  selection: Selection,
  { page, fetchedAt }: Scrape,
): Gain | NoGain {
  const key = JSON.stringify([windowMs, selection]);
  const counters = client.remembered.get(key) ?? createCounters(selection, windowMs);
  client.remembered.delete(key);
  client.remembered.set(key, counters);
  const [eldest] = client.remembered.keys();
  if (client.remembered.size > rememberedMax && eldest !== undefined) {
    client.remembered.delete(eldest);
  }
  counters.see(page, fetchedAt);
  return counters.gainOver(windowMs);
}

function bucketOf(asked: Query & { readonly type: 'quantile' }, le: string): Selection {
  const { metric, labels } = asked.of;
  return { metric: `${metric}_bucket`, labels: { ...labels, le: { is: [le] } } };
}

function boundsOf(asked: Query & { readonly type: 'quantile' }, page: Page): readonly string[] {
  const samples = select(page, { ...asked.of, metric: `${asked.of.metric}_bucket` });
  return [...new Set(samples.map(({ labels }) => labels.get('le') ?? '+Inf'))];
}

function toReading(at: number, given: Answer): Reading {
  if ('because' in given) return { type: 'no-data', at, because: given.because };
  if (!Number.isFinite(given.value)) {
    return { type: 'no-data', at: given.at ?? at, because: `the value is ${given.value}` };
  }
  return { type: 'number', at: given.at ?? at, value: given.value, evidence: given.evidence };
}

function explained(client: Client, error: unknown): ConnectorError {
  if (error instanceof ConnectorError) return error;
  if (error instanceof Ended) return endedError('openmetrics', `read ${client.system}`, error);
  throw error;
}
