// A small API server of Kubernetes with the controller of deployments, its objects held by the published schema. No cluster runs here.
import { isDeepStrictEqual } from 'node:util';
import { Deployment, ReplicaSet } from 'kubernetes-models/apps/v1';
import { Service } from 'kubernetes-models/v1';
import { startHttpServer, type TestServer } from './quiet-server.ts';

/** The token of a service account that may do all, and of one that may only look. */
export const clusterToken = 'a-very-secret-token';
export const lookingToken = 'a-token-to-look';

// Objects are JSON whose form the models check.
// oxlint-disable-next-line typescript/no-explicit-any
type Thing = any;

/** A started one. */
export interface Cluster extends TestServer {
  /** By path. */
  readonly things: Map<string, Thing>;
  /** Brings all back to how it began. */
  readonly reset: () => void;
  /** Somebody else changes the object just before each of so many patches. */
  interfere: number;
  /** How many more times it answers that it is busy. */
  busy: number;
  /** Whether the pods of a new template never come up. */
  broken: boolean;
}

const deployments = '/apis/apps/v1/namespaces/default/deployments/';
const services = '/api/v1/namespaces/default/services/';

/** Starts it, with a deployment "shop" at revision 3 and a service "shop". */
export async function startCluster(): Promise<Cluster> {
  const things = new Map<string, Thing>();
  let version = 100;
  const bump = (thing: Thing): void =>
    void (thing.metadata.resourceVersion = String((version += 1)));
  const reset = (): void => {
    things.clear();
    const template = (image: string): Thing => ({
      metadata: { labels: { app: 'shop' } },
      spec: { containers: [{ name: 'app', image, env: [{ name: 'WORD', value: 'secret-word' }] }] },
    });
    const made = new Deployment({
      metadata: { name: 'shop', uid: 'd-1', generation: 1, annotations: {} },
      spec: {
        replicas: 3,
        selector: { matchLabels: { app: 'shop' } },
        template: template('shop:1'),
      },
    });
    things.set(`${deployments}shop`, made.toJSON());
    for (const image of ['shop:1', 'shop:2', 'shop:3']) {
      const shop = things.get(`${deployments}shop`);
      shop.spec.template = template(image);
      control(things, shop, false);
      settle(shop);
      bump(shop);
    }
    const service = new Service({
      metadata: { name: 'shop' },
      spec: { selector: { app: 'shop', side: 'new' }, ports: [{ port: 80 }] },
    }).toJSON() as Thing;
    things.set(`${services}shop`, service);
    bump(service);
  };
  const cluster = { things, reset, interfere: 0, busy: 0, broken: false };
  const answer = (
    method: string,
    url: URL,
    authorization: string,
    body: string,
  ): [number, Thing] => {
    if (cluster.busy > 0) {
      cluster.busy -= 1;
      return status(429, 'too many requests');
    }
    const token = authorization.replace('Bearer ', '');
    if (token !== clusterToken && token !== lookingToken)
      return status(401, `Unauthorized: ${token}`);
    const path = url.pathname;
    if (path === '/api/v1/namespaces/kube-system') return [200, { metadata: { uid: 'cluster-7' } }];
    if (path === '/api/v1/namespaces/default')
      return [200, { metadata: { uid: 'n-1', labels: { 'backout.environment': 'staging' } } }];
    if (path.endsWith('/selfsubjectaccessreviews'))
      return [201, { status: { allowed: token === clusterToken } }];
    if (path.endsWith('/replicasets')) {
      const items = [...things.values()].filter(({ kind }) => kind === 'ReplicaSet');
      return [200, { items }];
    }
    const thing = things.get(path);
    if (thing === undefined) return status(404, `${path.split('/').at(-1)} not found`);
    if (method === 'GET') {
      if (thing.kind === 'Deployment' && !cluster.broken) step(thing);
      return [200, thing];
    }
    if (token !== clusterToken) return status(403, 'forbidden: may not patch');
    if (cluster.interfere > 0) {
      cluster.interfere -= 1;
      bump(thing);
    }
    return patched(path, thing, body);
  };
  const patched = (path: string, thing: Thing, body: string): [number, Thing] => {
    const next = structuredClone(thing);
    for (const { op, path: place, value } of JSON.parse(body) as Thing[]) {
      const keys = place.split('/').slice(1);
      const last = keys.pop();
      const inner = keys.reduce((at: Thing, key: string) => at[key], next);
      if (op === 'test' && !isDeepStrictEqual(inner[last], value))
        return status(422, `testing path ${place} failed`);
      if (op === 'add') inner[last] = value;
    }
    try {
      (thing.kind === 'Deployment' ? new Deployment(next) : new Service(next)).validate();
    } catch (error) {
      return status(422, (error as Error).message);
    }
    const changed = !isDeepStrictEqual(next.spec, thing.spec);
    if (!changed) return [200, thing];
    things.set(path, next);
    bump(next);
    if (next.kind === 'Deployment') control(things, next, true);
    return [200, next];
  };
  const server = await startHttpServer((request, response, body) => {
    const { method = '', url = '', headers } = request;
    const address = new URL(url, 'http://cluster');
    const [code, says] = answer(method, address, headers.authorization ?? '', body);
    response.writeHead(code, code === 429 ? { 'retry-after': '0' } : {}).end(JSON.stringify(says));
  });
  reset();
  return Object.assign(cluster, server);
}

