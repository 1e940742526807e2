// The options of the kubernetes connector: which cluster, as whom, in which namespace. Credentials are read when they are needed.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { OpenContext } from '../../connector.ts';
import { createConcealer, type Concealer } from '../concealer.ts';
import { duration } from '../duration.ts';
import { type Access, readKubeconfig } from './kubeconfig.ts';

const name = z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'is no name of Kubernetes');

/** What a plan says under `systems` for `uses: kubernetes`. */
export const kubernetesOptions = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'is no http:// or https:// address' })
      .optional()
      .meta({ description: 'The API server, with token' }),
    token: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'The token of a service account; never shown' }),
    'tls-ca': z
      .string()
      .optional()
      .meta({ description: 'A file of certificates to trust, beside the plan' }),
    kubeconfig: z
      .string()
      .optional()
      .meta({ description: 'A kubeconfig, beside the plan, instead of url' }),
    context: z
      .string()
      .optional()
      .meta({ description: 'Which of its contexts. Default: the current one' }),
    'in-cluster': z
      .boolean()
      .default(false)
      .meta({ description: 'As the service account of the pod that Backout runs in' }),
    namespace: name
      .default('default')
      .meta({ description: 'Where names are looked up. Default: default' }),
    timeout: duration
      .default(10_000)
      .meta({ description: 'How long one request may take. Default: 10s' }),
  })
  .refine(
    ({ url, kubeconfig, 'in-cluster': inside }) =>
      [url !== undefined, kubeconfig !== undefined, inside].filter(Boolean).length === 1,
    'needs exactly one of url, kubeconfig and in-cluster: true',
  );

/** The options after validation. */
export type KubernetesOptions = z.output<typeof kubernetesOptions>;

/** One opened cluster. */
export interface KubernetesClient {
  readonly system: string;
  readonly namespace: string;
  readonly timeoutMs: number;
  /** Read anew for each request: tokens of service accounts change within the hour. */
  readonly access: () => Promise<Access>;
  readonly conceal: Concealer;
}

const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Makes the client; reads and asks nothing. */
export function openKubernetes(
  options: KubernetesOptions,
  { system, directory }: OpenContext,
): KubernetesClient {
  return {
    system,
    namespace: options.namespace,
    timeoutMs: options.timeout,
    access: () => accessOf(options, directory),
    conceal: createConcealer([options.token]),
  };
}

async function accessOf(options: KubernetesOptions, directory: string): Promise<Access> {
  if (options.kubeconfig !== undefined)
    return readKubeconfig(resolve(directory, options.kubeconfig), options.context);
  if (options['in-cluster']) {
    const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '443' } =
      process.env;
    const token = (await readFile(join(accountFolder, 'token'), 'utf8')).trim();
    const ca = await readFile(join(accountFolder, 'ca.crt'));
    return { url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, token, ca };
  }
  const file = options['tls-ca'];
  return {
    url: options.url ?? '',
    token: options.token,
    ca: file === undefined ? undefined : await readFile(resolve(directory, file)),
  };
}
