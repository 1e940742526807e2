// The nginx connector on a real nginx: the contract, files that were never loaded, and reloads that do not come about.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { AnyStateKind, Json, Kept, Observation } from '../../src/connector.ts';
import { weightsIn } from '../../src/connectors/nginx/block.ts';
import { nginx } from '../../src/connectors/nginx/nginx.ts';
import { connectorSuite } from '../../src/testing.ts';
import {
  applyCall,
  opened,
  readCall,
  validated,
  type Limits,
} from '../../src/testing/contract-call.ts';
import { plainUpstream, startNginx } from '../servers/nginx.ts';
import { startedOrMissing } from '../servers/started.ts';
import { startHttpServer } from './quiet-server.ts';

const held: (() => void)[] = [];
const legacy = await startHttpServer((request_, response) => {
  if (request_.url === '/slow') held.push(() => response.end('slow'));
  else response.end('legacy');
});
const ledger = await startHttpServer((_request, response) => void response.end('ledger'));
const addresses = { legacy: `127.0.0.1:${legacy.port}`, ledger: `127.0.0.1:${ledger.port}` };
const { server, skip } = await startedOrMissing('nginx', () => startNginx(addresses.ledger));
after(async () => {
  held.splice(0).forEach((end) => end());
  await server?.stop();
  await Promise.all([legacy.close(), ledger.close()]);
});

