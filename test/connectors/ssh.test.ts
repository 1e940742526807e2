// The ssh connector with a real OpenSSH server: the contract, host keys, words of any kind, and commands that do all they can to stay.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { AnyStateKind, Json, Observation } from '../../src/connector.ts';
import { launcher } from '../../src/connectors/ssh/remote.ts';
import { ssh } from '../../src/connectors/ssh/ssh.ts';
import { connectorSuite } from '../../src/testing.ts';
import {
  applyCall,
  opened,
  readCall,
  validated,
  type Limits,
  type Opened,
} from '../../src/testing/contract-call.ts';
import { temporaryFolder } from '../servers/process.ts';
import { startSshd } from '../servers/sshd.ts';
import { startedOrMissing } from '../servers/started.ts';
import { startSilentServer, unusedPort } from './quiet-server.ts';

const { server, skip } = await startedOrMissing('sshd', () => startSshd());
const silent = await startSilentServer();
const nobody = await unusedPort();
const secret = 'a-very-secret-word';
const folder = temporaryFolder('ssh');
const flag = join(folder, 'flag');
const sh = (script: string): readonly string[] => ['/bin/sh', '-c', script];
const isOff = sh(
  'test "$(cat flag)" = off || { echo "{\\"change\\":\\"flag on -> off\\"}"; exit 1; }',
);

