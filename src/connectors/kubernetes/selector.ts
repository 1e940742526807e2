// The state kubernetes/selector: a service leads to the pods with exactly these labels.
import { z } from 'zod';
import { defineState, type Receipt } from '../../connector.ts';
import { sameJson } from '../pointer.ts';
import { read, replace } from './api.ts';
import type { KubernetesClient } from './client.ts';
import { objectName, restored } from './kept.ts';

const labels = z.record(z.string(), z.string());

const service = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  spec: z.object({ selector: labels.default({}) }),
});

const desired = z.strictObject({
  service: objectName.meta({ description: 'The name of the service' }),
  selector: labels
    .refine(
      (given) => Object.keys(given).length > 0,
      'needs at least one label, or the service would lead nowhere',
    )
    .meta({ description: 'All labels of its selector: { app: shop, side: legacy }' }),
});

type Desired = z.output<typeof desired>;

/** Switches a service over. */
export const selector = defineState({
  summary: 'A service leads to the pods with exactly these labels',
  desired,
  observe: async (client: KubernetesClient, wanted: Desired, call) => {
    const path = servicePath(client, wanted);
    const { spec } = await read(
      client,
      'see the service in',
      { method: 'GET', path },
      service,
      call,
    );
    const evidence = { selector: spec.selector };
    if (sameJson(spec.selector, wanted.selector)) return { type: 'holds', evidence };
    const change = `${wanted.service}: ${JSON.stringify(spec.selector)} -> ${JSON.stringify(wanted.selector)}`;
    return { type: 'differs', evidence, change, touches: 1 };
  },
  apply: async (client, wanted, call): Promise<Receipt> =>
    lead(client, wanted, wanted.selector, call),
  undo: async (client, wanted, kept, call): Promise<Receipt> => {
    const before = restored(
      client,
      'lead the service back in',
      kept,
      z.object({ selector: labels }),
    );
    return lead(client, wanted, before.selector, call);
  },
});

async function lead(
  client: KubernetesClient,
  wanted: Desired,
  to: { readonly [label: string]: string },
  call: Parameters<typeof replace>[4],
): Promise<Receipt> {
  return replace(
    client,
    'lead the service in',
    servicePath(client, wanted),
    service,
    call,
    ({ spec }) =>
      sameJson(spec.selector, to) ? undefined : { place: '/spec/selector', value: to },
  );
}

function servicePath({ namespace }: KubernetesClient, { service: name }: Desired): string {
  return `/api/v1/namespaces/${namespace}/services/${name}`;
}