/** What the controller does when the spec changed: a ReplicaSet for the template, old or new, under the next number. */
function control(things: Map<string, Thing>, shop: Thing, isLate: boolean): void {
  shop.metadata.generation += 1;
  const key = 'deployment.kubernetes.io/revision';
  const history = 'deployment.kubernetes.io/revision-history';
  const next = Number(shop.metadata.annotations[key] ?? 0) + 1;
  const sets = [...things.values()].filter(({ kind }) => kind === 'ReplicaSet');
  const bare = (template: Thing): Thing => {
    const { 'pod-template-hash': _hash, ...labels } = template.metadata.labels;
    return { ...template, metadata: { ...template.metadata, labels } };
  };
  const known = sets.find(({ spec }) =>
    isDeepStrictEqual(bare(spec.template), bare(shop.spec.template)),
  );
  if (known?.metadata.annotations[key] === shop.metadata.annotations[key] && known !== undefined)
    return wait(shop);
  if (known === undefined) {
    const name = `shop-${next}`;
    const template = structuredClone(shop.spec.template);
    template.metadata.labels['pod-template-hash'] = `hash${next}`;
    const set = new ReplicaSet({
      metadata: {
        name,
        annotations: { [key]: String(next) },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop', uid: 'd-1' }],
      },
      spec: { selector: { matchLabels: { app: 'shop' } }, template },
    });
    set.validate();
    things.set(`set/${name}`, set.toJSON());
  } else {
    const { annotations } = known.metadata;
    annotations[history] = [annotations[history], annotations[key]].filter(Boolean).join(',');
    annotations[key] = String(next);
  }
  shop.metadata.annotations[key] = String(next);
  if (isLate) wait(shop);
}

/** The new pods are still to come. */
function wait(shop: Thing): void {
  shop.status = { ...shop.status, updatedReplicas: 0 };
}

/** One look later: first the controller sees the spec, then the pods are there. */
function step(shop: Thing): void {
  if (shop.status?.observedGeneration !== shop.metadata.generation) {
    shop.status = { ...shop.status, observedGeneration: shop.metadata.generation };
    return;
  }
  settle(shop);
}

function settle(shop: Thing): void {
  const { replicas } = shop.spec;
  const observedGeneration = shop.metadata.generation;
  shop.status = {
    observedGeneration,
    replicas,
    updatedReplicas: replicas,
    availableReplicas: replicas,
  };
}

function status(code: number, message: string): [number, object] {
  return [code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }];
}
