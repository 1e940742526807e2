// The alertmanager connector: alerts in, silences out, and the number of alerts as a signal.
import { z } from 'zod';
import { ConnectorError, defineConnector, defineSignal } from '../../connector.ts';
import { notNow } from '../live.ts';
import { readinessBy } from '../readiness.ts';
import { countAlerts, readStatus } from './api.ts';
import {
  alertmanagerOptions,
  openAlertmanager,
  type AlertmanagerClient,
  type AlertmanagerOptions,
} from './client.ts';
import { matchers } from './matchers.ts';
import { receive } from './receive.ts';
import { silenced } from './silenced.ts';

/** What plans name by `uses: alertmanager`. */
export const alertmanager = defineConnector<AlertmanagerOptions, AlertmanagerClient>({
  name: 'alertmanager',
  summary:
    'Alerts of a Prometheus Alertmanager as events, their number as a signal, silences as a state',
  options: alertmanagerOptions,
  open: openAlertmanager,
  probe: (client, call) =>
    readinessBy(async () => ({ ...(await readStatus(client, 'use', call)), url: client.base })),
  signal: defineSignal({
    summary: 'How many alerts are active and match',
    query: z.strictObject({
      alerts: matchers.meta({
        description: 'Which alerts count: [ service="billing" ]; all must match',
      }),
      silenced: z
        .boolean()
        .default(false)
        .meta({ description: 'Whether silenced and inhibited ones count, too. Default: no' }),
    }),
    read: async (client: AlertmanagerClient, query, when, call) => {
      const refused = notNow('alertmanager', when);
      if (refused !== undefined) return refused;
      const at = when.type === 'at' ? when.at : when.to;
      try {
        const value = await countAlerts(client, query.alerts, query.silenced, call);
        return [{ type: 'number', at, value }];
      } catch (error) {
        if (!(error instanceof ConnectorError)) throw error;
        return [{ type: 'error', at, class: error.class, because: error.message }];
      }
    },
  }),
  states: { silenced },
  events: { summary: 'Takes the alerts of a webhook receiver, each once, and their end', receive },
});
