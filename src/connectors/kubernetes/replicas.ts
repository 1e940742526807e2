// The state kubernetes/replicas: a deployment has so many pods, and all of them are available.
import { z } from 'zod';
import { defineState, type Receipt } from '../../connector.ts';
import { read, replace } from './api.ts';
import type { KubernetesClient } from './client.ts';
import { deployment, deploymentPath, unfinished } from './deployment.ts';
import { objectName, restored } from './kept.ts';

const desired = z.strictObject({
  deployment: objectName.meta({ description: 'The name of the deployment' }),
  replicas: z.int().min(0).max(10_000).meta({ description: 'How many pods' }),
});

type Desired = z.output<typeof desired>;

/** Scales a deployment, and waits for it. */
export const replicas = defineState({
  summary: 'A deployment has so many pods, and all of them are available',
  desired,
  observe: async (client: KubernetesClient, wanted: Desired, call) => {
    const path = deploymentPath(client, wanted.deployment);
    const found = await read(
      client,
      'see the deployment in',
      { method: 'GET', path },
      deployment,
      call,
    );
    const now = found.spec.replicas;
    const evidence = { replicas: now };
    if (now !== wanted.replicas) {
      const change = `${wanted.deployment}: ${now} -> ${wanted.replicas} pods`;
      return { type: 'differs', evidence, change, touches: Math.abs(now - wanted.replicas) };
    }
    const left =
      unfinished(found) ??
      (found.status.replicas > now ? `${found.status.replicas - now} pods too many` : undefined);
    if (left === undefined) return { type: 'holds', evidence };
    return {
      type: 'differs',
      evidence: { ...evidence, rolling: left },
      change: `${wanted.deployment}: ${left}`,
      touches: 0,
    };
  },
  apply: async (client, wanted, call): Promise<Receipt> =>
    scale(client, wanted, wanted.replicas, call),
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const before = restored(
      client,
      'scale the deployment back in',
      kept,
      z.object({ replicas: z.int().min(0) }),
    );
    return scale(client, wanted, before.replicas, call);
  },
});

async function scale(
  client: KubernetesClient,
  wanted: Desired,
  to: number,
  call: Parameters<typeof replace>[4],
): Promise<Receipt> {
  const path = deploymentPath(client, wanted.deployment);
  return replace(client, 'scale the deployment in', path, deployment, call, ({ spec }) =>
    spec.replicas === to ? undefined : { place: '/spec/replicas', value: to },
  );
}
