// The caddy connector: the running configuration by the admin API, changed only if nobody else changed it meanwhile.
import {
  ConnectorError,
  defineConnector,
  type Identity,
  type ProbeAnswer,
} from '../../connector.ts';
import { failure, readPlace } from './api.ts';
import { caddyOptions, openCaddy, type CaddyClient, type CaddyOptions } from './client.ts';
import { config } from './config.ts';
import { weights } from './weights.ts';

/** What plans name by `uses: caddy`. */
export const caddy = defineConnector<CaddyOptions, CaddyClient>({
  name: 'caddy',
  summary:
    'A Caddy by its admin API: weights of a reverse proxy, or any value of its configuration',
  options: caddyOptions,
  open: openCaddy,
  identify: async (client, call): Promise<Identity> => {
    const evidence = { address: client.address };
    if (client.environmentAt === undefined) return { evidence };
    const what = `ask who ${client.system} is`;
    const { value } = await readPlace(client, client.environmentAt, call, what);
    if (typeof value === 'string') return { environment: value, evidence };
    const why = `its configuration says no environment at ${client.environmentAt}.`;
    throw failure('target-mismatch', what, why);
  },
  probe: async (client, call): Promise<ProbeAnswer> => {
    try {
      const { value } = await readPlace(client, '/config/admin', call, `use ${client.system}`);
      const persists = !JSON.stringify(value).includes('"persist":false');
      return { type: 'ready', evidence: { address: client.address, persists } };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'not-ready', class: error.class, because: error.message };
    }
  },
  states: { weights, config },
});