describe('nginx', { skip }, () => {
  const edge = server ?? assert.fail();
  const options = { config: edge.config, 'pid-file': edge.pidFile, program: [edge.program] };
  const kind: AnyStateKind = nginx.states?.['weights'] ?? assert.fail();
  const routed = {
    file: edge.upstream,
    upstream: 'app',
    weights: { [addresses.legacy]: 100, [addresses.ledger]: 0 },
  };
  const proven = { ...routed, proof: edge.proof };
  const open = (given: unknown = options) =>
    opened({ connector: nginx, options: () => given, secrets: [] });
  const observe = async (wanted: unknown, given?: unknown): Promise<Observation> => {
    const system = await open(given);
    const desired: unknown = await validated(kind.desired, wanted);
    return kind.observe(system.client, desired, readCall());
  };
  const apply = async (wanted: unknown, given?: unknown, limits?: Limits): Promise<Json> => {
    const system = await open(given);
    const desired: unknown = await validated(kind.desired, wanted);
    return (await kind.apply?.(system.client, desired, applyCall('r/s', 1, limits))) ?? null;
  };
  const undo = async (wanted: unknown, kept: Kept): Promise<void> => {
    const system = await open();
    const desired: unknown = await validated(kind.desired, wanted);
    await kind.undo?.(system.client, desired, kept, applyCall('r/undo', 1));
  };
  const workers = (): readonly string[] => {
    const children = readFileSync(`/proc/${edge.master()}/task/${edge.master()}/children`, 'utf8');
    const title = (pid: string): string => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return 'gone, shutting down';
      }
    };
    return children.split(' ').filter((pid) => pid !== '' && !/shutting/.test(title(pid)));
  };
  const reload = async (): Promise<void> => {
    const before = new Set(workers());
    process.kill(edge.master(), 'SIGHUP');
    while (workers().length < 2 || workers().some((pid) => before.has(pid))) await wait(20);
  };
  const reset = async (): Promise<void> => {
    writeFileSync(edge.upstream, plainUpstream(addresses.ledger));
    await reload();
  };
  const picture = async (): Promise<Json> => [
    readFileSync(edge.upstream, 'utf8'),
    readdirSync(dirname(edge.upstream)),
    await (await fetch(`${edge.url}/`, { headers: { connection: 'close' } })).text(),
  ];
  const changeOf = (seen: Observation): string =>
    seen.type === 'differs' ? (seen.change ?? '') : JSON.stringify(seen);

  connectorSuite({
    connector: nginx,
    options: () => options,
    secrets: [],
    unreachable: () => ({ ...options, 'pid-file': '/no/such.pid' }),
    silent: () => ({ ...options, program: ['sh', '-c', 'sleep 600'] }),
    badOptions: [
      { value: { program: 'nginx' }, path: 'program' },
      { value: { timeout: 5 }, path: 'timeout' },
    ],
    states: [
      {
        name: 'weights',
        desired: () => routed,
        disturb: reset,
        picture,
        undoes: true,
        changed: (before, after) => {
          const [then, now] = [before, after].map((each) => weightsIn(textOf(each), 'app'));
          const names = new Set([...(then?.keys() ?? []), ...(now?.keys() ?? [])]);
          return [...names].filter((name) => then?.get(name) !== now?.get(name)).length;
        },
        bad: [
          { value: { ...routed, weights: {} }, path: 'weights' },
          { value: { ...routed, weights: { 'a:1': 65_536 } }, path: 'weights.a:1' },
          { value: { ...routed, weights: { 'a; }': 1 } }, path: 'weights.a; }' },
          { value: { ...routed, settings: ['keepalive 2; } evil {'] }, path: 'settings.0' },
        ],
        failures: [
          {
            title: 'nginx does not know a word of the block',
            desired: { ...routed, settings: ['no_such_setting on'] },
            class: 'refused',
            says: /the old file is back.*unknown directive "no_such_setting"/,
          },
          {
            title: 'nobody includes the file',
            desired: { ...routed, file: join(dirname(edge.upstream), 'app.txt') },
            class: 'refused',
            says: /does not include/,
          },
          {
            title: 'nginx is not installed there',
            options: { ...options, program: ['/no/such/nginx'] },
            desired: routed,
            class: 'refused',
            says: /there is no/,
          },
          {
            title: 'nginx is told to reload and does not',
            options: { ...options, program: [reluctant(edge.program)], timeout: '600ms' },
            desired: routed,
            class: 'verification-failed',
            says: /was told to reload and did not/,
          },
        ],
      },
    ],
  });

  it('does not trust a file that was changed and never loaded', async () => {
    await reset();
    await apply(routed);
    const text = readFileSync(edge.upstream, 'utf8');
    await reset();
    writeFileSync(edge.upstream, text);
    assert.match(changeOf(await observe(routed)), /the workers run an older configuration/);
    assert.match(changeOf(await observe(proven)), /the workers run an older configuration/);
    await reload();
    assert.equal((await observe(routed)).type, 'holds');
    assert.equal((await observe(proven)).type, 'holds');
  });

  it('says what would change, server by server, and knows a file that is not there', async () => {
    await reset();
    const seen = await observe(routed);
    assert.equal(
      changeOf(seen),
      `app: ${addresses.legacy} none -> 100, ${addresses.ledger} 5 -> 0`,
    );
    assert.equal(seen.type === 'differs' && seen.touches, 2);
    const other = { ...routed, file: join(dirname(edge.upstream), 'no-such.conf') };
    assert.match(changeOf(await observe(other)), /none -> 100/);
  });

  it('makes a file that was not there, and undo takes it away again', async () => {
    await reset();
    const file = join(dirname(edge.upstream), 'other.conf');
    const wanted = { ...routed, file, upstream: 'other' };
    const before = await observe(wanted);
    assert.ok(before.type === 'differs');
    await apply(wanted);
    assert.equal((await observe(wanted)).type, 'holds');
    await undo(wanted, { before: before.evidence, receipt: null });
    assert.ok(!existsSync(file));
    await undo(wanted, { before: before.evidence, receipt: null });
  });

  it('finds the old file of an attempt that died between writing and testing', async () => {
    await reset();
    const backup = join(dirname(edge.upstream), '.app.conf.backout');
    const old = readFileSync(edge.upstream, 'utf8');
    writeFileSync(backup, JSON.stringify({ text: old }));
    writeFileSync(edge.upstream, 'upstream app { half');
    await assert.rejects(apply({ ...routed, settings: ['no_such_setting on'] }), {
      class: 'refused',
    });
    assert.equal(readFileSync(edge.upstream, 'utf8'), old);
    assert.ok(!existsSync(backup));
  });

  it('loses no request of clients that keep their connections while it reloads', async () => {
    await reset();
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const answers: string[] = [];
    const over = new AbortController();
    const get = (): Promise<string> =>
      new Promise((resolve) => {
        request(`${edge.url}/`, { agent }, (response) => {
          response.setEncoding('utf8').once('data', resolve);
        })
          // A connection that nginx closed while it lay idle is used again by some clients, and fails.
          .on('error', (error) => resolve(String(error)))
          .end();
      });
    const customers = Array.from({ length: 4 }, async () => {
      while (!over.signal.aborted) answers.push(await get());
    });
    await apply(routed);
    const done = answers.length;
    while (answers.length < done + 40) await wait(10);
    over.abort();
    await Promise.all(customers);
    agent.destroy();
    assert.deepEqual(
      answers.filter(
        (answer) => !/^(legacy|ledger)$/.test(answer) && !/ECONNRESET|hang up/.test(answer),
      ),
      [],
    );
    assert.deepEqual(new Set(answers.slice(-20)), new Set(['legacy']));
  });

  it('can wait until the workers with the old configuration have gone', async () => {
    await reset();
    await apply(routed);
    const slow = fetch(`${edge.url}/slow`).then((response) => response.text());
    while (held.length === 0) await wait(10);
    const back = { ...routed, weights: { [addresses.ledger]: 1 }, 'wait-for-old': true };
    await assert.rejects(apply(back, undefined, { deadlineMs: 4000 }), { class: 'timed-out' });
    assert.match(changeOf(await observe(back)), /workers of the old configuration still serve/);
    held.splice(0).forEach((end) => end());
    assert.equal(await slow, 'slow');
    await apply(back);
    assert.equal((await observe(back)).type, 'holds');
  });

  it('says what was broken before it came, and leaves it', async () => {
    await reset();
    const broken = join(dirname(edge.upstream), 'broken.conf');
    writeFileSync(broken, 'upstream { }');
    const system = await open();
    const answer = await nginx.probe?.(system.client as never, readCall());
    assert.match(answer?.type === 'not-ready' ? answer.because : '', /broken before we touch it/);
    const before = await picture();
    await assert.rejects(apply(routed), { class: 'refused' });
    assert.deepEqual(await picture(), before);
    rmSync(broken);
  });

  it('finds the old file in its place when the master is gone at the very moment of the reload', async () => {
    await reset();
    const before = readFileSync(edge.upstream, 'utf8');
    const gone = `#!/bin/sh\n[ "$1" = -s ] && echo 'nginx: [alert] kill(1, 1) failed (3: No such process)' >&2 && exit 1\nexec ${edge.program} "$@"\n`;
    const program = join(dirname(edge.config), 'gone');
    writeFileSync(program, gone, { mode: 0o755 });
    await assert.rejects(apply(routed, { ...options, program: [program] }), {
      class: 'cannot-reach',
    });
    assert.equal(readFileSync(edge.upstream, 'utf8'), before);
  });

  it('knows a process number that another program has now', async () => {
    const file = join(dirname(edge.config), 'other.pid');
    writeFileSync(file, String(process.pid));
    await assert.rejects(observe(routed, { ...options, 'pid-file': file }), {
      class: 'target-mismatch',
    });
  });

  it('says in which environment it stands by a comment of its main file', async () => {
    const system = await open();
    const identity = await nginx.identify?.(system.client as never, readCall());
    assert.equal(identity?.environment, 'staging');
  });
});

/** The text of the file in a picture. */
function textOf(picture: Json): string {
  const text: unknown = Array.isArray(picture) ? picture[0] : undefined;
  return typeof text === 'string' ? text : '';
}

/** An nginx that tests as the real one and takes no order to reload. */
function reluctant(program: string): string {
  const path = join(dirname(server?.config ?? ''), 'reluctant');
  const beside = `${path}.new`;
  writeFileSync(beside, `#!/bin/sh\n[ "$1" = -s ] && exit 0\nexec ${program} "$@"\n`, {
    mode: 0o755,
  });
  renameSync(beside, path);
  return path;
}