describe('ssh', { skip }, () => {
  if (server === undefined) return;
  after(async () => {
    await Promise.all([server.stop(), silent.close()]);
    rmSync(folder, { recursive: true, force: true });
  });
  const options = {
    host: '127.0.0.1',
    port: server.port,
    user: server.user,
    key: server.key,
    'known-hosts': server.knownHosts,
    cwd: folder,
    env: { SECRET: secret },
  };
  const stranger = { ...options, key: server.strangerKey };

  connectorSuite({
    connector: ssh,
    options: () => options,
    secrets: [secret],
    unreachable: () => ({ ...options, port: nobody }),
    silent: () => ({ ...options, port: silent.port }),
    forbidden: () => stranger,
    badOptions: [
      { value: { ...options, host: '-oProxyCommand=x' }, path: 'host' },
      { value: { ...options, host: 'a b' }, path: 'host' },
      { value: { ...options, user: '-x' }, path: 'user' },
      { value: { ...options, env: { 'A=B': 'x' } }, path: 'env.A=B' },
      { value: { ...options, password: 'x' }, path: '' },
    ],
    states: [
      {
        name: 'holds',
        desired: () => ({
          observe: isOff,
          apply: sh('echo off > flag; echo "used $SECRET"'),
          undo: sh('grep -q used && echo on > flag'),
        }),
        disturb: async () => writeFileSync(flag, 'on\n'),
        picture: async () => readFileSync(flag, 'utf8'),
        undoes: true,
        withoutReceipt: 'refused',
        bad: [
          { value: { observe: 'cat flag' }, path: 'observe' },
          { value: { observe: ['true'], apply: [] }, path: 'apply' },
        ],
        failures: [
          {
            title: 'the host shows another key than the one that is known',
            options: { ...options, 'known-hosts': server.wrongHosts },
            desired: { observe: isOff, apply: sh('echo off > flag') },
            class: 'target-mismatch',
            says: /its host key is not the one/,
          },
          {
            title: 'the host is not known',
            options: { ...options, 'known-hosts': join(folder, 'none') },
            desired: { observe: isOff, apply: sh('echo off > flag') },
            class: 'target-mismatch',
          },
          {
            title: 'the command says no, with the code that ssh itself has for a broken way',
            desired: { observe: isOff, apply: sh('echo "no such flag, $SECRET" >&2; exit 255') },
            class: 'refused',
            says: /exited with 255: no such flag/,
          },
          {
            title: 'there is no such program',
            desired: { observe: isOff, apply: ['/no/such/program'] },
            class: 'refused',
            says: /exited with 127/,
          },
          {
            title: 'there is no such folder',
            desired: { observe: isOff, apply: ['true'], cwd: '/no/such/folder' },
            class: 'refused',
            says: /exited with 72/,
          },
          {
            title: 'the plan has no apply command',
            desired: { observe: isOff },
            class: 'refused',
            says: /Add apply/,
          },
        ],
      },
    ],
    signals: [
      {
        title: 'a number is printed last',
        query: { command: sh('echo counting; echo 12.5') },
        expect: 'number',
        value: 12.5,
      },
      { title: 'nothing is printed', query: { command: ['true'] }, expect: 'no-data' },
      {
        title: 'the command fails',
        query: { command: ['false'] },
        expect: 'error',
        class: 'refused',
      },
      {
        title: 'nobody listens',
        options: { ...options, port: nobody },
        query: { command: ['echo', '1'] },
        expect: 'error',
        class: 'cannot-reach',
      },
      {
        title: 'nobody answers for longer than a connection may take',
        options: { ...options, port: silent.port, 'connect-timeout': '1s' },
        query: { command: ['echo', '1'] },
        expect: 'error',
        class: 'cannot-reach',
      },
    ],
  });

  const kind: AnyStateKind = ssh.states?.['holds'] ?? assert.fail();
  const open = (given: unknown = options): Promise<Opened> =>
    opened({ connector: ssh, options: () => options, secrets: [secret] }, given);
  const observe = async (
    words: readonly string[],
    limits: Limits = {},
    given: unknown = options,
  ): Promise<Observation> => {
    const system = await open(given);
    const desired: unknown = await validated(kind.desired, { observe: words });
    const seen = await kind.observe(system.client, desired, readCall(limits));
    system.hears(seen);
    return seen;
  };
  const isWritten = (name: string): boolean =>
    existsSync(join(folder, name)) && readFileSync(join(folder, name), 'utf8').endsWith('\n');
  const isAlive = (pidFile: string): boolean => {
    const pid = readFileSync(join(folder, pidFile), 'utf8').trim();
    // A process that was killed and is not yet collected has no command line any more.
    return (
      existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''
    );
  };
  /** A family on the host that ignores SIGTERM and writes its process ids into `<name>-child` and `<name>-grandchild`. */
  const stubborn = (name: string): readonly string[] =>
    sh(
      `trap '' TERM; sh -c 'trap "" TERM; echo $$ > ${name}-grandchild; while :; do sleep 1; done' & echo $$ > ${name}-child; while :; do sleep 1; done`,
    );
  const untilBegun = async (name: string): Promise<void> => {
    while (!isWritten(`${name}-child`) || !isWritten(`${name}-grandchild`)) await wait(10);
  };
  const untilGone = async (name: string): Promise<void> => {
    while (isAlive(`${name}-child`) || isAlive(`${name}-grandchild`)) await wait(10);
  };

  it('hands words of any kind over unchanged, and what the plan keeps secret is in no process list', async () => {
    const words = [
      '',
      ' ',
      "it's",
      '"$HOME"',
      '`id`',
      '$(exit 3)',
      '!x',
      'a\nb',
      '\\',
      '*',
      '-n',
      'ü €',
      '#',
    ];
    const seen = await observe([...sh('for word; do printf "<%s>" "$word"; done'), 'x', ...words]);
    const printed = JSON.stringify(words.map((word) => `<${word}>`).join('')).slice(1, -1);
    assert.ok(JSON.stringify(seen).includes(printed), JSON.stringify(seen));
    const list = await observe(sh('ps -eo args; echo "$SECRET" | wc -c'));
    assert.ok(list.type === 'holds');
    assert.ok(JSON.stringify(list.evidence).includes(String(secret.length + 1)));
  });

  it(
    'ends a whole family that ignores SIGTERM on the host when it is cancelled',
    { timeout: 50_000 },
    async () => {
      const system = await open();
      const desired: unknown = await validated(kind.desired, { observe: stubborn('cancelled') });
      const controller = new AbortController();
      const call = { signal: controller.signal, deadline: Date.now() + 60_000 };
      const observing = assert.rejects(kind.observe(system.client, desired, call), {
        class: 'cancelled',
      });
      await untilBegun('cancelled');
      controller.abort();
      await observing;
      await untilGone('cancelled');
    },
  );

  it(
    'ends it at the deadline before it says that the time is over',
    { timeout: 50_000 },
    async () => {
      const observing = observe(stubborn('late'), { deadlineMs: 3000 });
      await assert.rejects(observing, { class: 'timed-out' });
      assert.ok(isWritten('late-child'), 'it had begun');
      await untilGone('late');
    },
  );

  it(
    'ends what a command leaves running behind it, and still hears what was said',
    { timeout: 50_000 },
    async () => {
      const seen = await observe(sh('sleep 60 & echo $! > stray; echo done'));
      assert.equal(seen.type === 'holds' && JSON.stringify(seen.evidence).includes('done'), true);
      while (isAlive('stray')) await wait(10);
    },
  );

  it(
    'does not claim to know what became of a command when the connection was cut',
    { timeout: 50_000 },
    async () => {
      const way = await startWay(server.port);
      const given = { ...options, port: way.port, 'known-hosts': server.knownAt(way.port) };
      const observing = assert.rejects(observe(stubborn('cut'), { deadlineMs: 200_000 }, given), {
        class: 'timed-out',
        message: /connection was lost while the command ran/,
      });
      await untilBegun('cut');
      way.cut();
      await observing;
      await untilGone('cut');
      await way.close();
    },
  );

  it(
    'leaves nothing running on a host that no longer hears of us',
    { timeout: 50_000 },
    async () => {
      const way = await startWay(server.port);
      const given = { ...options, port: way.port, 'known-hosts': server.knownAt(way.port) };
      const observing = assert.rejects(observe(stubborn('silent'), { deadlineMs: 2500 }, given), {
        class: 'timed-out',
      });
      await untilBegun('silent');
      way.freeze();
      await observing;
      // Nothing reaches the host any more, not even that we are gone: it ends the command by its own clock.
      await untilGone('silent');
      await way.close();
    },
  );

  it('stops a command that prints for ever, and keeps only a little of it', async () => {
    await assert.rejects(
      observe(['yes', 'x'.repeat(1000)], { deadlineMs: 30_000 }),
      /printed without end/,
    );
  });

  it('runs nothing of what was cut off on its way to the host', async () => {
    const half = spawnSync('/bin/sh', ['-c', launcher('nonce')], {
      input: `echo half > '${folder}/half'\n`,
    });
    assert.equal(half.status, 255);
    const whole = spawnSync('/bin/sh', ['-c', launcher('nonce')], {
      input: `echo whole > '${folder}/half'\n#nonce\n`,
    });
    assert.equal(whole.status, 0);
    assert.equal(readFileSync(join(folder, 'half'), 'utf8'), 'whole\n');
  });

  it('says who answers when a command can tell, and tells the attempt', async () => {
    const system = await open({
      ...options,
      identity: ['echo', '{"environment":"staging","id":"shop-1"}'],
    });
    const identity = await ssh.identify!(system.client as never, readCall());
    assert.deepEqual([identity.environment, identity.id], ['staging', 'shop-1']);
    const desired: unknown = await validated(kind.desired, {
      observe: ['true'],
      apply: sh('echo "$BACKOUT_IDEMPOTENCY_KEY|$BACKOUT_ATTEMPT"'),
    });
    const receipt: Json | undefined = await kind.apply?.(
      system.client,
      desired,
      applyCall('run-1/step', 2),
    );
    assert.match(JSON.stringify(receipt), /"run-1\/step\|2"/);
  });

  it('says so when the host runs something else than it was asked to', async () => {
    const forced = await startSshd(['ForceCommand echo welcome']);
    try {
      const given = {
        ...options,
        port: forced.port,
        key: forced.key,
        'known-hosts': forced.knownHosts,
      };
      await assert.rejects(observe(['true'], {}, given), /forced command or a restricted shell/);
    } finally {
      await forced.stop();
    }
  });
});

/** A way to a port of this machine that can be cut, or go silent without a word. */
async function startWay(to: number): Promise<{
  readonly port: number;
  readonly cut: () => void;
  readonly freeze: () => void;
  readonly close: () => Promise<void>;
}> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a server on TCP has such an address
  const cut = (): void => sockets.forEach((socket) => socket.destroy());
  return {
    port,
    cut,
    freeze: () => sockets.forEach((socket) => socket.unpipe().pause()),
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
