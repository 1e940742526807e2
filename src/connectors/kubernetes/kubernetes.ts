// The kubernetes connector: deployments rolled back, services led back, pods scaled, each only as it was read.
import { z } from 'zod';
import { ConnectorError, defineConnector, type Identity } from '../../connector.ts';
import { readinessBy } from '../readiness.ts';
import { kubernetesError, read } from './api.ts';
import {
  kubernetesOptions,
  openKubernetes,
  type KubernetesClient,
  type KubernetesOptions,
} from './client.ts';
import { replicas } from './replicas.ts';
import { revision } from './revision.ts';
import { selector } from './selector.ts';

const named = z.object({
  metadata: z.object({ uid: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
});

/** What plans name by `uses: kubernetes`. */
export const kubernetes = defineConnector<KubernetesOptions, KubernetesClient>({
  name: 'kubernetes',
  summary: 'Deployments and services of a Kubernetes cluster',
  options: kubernetesOptions,
  open: openKubernetes,
  // A cluster has no name of its own; the uid of kube-system is what everybody takes for one.
  identify: async (client, call): Promise<Identity> => {
    const [system, own] = [
      await namespace(client, 'kube-system', call),
      await namespace(client, client.namespace, call),
    ];
    const environment = own?.metadata.labels['backout.environment'];
    return {
      ...(system === undefined ? {} : { id: system.metadata.uid }),
      ...(environment === undefined ? {} : { environment }),
      evidence: { namespace: client.namespace, cluster: system?.metadata.uid ?? null },
    };
  },
  probe: async (client, call) =>
    readinessBy(async () => {
      for (const [group, resource] of [
        ['apps', 'deployments'],
        ['', 'services'],
      ] as const) {
        const resourceAttributes = { namespace: client.namespace, verb: 'patch', group, resource };
        const json = {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SelfSubjectAccessReview',
          spec: { resourceAttributes },
        };
        const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
        const review = z.object({ status: z.object({ allowed: z.boolean() }) });
        const { status } = await read(client, 'use', { method: 'POST', path, json }, review, call);
        if (!status.allowed)
          throw kubernetesError(
            client,
            'not-allowed',
            'use',
            `we may not patch ${resource} in ${client.namespace}`,
          );
      }
      return { namespace: client.namespace };
    }),
  states: { revision, selector, replicas },
});

/** A namespace; undefined when we may not see it, for then it can tell us nothing. */
async function namespace(
  client: KubernetesClient,
  name: string,
  call: Parameters<typeof read>[4],
): Promise<z.output<typeof named> | undefined> {
  try {
    return await read(
      client,
      'tell who answers for',
      { method: 'GET', path: `/api/v1/namespaces/${name}` },
      named,
      call,
    );
  } catch (error) {
    if (error instanceof ConnectorError && error.class === 'not-allowed') return undefined;
    throw error;
  }
}
