// The command connector with real programs: the contract, and commands that do all they can to stay.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { AnyStateKind, Observation, Reading } from '../../src/connector.ts';
import { command } from '../../src/connectors/command/command.ts';
import { connectorSuite } from '../../src/testing.ts';
import { applyCall, opened, readCall, validated } from '../../src/testing/contract-call.ts';

const secret = 'a-very-secret-word';
const folder = mkdtempSync(join(tmpdir(), 'backout-command-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const flag = join(folder, 'flag');
const options = { cwd: folder, env: { SECRET: secret } };
const sh = (script: string): readonly string[] => ['/bin/sh', '-c', script];
const isOff = sh(
  'test "$(cat flag)" = off || { echo "{\\"change\\":\\"flag on -> off\\"}"; exit 1; }',
);

connectorSuite({
  connector: command,
  options: () => options,
  secrets: [secret],
  badOptions: [
    { value: { env: { 'A=B': 'x' } }, path: 'env.A=B' },
    { value: { shell: true }, path: '' },
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
        { value: { observe: [''] }, path: 'observe' },
        { value: { observe: ['true'], apply: [] }, path: 'apply' },
      ],
      failures: [
        {
          title: 'the command says no',
          desired: { observe: isOff, apply: sh('echo "no such flag, $SECRET" >&2; exit 3') },
          class: 'refused',
          says: /exited with 3: no such flag/,
        },
        {
          title: 'the command says that it may not',
          desired: { observe: isOff, apply: sh('exit 77') },
          class: 'not-allowed',
        },
        {
          title: 'the command says that it should be tried again',
          desired: { observe: isOff, apply: sh('exit 75') },
          class: 'cannot-reach',
        },
        {
          title: 'there is no such program',
          desired: { observe: isOff, apply: ['/no/such/program'] },
          class: 'refused',
          says: /there is no/,
        },
        {
          title: 'the file is no program',
          desired: { observe: isOff, apply: [flag] },
          class: 'not-allowed',
        },
        {
          title: 'the command is killed by somebody else',
          desired: { observe: isOff, apply: sh('kill -9 $$') },
          class: 'refused',
          says: /SIGKILL/,
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
    { title: 'NaN is printed', query: { command: ['echo', 'NaN'] }, expect: 'no-data' },
    {
      title: 'a text is printed',
      query: { command: sh('echo $SECRET') },
      expect: 'error',
      class: 'refused',
    },
    {
      title: 'the command fails',
      query: { command: ['false'] },
      expect: 'error',
      class: 'refused',
    },
  ],
});

describe('command', () => {
  const kind: AnyStateKind = command.states?.['holds'] ?? assert.fail();
  const open = () => opened({ connector: command, options: () => options, secrets: [secret] });
  const observe = async (words: readonly string[], limits = {}): Promise<Observation> => {
    const system = await open();
    const desired: unknown = await validated(kind.desired, { observe: words });
    const seen = await kind.observe(system.client, desired, readCall(limits));
    system.hears(seen);
    return seen;
  };
  const isAlive = (pidFile: string): boolean => {
    const pid = readFileSync(join(folder, pidFile), 'utf8').trim();
    // A process that was killed and is not yet collected has no command line any more.
    return (
      existsSync(`/proc/${pid}/cmdline`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== ''
    );
  };

  it('ends a whole family that ignores SIGTERM', { timeout: 30_000 }, async () => {
    const stubborn = `trap '' TERM; sh -c 'trap "" TERM; echo $$ > grandchild; while :; do sleep 1; done' & echo $$ > child; while :; do sleep 1; done`;
    const system = await open();
    const desired: unknown = await validated(kind.desired, { observe: sh(stubborn) });
    const controller = new AbortController();
    const call = { signal: controller.signal, deadline: Date.now() + 60_000 };
    const observing = assert.rejects(kind.observe(system.client, desired, call), {
      class: 'cancelled',
    });
    const isWritten = (name: string): boolean =>
      existsSync(join(folder, name)) && readFileSync(join(folder, name), 'utf8').endsWith('\n');
    while (!isWritten('child') || !isWritten('grandchild')) await wait(10);
    controller.abort();
    await observing;
    while (isAlive('child') || isAlive('grandchild')) await wait(10);
  });

  it('stops at its deadline', async () => {
    await assert.rejects(observe(['sleep', '60'], { deadlineMs: 100 }), { class: 'timed-out' });
  });

  it('stops when it is told to', async () => {
    await assert.rejects(observe(['sleep', '60'], { cancelMs: 50 }), { class: 'cancelled' });
  });

  it(
    'ends what a command leaves running behind it, and still hears what was said',
    { timeout: 30_000 },
    async () => {
      const seen = await observe(sh('sleep 60 & echo $! > stray; echo done'));
      assert.equal(seen.type === 'holds' && JSON.stringify(seen.evidence).includes('done'), true);
      while (isAlive('stray')) await wait(10);
    },
  );

  it('stops a command that prints for ever, and keeps only a little of it', async () => {
    const before = process.memoryUsage().rss;
    await assert.rejects(observe(['yes', 'x'.repeat(1000)]), /printed without end/);
    assert.ok(process.memoryUsage().rss - before < 200e6);
  });

  it('does not know what to make of another exit than holds or differs', async () => {
    await assert.rejects(observe(sh('exit 2')), { class: 'refused' });
    const system = await open();
    const desired: unknown = await validated(kind.desired, {
      observe: sh('exit 2'),
      'differs-exit': 2,
    });
    assert.equal((await kind.observe(system.client, desired, readCall())).type, 'differs');
  });

  it('takes what the command says would change', async () => {
    writeFileSync(flag, 'on\n');
    const seen = await observe(isOff);
    assert.equal(seen.type === 'differs' && seen.change, 'flag on -> off');
  });

  it('interprets nothing, hands on no environment of ours, and tells the attempt', async () => {
    process.env['OURS'] = 'not yours';
    const system = await open();
    const desired: unknown = await validated(kind.desired, {
      observe: ['true'],
      apply: sh('echo "$0|$OURS|$BACKOUT_IDEMPOTENCY_KEY|$BACKOUT_ATTEMPT|${PATH:+path}"').concat([
        '; $(exit)',
      ]),
    });
    const receipt = await kind.apply?.(system.client, desired, applyCall('run-1/step', 2));
    assert.match(JSON.stringify(receipt), /"; \$\(exit\)\|\|run-1\/step\|2\|path"/);
  });

  it('says who answers when a command can tell', async () => {
    const system = await opened(
      { connector: command, options: () => options, secrets: [secret] },
      { ...options, identity: ['echo', '{"environment":"staging","id":7}'] },
    );
    const identity = await command.identify!(system.client as never, readCall());
    assert.equal(identity.environment, 'staging');
    assert.equal(identity.id, undefined);
    const mute = await opened(
      { connector: command, options: () => options, secrets: [secret] },
      { ...options, identity: ['echo', 'staging'] },
    );
    await assert.rejects(command.identify!(mute.client as never, readCall()), { class: 'refused' });
  });

  it('reads nothing of the past', async () => {
    const system = await open();
    const query: unknown = await validated(command.signal?.query ?? assert.fail(), {
      command: ['echo', '1'],
    });
    const when = { type: 'range', from: 0, to: 1000, stepMs: 10 } as const;
    const readings: readonly Reading[] = await command.signal!.read(
      system.client as never,
      query,
      when,
      readCall(),
    );
    assert.equal(readings[0]?.type, 'error');
  });
});
