// The varnish connector: bans and purges of a cache, and how well it is warmed up.
import { ConnectorError, defineConnector, type ProbeAnswer } from '../../connector.ts';
import { exchange } from '../exchange.ts';
import { withEnding } from '../ending.ts';
import { banned } from './banned.ts';
import { failure, talk } from './cli.ts';
import { openVarnish, varnishOptions, type VarnishClient, type VarnishOptions } from './client.ts';
import { purged } from './purged.ts';
import { signal } from './signal.ts';

/** What plans name by `uses: varnish`. */
export const varnish = defineConnector<VarnishOptions, VarnishClient>({
  name: 'varnish',
  summary: 'A Varnish cache: bans, purges, and its hit rate',
  options: varnishOptions,
  open: openVarnish,
  probe: async (client, call): Promise<ProbeAnswer> => {
    const what = `use ${client.system}`;
    try {
      const { cli, url } = client;
      if (cli !== undefined) {
        const status = await talk(client, call, what, (say) => say('status'));
        if (!/running/i.test(status)) {
          throw failure(client, 'cannot-reach', what, `Varnish says "${status.trim()}".`);
        }
      }
      if (url !== undefined) {
        const answer = await withEnding(call, client.timeoutMs, (ending) =>
          exchange({
            method: 'HEAD',
            url: new URL(url),
            headers: {},
            signal: ending,
            read: 'none',
            bodyMaxBytes: 0,
          }),
        );
        if (answer.type === 'failed')
          throw failure(client, answer.class, what, `${answer.because}.`);
        if (answer.headers.get('x-varnish') === null) {
          const why = `${new URL(url).host} sends no X-Varnish, so it is none, or hides that it is.`;
          throw failure(client, 'target-mismatch', what, why);
        }
      }
      return { type: 'ready', evidence: { cli: cli !== undefined, url: url !== undefined } };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'not-ready', class: error.class, because: error.message };
    }
  },
  signal,
  states: { banned, purged },
});
