// The kubernetes connector with a small API server whose objects the published schema holds: the contract, conflicts, and revisions that change their numbers.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { after, beforeEach, describe, it } from 'node:test';
import type { Json, Observation } from '../../src/connector.ts';
import { kubernetes } from '../../src/connectors/kubernetes/kubernetes.ts';
import { connectorSuite, type FailureCase } from '../../src/testing.ts';
import {
  applyCall,
  observed,
  opened,
  readCall,
  validated,
} from '../../src/testing/contract-call.ts';
import { makeCertificate } from '../servers/certificate.ts';
import { startedOrMissing } from '../servers/started.ts';
import { clusterToken, lookingToken, startCluster } from './kubernetes-api.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const cluster = await startCluster();
const silent = await startSilentServer();
const nobody = await unusedPort();
const folder = mkdtempSync(join(tmpdir(), 'backout-kubernetes-'));
after(() => {
  rmSync(folder, { recursive: true, force: true });
  return Promise.all([cluster.close(), silent.close()]);
});
const options = { url: cluster.url, token: clusterToken };
const shopPath = '/apis/apps/v1/namespaces/default/deployments/shop';
const shop = (): { spec: { replicas: number; template: Json } } => cluster.things.get(shopPath);

/** The rollouts of the fake go on with each look: two looks later it is there. */
const settled = async (): Promise<void> => {
  for (let look = 0; look < 3; look += 1)
    await fetch(cluster.url + shopPath, { headers: { authorization: `Bearer ${clusterToken}` } });
};
const imageNow = async (): Promise<Json> => {
  await settled();
  return JSON.parse(JSON.stringify(shop().spec)) as Json;
};

const failures: readonly FailureCase[] = [
  {
    title: 'the account may only look',
    options: { ...options, token: lookingToken },
    desired: null,
    class: 'not-allowed',
    says: /may not patch/,
  },
];
const failing = (desired: unknown, none: unknown): readonly FailureCase[] => [
  ...failures.map((each) => ({ ...each, desired })),
  { title: 'there is no such object', desired: none, class: 'refused', says: /not found/ },
];

connectorSuite({
  connector: kubernetes,
  options: () => options,
  secrets: [clusterToken, 'secret-word'],
  unreachable: () => ({ ...options, url: `http://127.0.0.1:${nobody}` }),
  silent: () => ({ ...options, url: silent.url }),
  forbidden: () => ({ ...options, token: 'another-token' }),
  badOptions: [
    { value: { token: clusterToken }, path: '' },
    { value: { ...options, namespace: 'Default' }, path: 'namespace' },
  ],
  states: [
    {
      name: 'replicas',
      desired: () => ({ deployment: 'shop', replicas: 0 }),
      disturb: async () => cluster.reset(),
      picture: imageNow,
      changed: (before, after) => Math.abs(replicasIn(before) - replicasIn(after)),
      undoes: true,
      bad: [{ value: { deployment: 'shop', replicas: -1 }, path: 'replicas' }],
      failures: failing({ deployment: 'shop', replicas: 0 }, { deployment: 'none', replicas: 0 }),
    },
    {
      name: 'revision',
      desired: () => ({ deployment: 'shop', images: { app: 'shop:1' } }),
      disturb: async () => cluster.reset(),
      picture: imageNow,
      changed: () => 1,
      undoes: true,
      bad: [{ value: { deployment: 'shop', images: { app: '' } }, path: 'images.app' }],
      failures: failing(
        { deployment: 'shop', revision: 1 },
        { deployment: 'none', images: { app: 'shop:1' } },
      ),
    },
    {
      name: 'selector',
      desired: () => ({ service: 'shop', selector: { app: 'shop', legacy: 'yes' } }),
      disturb: async () => cluster.reset(),
      picture: async () =>
        JSON.parse(
          JSON.stringify(cluster.things.get('/api/v1/namespaces/default/services/shop').spec),
        ) as Json,
      changed: () => 1,
      undoes: true,
      bad: [{ value: { service: 'shop', selector: {} }, path: 'selector' }],
      failures: failing(
        { service: 'shop', selector: { app: 'old' } },
        { service: 'none', selector: { app: 'old' } },
      ),
    },
  ],
});

