// The rabbitmq connector: clients stopped, queues seen to be drained, and which cluster this really is.
import {
  ConnectorError,
  defineConnector,
  type Call,
  type Identity,
  type Json,
} from '../../connector.ts';
import { readinessBy } from '../readiness.ts';
import {
  ask,
  member,
  openRabbitmq,
  rabbitmqOptions,
  type RabbitmqClient,
  type RabbitmqOptions,
} from './client.ts';
import { drained } from './drained.ts';
import { question } from './question.ts';
import { stopped } from './stopped.ts';

/** What plans name by `uses: rabbitmq`. */
export const rabbitmq = defineConnector<RabbitmqOptions, RabbitmqClient>({
  name: 'rabbitmq',
  summary: 'A RabbitMQ cluster, by its management API: clients stopped, queues seen to be drained',
  options: rabbitmqOptions,
  open: openRabbitmq,
  identify: async (client, call): Promise<Identity> => {
    const what = `ask who ${client.system} is`;
    const evidence = await readOverview(client, call, what);
    const path = ['global-parameters', 'backout_environment'];
    const environment = member(await ask(client, { method: 'GET', path }, call, what), 'value');
    const id = member(evidence, 'cluster');
    return {
      ...(typeof environment === 'string' ? { environment } : {}),
      ...(typeof id === 'string' ? { id } : {}),
      evidence,
    };
  },
  probe: (client, call) => readinessBy(() => readOverview(client, call, `use ${client.system}`)),
  signal: question,
  states: { drained, stopped },
});

async function readOverview(client: RabbitmqClient, call: Call, what: string): Promise<Json> {
  const overview = await ask(client, { method: 'GET', path: ['overview'] }, call, what);
  const cluster = member(overview, 'cluster_name');
  if (typeof cluster !== 'string') {
    throw new ConnectorError(
      'target-mismatch',
      `[rabbitmq] Cannot ${what}: what answers there is no management API of RabbitMQ. Check the url.`,
    );
  }
  const version = member(overview, 'rabbitmq_version') ?? null;
  return { cluster, node: member(overview, 'node') ?? null, version };
}
