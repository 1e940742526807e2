// A kubeconfig, as kubectl reads it: the cluster and the user of one context. Users that need a program to sign in are refused.
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** How to reach an API server, and how to prove who we are. */
export interface Access {
  readonly url: string;
  readonly token?: string | undefined;
  readonly ca?: Buffer | undefined;
  readonly cert?: Buffer | undefined;
  readonly key?: Buffer | undefined;
}

const file = z.object({
  'current-context': z.string().optional(),
  contexts: z.array(
    z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string() }) }),
  ),
  clusters: z.array(
    z.object({
      name: z.string(),
      cluster: z.object({
        server: z.url(),
        'certificate-authority': z.string().optional(),
        'certificate-authority-data': z.string().optional(),
      }),
    }),
  ),
  users: z.array(
    z.object({
      name: z.string(),
      user: z.object({
        token: z.string().optional(),
        tokenFile: z.string().optional(),
        'client-certificate': z.string().optional(),
        'client-certificate-data': z.string().optional(),
        'client-key': z.string().optional(),
        'client-key-data': z.string().optional(),
        exec: z.unknown().optional(),
      }),
    }),
  ),
});

/** Reads it. Throws an Error that says what it lacks; it never repeats what is in it. */
export async function readKubeconfig(path: string, wanted: string | undefined): Promise<Access> {
  const parsed = file.safeParse(await yamlOf(path));
  if (!parsed.success) throw new Error(`${path} is no kubeconfig`);
  const { contexts, clusters, users, 'current-context': current } = parsed.data;
  const chosen = wanted ?? current;
  const context = contexts.find(({ name }) => name === chosen)?.context;
  const cluster = clusters.find(({ name }) => name === context?.cluster)?.cluster;
  const user = users.find(({ name }) => name === context?.user)?.user;
  if (cluster === undefined || user === undefined) {
    throw new Error(
      `${path} has no context ${chosen ?? 'that is current'} with its cluster and its user`,
    );
  }
  if (user.exec !== undefined) {
    throw new Error(
      `the user of context ${chosen} signs in by a program, which is not run here. Use a token`,
    );
  }
  const bytes = async (
    data: string | undefined,
    named: string | undefined,
  ): Promise<Buffer | undefined> => {
    if (data !== undefined) return Buffer.from(data, 'base64');
    return named === undefined ? undefined : readFile(resolve(dirname(path), named));
  };
  const token = user.token ?? (await bytes(undefined, user.tokenFile))?.toString().trim();
  return {
    url: cluster.server,
    token,
    ca: await bytes(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: await bytes(user['client-certificate-data'], user['client-certificate']),
    key: await bytes(user['client-key-data'], user['client-key']),
  };
}

async function yamlOf(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return parse(text);
  } catch {
    throw new Error(`${path} is no YAML`);
  }
}