describe('kubernetes/revision', () => {
  const kind = kubernetes.states?.['revision'] ?? assert.fail();
  const wantedBy = (more: object): Promise<unknown> =>
    validated(kind.desired, { deployment: 'shop', ...more });
  const open = async (more: object = {}): ReturnType<typeof opened> =>
    opened(
      { connector: kubernetes, options: () => options, secrets: [clusterToken, 'secret-word'] },
      { ...options, ...more },
    );
  const look = async (more: object): Promise<Observation> =>
    observed(await open(), kind, await wantedBy(more));
  const apply = async (more: object): Promise<Json> =>
    (await kind.apply?.(
      (await open()).client as never,
      await wantedBy(more),
      applyCall('run/step', 1),
    )) ?? null;
  const holds = async (more: object): Promise<boolean> => {
    for (let tried = 0; tried < 5; tried += 1) if ((await look(more)).type === 'holds') return true;
    return false;
  };
  beforeEach(() => {
    cluster.reset();
    Object.assign(cluster, { interfere: 0, busy: 0, broken: false });
  });

  for (const [title, wanted] of [
    ['images', { images: { app: 'shop:1' } }],
    ['a revision', { revision: 1 }],
  ] as const) {
    it(`goes back to ${title}, holds only when the rollout is complete, and does nothing twice`, async () => {
      const before = await look(wanted);
      assert.equal(before.type, 'differs');
      assert.match(JSON.stringify(before), /"revision":3.*shop: app shop:3 -> /);
      assert.deepEqual(await apply(wanted), { changed: true });
      cluster.broken = true; // no pod comes up
      const rolling = await look(wanted);
      assert.match(
        JSON.stringify(rolling),
        /"differs".*"rolling":"the controller has not seen it yet"/,
      );
      cluster.broken = false;
      assert.ok(await holds(wanted));
      // The revision has another number by now: a second try must still find it.
      assert.deepEqual(await apply(wanted), { changed: false });
      assert.ok(await holds(wanted));
    });

    it(`comes back from ${title} by what was observed, twice, without a receipt`, async () => {
      const seen = await look(wanted);
      assert.ok(seen.type === 'differs');
      await apply(wanted);
      for (const attempt of [1, 2]) {
        const kept = { before: seen.evidence, receipt: null };
        const { client } = await open();
        await kind.undo?.(
          client as never,
          await wantedBy(wanted),
          kept,
          applyCall('undo', attempt),
        );
        assert.match(JSON.stringify(shop().spec.template), /shop:3/);
      }
    });
  }

  it('says that a rollout is stuck, and how many pods are missing', async () => {
    const target = { images: { app: 'shop:3' } };
    const thing = cluster.things.get(shopPath);
    cluster.broken = true;
    thing.status.availableReplicas = 1;
    assert.match(JSON.stringify(await look(target)), /1 of 3 pods are available/);
    thing.status.conditions = [
      { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' },
    ];
    assert.match(JSON.stringify(await look(target)), /stuck/);
  });

  it('changes only the version that it read, reads again when others were faster, and gives up in the end', async () => {
    cluster.interfere = 2;
    assert.deepEqual(await apply({ images: { app: 'shop:2' } }), { changed: true });
    cluster.reset();
    cluster.interfere = 9;
    await assert.rejects(apply({ images: { app: 'shop:2' } }), {
      class: 'cannot-reach',
      message: /faster/,
    });
    assert.match(JSON.stringify(shop().spec.template), /shop:3/);
  });

  it('refuses a revision that is gone and a container that is not there', async () => {
    await assert.rejects(apply({ revision: 9 }), {
      class: 'refused',
      message: /revision 9 is gone/,
    });
    await assert.rejects(apply({ images: { web: 'shop:1' } }), {
      class: 'refused',
      message: /only app/,
    });
    await assert.rejects(
      wantedBy({ images: { app: 'x' }, revision: 1 }),
      /either images or revision/,
    );
  });

  it('has patience when it is asked for it', async () => {
    cluster.busy = 2;
    assert.equal((await look({ revision: 1 })).type, 'differs');
    cluster.busy = 99;
    const seen = await look({ revision: 1 });
    assert.equal(seen.type === 'unknown' && seen.class, 'cannot-reach');
  });

  it('tells the cluster by kube-system, and the environment by a label of the namespace', async () => {
    const { client } = await open();
    const identity = await kubernetes.identify?.(client as never, readCall());
    assert.deepEqual([identity?.id, identity?.environment], ['cluster-7', 'staging']);
  });

  it('reads a kubeconfig, and says what it lacks without saying what is in it', async () => {
    const config = (user: object): string =>
      JSON.stringify({
        'current-context': 'here',
        contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: cluster.url } }],
        users: [{ name: 'u', user }],
      });
    const kubeconfig = join(folder, 'config');
    const ask = async (more: object = {}): Promise<string> => {
      const given = {
        connector: kubernetes,
        options: () => ({ kubeconfig, ...more }),
        secrets: [clusterToken],
      };
      const system = await opened(given);
      const answer = await kubernetes.probe?.(system.client as never, readCall());
      system.hears(answer);
      return JSON.stringify(answer);
    };
    writeFileSync(kubeconfig, config({ token: clusterToken }));
    assert.match(await ask(), /"ready"/);
    assert.match(await ask({ context: 'there' }), /has no context there/);
    writeFileSync(kubeconfig, config({ exec: { command: 'aws' } }));
    assert.match(await ask(), /signs in by a program, which is not run here/);
    writeFileSync(kubeconfig, `token: ${clusterToken}\n\tx`);
    assert.match(await ask(), /is no YAML/);
    writeFileSync(kubeconfig, 'apiVersion: v1');
    assert.match(await ask(), /"refused".*is no kubeconfig/);
  });
});

