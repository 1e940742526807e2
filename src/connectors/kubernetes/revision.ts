// The state kubernetes/revision: a deployment runs these images or that revision, and its rollout is complete.
import { z } from 'zod';
import { defineState, type Call, type Json, type Receipt } from '../../connector.ts';
import { sameJson } from '../pointer.ts';
import { kubernetesError, read, replace } from './api.ts';
import type { KubernetesClient } from './client.ts';
import {
  deployment,
  deploymentPath,
  imagesOf,
  plain,
  revisionOf,
  templateOf,
  unfinished,
  type Deployment,
} from './deployment.ts';
import { objectName, restored } from './kept.ts';

const desired = z
  .strictObject({
    deployment: objectName.meta({ description: 'The name of the deployment' }),
    images: z
      .record(z.string(), z.string().min(1))
      .optional()
      .meta({ description: 'The image of each container that matters: { app: "shop:1.4" }' }),
    revision: z.int().min(1).optional().meta({
      description: 'Instead of images: the revision, as kubectl rollout history shows it',
    }),
  })
  .refine(
    ({ images, revision }) => (images === undefined) !== (revision === undefined),
    'needs either images or revision',
  );

type Desired = z.output<typeof desired>;

/** Rolls a deployment, and waits for it. */
export const revision = defineState({
  summary: 'A deployment runs these images, or that revision, and its rollout is complete',
  desired,
  observe: async (client: KubernetesClient, wanted: Desired, call) => {
    const does = 'see the deployment in';
    const found = await current(client, does, wanted, call);
    const target = await targetOf(client, does, found, wanted, call);
    // Not the template: environment variables in it may be secrets.
    const evidence = { revision: revisionOf(found), images: imagesOf(found) };
    if (!sameJson(target, plain(found.spec.template))) {
      const change = `${wanted.deployment}: ${spell(imagesOf(found))} -> ${wanted.revision === undefined ? spell(wanted.images ?? {}) : `revision ${wanted.revision}`}`;
      return { type: 'differs', evidence, change, touches: 1 };
    }
    const left = unfinished(found);
    if (left === undefined) return { type: 'holds', evidence };
    return {
      type: 'differs',
      evidence: { ...evidence, rolling: left },
      change: `${wanted.deployment}: ${left}`,
      touches: 0,
    };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const does = 'roll the deployment in';
    const found = await current(client, does, wanted, call);
    return roll(
      client,
      does,
      wanted.deployment,
      call,
      await targetOf(client, does, found, wanted, call),
    );
  },
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const does = 'roll the deployment forward again in';
    const before = restored(client, does, kept, z.object({ revision: z.int().min(1) }));
    const found = await current(client, does, wanted, call);
    const target = await templateOf(client, does, found, before.revision, call);
    if (target !== undefined) return roll(client, does, wanted.deployment, call, target);
    throw gone(client, does, before.revision);
  },
});

async function current(
  client: KubernetesClient,
  does: string,
  wanted: Desired,
  call: Call,
): Promise<Deployment> {
  return read(
    client,
    does,
    { method: 'GET', path: deploymentPath(client, wanted.deployment) },
    deployment,
    call,
  );
}

async function targetOf(
  client: KubernetesClient,
  does: string,
  found: Deployment,
  wanted: Desired,
  call: Call,
): Promise<Json> {
  if (wanted.revision !== undefined) {
    const target = await templateOf(client, does, found, wanted.revision, call);
    if (target === undefined) throw gone(client, does, wanted.revision);
    return target;
  }
  const { template } = found.spec;
  const images = wanted.images ?? {};
  const names = template.spec.containers.map(({ name }) => name);
  const unknown = Object.keys(images).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw kubernetesError(
      client,
      'refused',
      does,
      `${wanted.deployment} has no container ${unknown}, only ${names.join(', ')}`,
    );
  }
  const containers = template.spec.containers.map((each) => ({
    ...each,
    image: images[each.name] ?? each.image,
  }));
  return plain({ ...template, spec: { ...template.spec, containers } });
}

async function roll(
  client: KubernetesClient,
  does: string,
  name: string,
  call: Call,
  target: Json,
): Promise<Receipt> {
  return replace(client, does, deploymentPath(client, name), deployment, call, ({ spec }) =>
    sameJson(plain(spec.template), target) ? undefined : { place: '/spec/template', value: target },
  );
}

function gone(client: KubernetesClient, does: string, number: number) {
  return kubernetesError(
    client,
    'refused',
    does,
    `revision ${number} is gone. Raise revisionHistoryLimit, or name images`,
  );
}

function spell(images: { readonly [container: string]: string }): string {
  return Object.entries(images)
    .map(([name, image]) => `${name} ${image}`)
    .join(', ');
}
