// Deployments as the API has them, where their rollouts are, and the ReplicaSets that keep their revisions.
import { z } from 'zod';
import type { Call, Json } from '../../connector.ts';
import { read } from './api.ts';
import type { KubernetesClient } from './client.ts';

const count = z.int().default(0);
const annotations = z.record(z.string(), z.string()).default({});
const template = z.looseObject({
  metadata: z
    .looseObject({ labels: z.record(z.string(), z.string()).default({}) })
    .default({ labels: {} }),
  spec: z.looseObject({
    containers: z.array(z.looseObject({ name: z.string(), image: z.string() })),
  }),
});

/** What is read of a deployment. */
export const deployment = z.object({
  metadata: z.object({
    resourceVersion: z.string(),
    uid: z.string(),
    generation: z.int(),
    annotations,
  }),
  spec: z.object({
    replicas: z.int().default(1),
    selector: z.object({ matchLabels: z.record(z.string(), z.string()).default({}) }),
    template,
  }),
  status: z
    .object({
      observedGeneration: count,
      replicas: count,
      updatedReplicas: count,
      availableReplicas: count,
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), reason: z.string().optional() }))
        .default([]),
    })
    .prefault({}),
});

/** A deployment. */
export type Deployment = z.output<typeof deployment>;

const replicaSets = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        annotations,
        ownerReferences: z.array(z.object({ uid: z.string() })).default([]),
      }),
      spec: z.object({ template }),
    }),
  ),
});

/** What the controller writes to a ReplicaSet: its revision, and those that it was before. */
const revisionKey = 'deployment.kubernetes.io/revision';
const historyKey = 'deployment.kubernetes.io/revision-history';
const hashKey = 'pod-template-hash';

/** Where a deployment is. */
export function deploymentPath({ namespace }: KubernetesClient, name: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
}

/** The number of the revision that it has now; 0 when the controller has not said yet. */
export function revisionOf({ metadata }: Pick<Deployment, 'metadata'>): number {
  return Number(metadata.annotations[revisionKey] ?? 0);
}

/** The image of each container. */
export function imagesOf({ spec }: Deployment): { readonly [container: string]: string } {
  return Object.fromEntries(spec.template.spec.containers.map(({ name, image }) => [name, image]));
}

/** What is still to come until every pod is of this spec and answers; undefined when nothing is. */
export function unfinished({ metadata, spec, status }: Deployment): string | undefined {
  if (status.observedGeneration < metadata.generation) return 'the controller has not seen it yet';
  const progressing = status.conditions.find(({ type }) => type === 'Progressing');
  if (progressing?.reason === 'ProgressDeadlineExceeded')
    return 'the rollout is stuck (ProgressDeadlineExceeded)';
  if (status.updatedReplicas < spec.replicas)
    return `${status.updatedReplicas} of ${spec.replicas} pods are new`;
  if (status.replicas > status.updatedReplicas)
    return `${status.replicas - status.updatedReplicas} old pods are left`;
  if (status.availableReplicas < spec.replicas)
    return `${status.availableReplicas} of ${spec.replicas} pods are available`;
  return undefined;
}

/**
 * The pod template that a revision had, or undefined when its ReplicaSet is gone. Going back to a revision gives it a new
 * number, so a revision is also known by the numbers that it had before: or a second try would find nothing.
 */
export async function templateOf(
  client: KubernetesClient,
  does: string,
  { metadata, spec }: Deployment,
  revision: number,
  call: Call,
): Promise<Json | undefined> {
  const labels = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  const query = new URLSearchParams({ labelSelector: labels.join(',') });
  const path = `/apis/apps/v1/namespaces/${client.namespace}/replicasets?${query.toString()}`;
  const { items } = await read(client, does, { method: 'GET', path }, replicaSets, call);
  const found = items.find(
    (set) =>
      set.metadata.ownerReferences.some(({ uid }) => uid === metadata.uid) &&
      [
        set.metadata.annotations[revisionKey],
        ...(set.metadata.annotations[historyKey] ?? '').split(','),
      ].includes(String(revision)),
  );
  return found === undefined ? undefined : plain(found.spec.template);
}

/** A template without what the controller adds to it for a ReplicaSet. */
export function plain({ metadata, ...rest }: z.output<typeof template>): Json {
  const { [hashKey]: _hash, ...labels } = metadata.labels;
  // It came as JSON, and nothing else was added.
  return JSON.parse(JSON.stringify({ ...rest, metadata: { ...metadata, labels } })) as Json;
}