describe('a kubernetes API server with TLS', () => {
  it('is believed by the authority that the plan names, and lets us in by a certificate', async (t) => {
    const { server: files, skip } = await startedOrMissing('openssl', () =>
      makeCertificate(folder),
    );
    if (files === undefined) return t.skip(skip);
    const [cert, key] = [readFileSync(files.certificate), readFileSync(files.key)];
    const secure = createServer(
      { cert, key, ca: cert, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        const isKnown = (request.socket as TLSSocket).authorized || request.headers.authorization;
        response.writeHead(isKnown ? 201 : 401).end('{"status":{"allowed":true}}');
      },
    );
    await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
    const { port } = secure.address() as AddressInfo; // a server on TCP has such an address
    const url = `https://127.0.0.1:${port}`;
    const probe = async (given: object): Promise<string> => {
      const system = await opened({ connector: kubernetes, options: () => given, secrets: [] });
      return JSON.stringify(await kubernetes.probe?.(system.client as never, readCall()));
    };
    try {
      assert.match(await probe({ url, token: clusterToken }), /"target-mismatch".*proves nothing/);
      const trusting = { url, 'tls-ca': files.certificate };
      assert.match(await probe({ ...trusting, token: clusterToken }), /"ready"/);
      assert.match(await probe(trusting), /"not-allowed"/);
      const kubeconfig = join(folder, 'certified');
      const user = {
        'client-certificate-data': cert.toString('base64'),
        'client-key': files.key,
      };
      const known = { server: url, 'certificate-authority': files.certificate };
      writeFileSync(
        kubeconfig,
        JSON.stringify({
          contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
          clusters: [{ name: 'c', cluster: known }],
          users: [{ name: 'u', user }],
        }),
      );
      assert.match(await probe({ kubeconfig, context: 'here' }), /"ready"/);
    } finally {
      secure.closeAllConnections();
      secure.close();
    }
  });
});

function replicasIn(picture: Json): number {
  return (picture as { readonly replicas: number }).replicas;
}
