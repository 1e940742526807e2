// Names in a cluster, and what was kept before the first apply, read back.
import { z } from 'zod';
import type { Kept } from '../../connector.ts';
import { kubernetesError } from './api.ts';
import type { KubernetesClient } from './client.ts';

/** The name of an object. */
export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'is no name of Kubernetes');

/** What observe wrote down, which is all that undo needs. Throws `refused` when nobody saw how it was. */
export function restored<T>(
  client: KubernetesClient,
  does: string,
  { before }: Kept,
  schema: z.ZodType<T>,
): T {
  const parsed = schema.safeParse(before);
  if (parsed.success) return parsed.data;
  throw kubernetesError(
    client,
    'refused',
    does,
    'nobody saw how it was before. Look at it with kubectl',
  );
}
