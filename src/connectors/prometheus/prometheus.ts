// The prometheus connector: one number by PromQL at an instant, or at each instant of a range.
import { z } from 'zod';
import {
  ConnectorError,
  defineConnector,
  defineSignal,
  type Call,
  type Json,
  type ProbeAnswer,
  type Reading,
} from '../../connector.ts';
import {
  ask,
  openPrometheus,
  prometheusOptions,
  type Data,
  type PrometheusClient,
  type PrometheusOptions,
  type Result,
} from './api.ts';
import { foundAt, instantsOf, piecesOf, type Found, type Piece } from './range.ts';

const query = z.strictObject({
  query: z.string().min(1).meta({
    description: 'PromQL that gives one series or a scalar: sum(rate(errors_total[1m]))',
  }),
});

/** What plans name by `uses: prometheus`. */
export const prometheus = defineConnector<PrometheusOptions, PrometheusClient>({
  name: 'prometheus',
  summary: 'Prometheus and what speaks its query API: Thanos, Mimir, VictoriaMetrics',
  options: prometheusOptions,
  open: openPrometheus,
  probe: async (client, call): Promise<ProbeAnswer> => {
    try {
      const { clockAheadMs } = await ask(client, 'query', { query: 'vector(1)' }, call);
      return { type: 'ready', evidence: { url: client.base, clockAheadMs: clockAheadMs ?? null } };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'not-ready', class: error.class, because: error.message };
    }
  },
  signal: defineSignal({
    summary: 'One number by PromQL',
    query,
    read: async (client: PrometheusClient, asked, when, call): Promise<readonly Reading[]> =>
      when.type === 'at'
        ? [await readInstant(client, asked.query, when.at, call)]
        : readPieces(client, asked.query, piecesOf(when), call),
  }),
});

/** The time is always said: "now" would give another answer than the same question asked later. */
async function readInstant(
  client: PrometheusClient,
  promql: string,
  at: number,
  call: Call,
): Promise<Reading> {
  try {
    const result = await ask(client, 'query', { query: promql, time: seconds(at) }, call);
    const found = instantIn(client, result.data);
    const reading = toReading(client, at, found);
    if (reading.type !== 'number') return reading;
    return { ...reading, evidence: client.conceal.json(evidenceOf(found, result)) };
  } catch (error) {
    return errorReading(at, error);
  }
}

const piecesAtOnce = 4;

async function readPieces(
  client: PrometheusClient,
  promql: string,
  pieces: readonly Piece[],
  call: Call,
): Promise<readonly Reading[]> {
  const answers: (readonly Reading[])[] = [];
  const queue = [...pieces.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, piece] = next;
      answers[index] = await readPiece(client, promql, piece, call);
    }
  };
  await Promise.all(Array.from({ length: piecesAtOnce }, work));
  return answers.flat();
}

async function readPiece(
  client: PrometheusClient,
  promql: string,
  piece: Piece,
  call: Call,
): Promise<readonly Reading[]> {
  const instants = instantsOf(piece);
  try {
    const step = String(piece.stepMs / 1000);
    const range = { start: seconds(piece.from), end: seconds(piece.to), step };
    const { data } = await ask(client, 'query_range', { query: promql, ...range }, call);
    const found = foundAt(data.resultType === 'matrix' ? data.result : []);
    return instants.map((at) => toReading(client, at, found.get(at) ?? []));
  } catch (error) {
    return instants.map((at) => errorReading(at, error));
  }
}

/** The values at one instant; a result that is of no use as a number is an error. */
function instantIn(client: PrometheusClient, data: Data): readonly Found[] {
  switch (data.resultType) {
    case 'scalar':
      return [{ labels: {}, spelling: data.result[1] }];
    case 'vector':
      return data.result.map(({ metric, value }) => {
        if (value !== undefined) return { labels: metric, spelling: value[1] };
        throw useless(client, 'a native histogram. Use histogram_quantile or histogram_count');
      });
    case 'matrix':
      throw useless(client, 'a range of values. Use rate, increase or avg_over_time');
    case 'string':
      throw useless(client, 'a text');
  }
}

function toReading(client: PrometheusClient, at: number, found: readonly Found[]): Reading {
  const [one, other] = found;
  if (one === undefined) return { type: 'no-data', at, because: 'the query gives no series' };
  if (other !== undefined) {
    const series = `${spell(one)} and ${spell(other)}`;
    const because = `[prometheus] Cannot read ${client.system}: the query gives ${found.length} series instead of one, among them ${series}. Put sum(…) around it, or select by labels.`;
    return { type: 'error', at, class: 'refused', because: client.conceal.text(because) };
  }
  const value = Number(one.spelling.replace('Inf', 'Infinity'));
  if (Number.isFinite(value)) return { type: 'number', at, value };
  return { type: 'no-data', at, because: `the query gives ${one.spelling}` };
}

/** More than this, and people should know that the clocks differ. */
const clockToleranceMs = 2000;

function evidenceOf(found: readonly Found[], { warnings, clockAheadMs }: Result): Json {
  const skewed = clockAheadMs !== undefined && Math.abs(clockAheadMs) > clockToleranceMs;
  return {
    labels: { ...found[0]?.labels },
    ...(warnings.length === 0 ? {} : { warnings: warnings.slice(0, 5) }),
    ...(skewed ? { clockAheadMs } : {}),
  };
}

function errorReading(at: number, error: unknown): Reading {
  if (!(error instanceof ConnectorError)) throw error;
  return { type: 'error', at, class: error.class, because: error.message };
}

function useless(client: PrometheusClient, what: string): ConnectorError {
  const message = `[prometheus] Cannot read ${client.system}: the query gives ${what}.`;
  return new ConnectorError('refused', message);
}

function spell({ labels }: Found): string {
  const { __name__: name = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}{${pairs.join(', ')}}`.slice(0, 300);
}

function seconds(at: number): string {
  return (at / 1000).toFixed(3);
}
