// The signals of haproxy: what its statistics count, over a window, through reloads that begin to count anew.
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
import { createCounters, type Counters } from '../openmetrics/counters.ts';
import type { Page, Sample } from '../openmetrics/page.ts';
import type { HaproxyClient } from './client.ts';
import { converse, failure, type Info } from './conversation.ts';
import { proxyName } from './names.ts';
import { listed } from './servers.ts';
import { rowsOf, type Row } from './stat.ts';

const windowDefaultMs = 30_000;

const query = z
  .strictObject({
    frontend: proxyName.optional(),
    backend: proxyName.optional(),
    server: proxyName.optional().meta({ description: 'One server of the backend' }),
    measure: z
      .enum(['requests', 'errors', 'error-ratio', 'share', 'sessions', 'queue', 'weight', 'up'])
      .meta({
        description:
          'requests and errors (5xx) per second; error-ratio; the share of the requests of the backend that the server got; sessions and queue now; the weight that counts; up (1 or 0)',
      }),
    over: duration.default(windowDefaultMs).meta({ description: 'The window. Default: 30s' }),
  })
  .refine(
    ({ frontend, backend }) => (frontend === undefined) !== (backend === undefined),
    'needs either backend or frontend',
  )
  .refine(
    ({ backend, server }) => server === undefined || backend !== undefined,
    'names a server without its backend',
  )
  .refine(
    ({ server, measure }) => server !== undefined || (measure !== 'share' && measure !== 'weight'),
    'needs a server for share and weight',
  )
  .refine(
    ({ frontend, measure }) => frontend === undefined || (measure !== 'queue' && measure !== 'up'),
    'needs a backend for queue and up',
  );

type Query = z.output<typeof query>;

/** What must be remembered from one reading to the next, by client and by what was asked. */
const remembered = new WeakMap<HaproxyClient, Map<string, Counters>>();

/** Reads one number of the statistics. */
export const signal = defineSignal({
  summary: 'Traffic, errors, sessions and queues, by the statistics of HAProxy',
  query,
  read: async (client: HaproxyClient, asked: Query, when, call): Promise<readonly Reading[]> => {
    const refused = notNow('haproxy', when);
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

async function read(client: HaproxyClient, asked: Query, at: number, call: Call): Promise<Reading> {
  const what = `read ${client.system}`;
  const proxy = asked.backend ?? asked.frontend ?? '';
  const { rows, info } = await converse(client, call, what, async (talk) => {
    const type = asked.frontend === undefined ? 6 : 1;
    const text = await talk.ask(`show stat ${proxy} ${type} -1`);
    if (/^no such proxy/i.test(text)) {
      const all = rowsOf(await talk.ask(`show stat -1 ${type & 3} -1`), what);
      const names = [...new Set(all.map((row) => row.get('pxname') ?? ''))];
      throw failure('refused', what, `there is no ${proxy}; there is ${listed(names, proxy)}.`);
    }
    return { rows: rowsOf(text, what), info: talk.info };
  });
  const total = rows.find((row) => ['BACKEND', 'FRONTEND'].includes(row.get('svname') ?? ''));
  const row =
    asked.server === undefined ? total : rows.find((each) => each.get('svname') === asked.server);
  if (row === undefined) {
    const names = rows.map((each) => each.get('svname') ?? '').filter((name) => name !== 'BACKEND');
    const name = asked.server ?? proxy;
    throw failure('refused', what, `${proxy} has no ${name}; it has ${listed(names, name)}.`);
  }
  const evidence: Json = { process: info.pid, status: row.get('status') ?? '' };
  const number = (value: number, more: object = {}): Reading =>
    Number.isFinite(value)
      ? { type: 'number', at, value, evidence: { ...evidence, ...more } }
      : { type: 'no-data', at, because: `HAProxy tells no ${asked.measure} of ${proxy}` };
  const gain = (metric: string, of: Row | undefined) =>
    of === undefined ? { because: 'there is no total' } : gained(client, asked, metric, of, info);
  switch (asked.measure) {
    case 'sessions':
      return number(numberIn(row, 'scur'));
    case 'queue':
      return number(numberIn(row, 'qcur'));
    case 'weight':
      return number(numberIn(row, 'weight'));
    case 'up':
      return number(/^(UP|OPEN|no check)/.test(row.get('status') ?? '') ? 1 : 0);
    case 'requests':
    case 'errors': {
      const found = gain(asked.measure, row);
      if ('because' in found) return { type: 'no-data', at, because: found.because };
      return number(found.gained / (found.overMs / 1000), { ...found });
    }
    case 'error-ratio':
    case 'share': {
      const [of, to] =
        asked.measure === 'share'
          ? [gain('requests', row), gain('requests', total)]
          : [gain('errors', row), gain('requests', row)];
      if ('because' in of) return { type: 'no-data', at, because: of.because };
      if ('because' in to) return { type: 'no-data', at, because: to.because };
      if (to.gained === 0)
        return { type: 'no-data', at, because: `no request came in ${to.overMs} ms` };
      return number(of.gained / to.gained, { part: of.gained, all: to.gained, overMs: to.overMs });
    }
  }
}

/** By the process: one that began after the last reading began at zero, so nothing is lost through a reload. */
function gained(client: HaproxyClient, asked: Query, metric: string, row: Row, info: Info) {
  const labels = new Map([['process', String(info.pid)]]);
  const sample = (value: number): readonly Sample[] => [{ labels, value }];
  const value = metric === 'errors' ? errorsOf(row) : requestsOf(row);
  const page: Page = new Map([
    [`${metric}_total`, sample(value)],
    [`${metric}_created`, sample(info.startedAt / 1000)],
  ]);
  const places = [
    asked.frontend,
    asked.backend,
    row.get('svname'),
    metric,
    asked.over,
    asked.measure,
  ];
  const place = JSON.stringify(places);
  const all = remembered.get(client) ?? new Map<string, Counters>();
  remembered.set(client, all);
  const counters =
    all.get(place) ?? createCounters({ metric: `${metric}_total`, labels: {} }, asked.over);
  all.set(place, counters);
  counters.see(page, Date.now());
  return counters.gainOver(asked.over);
}

/** What speaks HTTP counts requests, all else its sessions. */
function requestsOf(row: Row): number {
  const requests = row.get('req_tot') ?? '';
  return requests === '' || row.get('mode') === 'tcp' ? numberIn(row, 'stot') : Number(requests);
}

/** What speaks HTTP answers 5xx for whatever goes wrong; else connections and answers that failed are counted. */
function errorsOf(row: Row): number {
  if (row.get('mode') !== 'tcp' && row.get('hrsp_5xx') !== '') return numberIn(row, 'hrsp_5xx');
  return ['econ', 'eresp'].reduce((sum, name) => sum + Number(row.get(name) ?? 0), 0);
}

function numberIn(row: Row, name: string): number {
  const text = row.get(name) ?? '';
  return text === '' ? Number.NaN : Number(text);
}
