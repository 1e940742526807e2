// The haproxy connector: weights, drains and maps by the Runtime API, and what its statistics count.
import {
  ConnectorError,
  defineConnector,
  type Call,
  type Identity,
  type ProbeAnswer,
} from '../../connector.ts';
import { haproxyOptions, openHaproxy, type HaproxyClient, type HaproxyOptions } from './client.ts';
import { converse } from './conversation.ts';
import { drain } from './drain.ts';
import { map } from './map.ts';
import { signal } from './signal.ts';
import { weights } from './weights.ts';

/** What plans name by `uses: haproxy`. */
export const haproxy = defineConnector<HaproxyOptions, HaproxyClient>({
  name: 'haproxy',
  summary: 'An HAProxy by its Runtime API: weights, drains, maps, and its statistics',
  options: haproxyOptions,
  open: openHaproxy,
  identify: async (client, call): Promise<Identity> =>
    converse(client, call, `ask who ${client.system} is`, async ({ info }) => {
      const environment = /\benvironment=([\w.-]+)/.exec(info.description)?.[1];
      return {
        ...(environment === undefined ? {} : { environment }),
        ...(info.node === '' ? {} : { id: info.node }),
        evidence: {
          node: info.node,
          description: info.description,
          version: info.version,
          process: info.pid,
        },
      };
    }),
  probe: async (client, call): Promise<ProbeAnswer> => {
    try {
      return await probe(client, call);
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'not-ready', class: error.class, because: error.message };
    }
  },
  signal,
  states: { weights, drain, map },
});

async function probe(client: HaproxyClient, call: Call): Promise<ProbeAnswer> {
  const what = `use ${client.system}`;
  return converse(client, call, what, async ({ ask, info }): Promise<ProbeAnswer> => {
    const level = (await ask('show cli level')).trim();
    if (level === 'admin') {
      return { type: 'ready', evidence: { level, node: info.node, version: info.version } };
    }
    const because = `[haproxy] Cannot use ${client.system}: its socket has level ${level}, which may not change servers. Use a socket with "level admin".`;
    return { type: 'not-ready', class: 'not-allowed', because };
  });
}
