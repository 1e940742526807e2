// The suite that every connector passes, ours and those of others, run by `node --test` against a real system.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AnyConnector, AnyStateKind, Json, Kept, Observation, Reading } from '../connector.ts';
import {
  applyCall,
  opened,
  readCall,
  refusalPaths,
  validated,
  type Opened,
} from './contract-call.ts';

/** One connector and the real system to try it on. Options, desired states and queries are given as a plan has them. */
export interface ConnectorCase {
  readonly connector: AnyConnector;
  readonly options: () => unknown;
  /** The secrets in the options: none of them may appear in anything that the connector says. */
  readonly secrets: readonly string[];
  /** Options of a system where nobody listens. */
  readonly unreachable?: () => unknown;
  /** Options of a system that takes the connection and never answers. */
  readonly silent?: () => unknown;
  /** Options that must be refused, each with the path that is complained of: `url`, `headers.x`. */
  readonly badOptions?: readonly { readonly value: unknown; readonly path: string }[];
  readonly states?: readonly StateCase[];
  readonly signals?: readonly SignalCase[];
  readonly channel?: ChannelCase;
}

/** One desired state of the real system. */
export interface StateCase {
  /** The name of the state among `states` of the connector. */
  readonly name: string;
  readonly desired: () => unknown;
  /** Brings the real system to where the desired state does not hold. */
  readonly disturb: () => Promise<void>;
  /** What the real system looks like now, to see what was changed. */
  readonly picture: () => Promise<Json>;
  /** Whether the desired state can be undone. */
  readonly undoes: boolean;
  readonly bad: readonly { readonly value: unknown; readonly path: string }[];
  readonly failures?: readonly FailureCase[];
}

/** A way to fail while applying, and the class that must come of it. */
export interface FailureCase {
  readonly title: string;
  readonly desired: unknown;
  readonly options?: unknown;
  readonly class: string;
  /** What the message must say beside. */
  readonly says?: RegExp;
}

/** One question to a source, and the kind of answer that must come. */
export interface SignalCase {
  readonly title: string;
  readonly query: unknown;
  readonly options?: unknown;
  readonly arrange?: () => Promise<void>;
  readonly expect: Reading['type'];
  readonly value?: number;
  readonly class?: string;
}

/** One address to send to, and how to see what arrived there. */
export interface ChannelCase {
  readonly address: unknown;
  /** The ids of the notices that arrived, in order, as often as they arrived. */
  readonly arrived: () => Promise<readonly string[]>;
}

/** Registers the tests of the contract. */
export function connectorSuite(given: ConnectorCase): void {
  const { connector } = given;
  describe(`the contract of ${connector.name}`, () => {
    testOptions(given);
    for (const state of given.states ?? []) testState(given, state);
    for (const signal of given.signals ?? []) testSignal(given, signal);
    if (given.channel !== undefined) testChannel(given, given.channel);
  });
}

function testOptions(given: ConnectorCase): void {
  const { connector } = given;
  for (const { value, path } of given.badOptions ?? []) {
    it(`refuses options that are wrong at ${path}`, async () => {
      assert.ok((await refusalPaths(connector.options, value)).includes(path));
    });
  }
  it('opens without any input or output, and says who it is and whether it is ready', async () => {
    const system = await opened(given);
    const identity = await connector.identify?.(system.client, readCall());
    const answer = await connector.probe?.(system.client, readCall());
    system.hears(identity, answer);
    if (answer !== undefined) assert.equal(answer.type, 'ready', JSON.stringify(answer));
    await system.close();
  });
  if (given.unreachable !== undefined && connector.probe !== undefined) {
    it('is not ready when nobody listens', async () => {
      const system = await opened(given, given.unreachable?.());
      const answer = await connector.probe?.(system.client, readCall());
      system.hears(answer);
      assert.equal(answer?.type === 'not-ready' && answer.class, 'cannot-reach');
      await system.close();
    });
  }
}

function testState(given: ConnectorCase, state: StateCase): void {
  const kind = given.connector.states?.[state.name];
  describe(`${given.connector.name}/${state.name}`, () => {
    it('is a state of the connector', () => assert.ok(kind));
    if (kind === undefined) return;
    for (const { value, path } of state.bad) {
      it(`refuses a desired state that is wrong at ${path}`, async () => {
        assert.ok((await refusalPaths(kind.desired, value)).includes(path));
      });
    }
    testObserve(given, state, kind);
    testApply(given, state, kind);
    testUndo(given, state, kind);
    testFailures(given, state, kind);
    testEnds(given, state, kind);
  });
}

function testObserve(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  it('sees what does not hold, and changes nothing by looking', async () => {
    const system = await opened(given);
    await state.disturb();
    const picture = await state.picture();
    const seen = await observed(system, kind, await validated(kind.desired, state.desired()));
    assert.equal(seen.type, 'differs', JSON.stringify(seen));
    assert.deepEqual(await state.picture(), picture);
    await system.close();
  });
  if (given.unreachable === undefined) return;
  it('does not know, and never says that it differs, when nobody listens', async () => {
    const system = await opened(given, given.unreachable?.());
    const seen = await observed(system, kind, await validated(kind.desired, state.desired()));
    assert.equal(seen.type === 'unknown' && seen.class, 'cannot-reach', JSON.stringify(seen));
    await system.close();
  });
}

function testApply(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  const { apply } = kind;
  if (apply === undefined) return;
  it('brings the state about, and changes nothing more when applied again', async () => {
    const system = await opened(given);
    await state.disturb();
    const desired: unknown = await validated(kind.desired, state.desired());
    const receipt = await apply(system.client, desired, applyCall('run-1/step', 1));
    system.hears(receipt);
    assert.deepEqual(JSON.parse(JSON.stringify(receipt)), receipt, 'a receipt is JSON');
    assert.equal((await observed(system, kind, desired)).type, 'holds');
    const picture = await state.picture();
    system.hears(await apply(system.client, desired, applyCall('run-1/step', 2)));
    assert.equal((await observed(system, kind, desired)).type, 'holds');
    assert.deepEqual(await state.picture(), picture);
    await system.close();
  });
  it('survives being killed between the apply and its receipt', async () => {
    const first = await opened(given);
    await state.disturb();
    const desired: unknown = await validated(kind.desired, state.desired());
    await apply(first.client, desired, applyCall('run-2/step', 1));
    await first.close();
    const picture = await state.picture();
    const second = await opened(given);
    assert.equal((await observed(second, kind, desired)).type, 'holds');
    second.hears(await apply(second.client, desired, applyCall('run-2/step', 2)));
    assert.deepEqual(await state.picture(), picture);
    await second.close();
  });
}

function testUndo(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  const { apply, undo } = kind;
  if (!state.undoes || apply === undefined) return;
  it('brings back what was there before, and undoing twice changes nothing more', async () => {
    assert.ok(undo);
    const system = await opened(given);
    await state.disturb();
    const picture = await state.picture();
    const desired: unknown = await validated(kind.desired, state.desired());
    const seen = await observed(system, kind, desired);
    const evidence = seen.type === 'differs' ? seen.evidence : null;
    const receipt = await apply(system.client, desired, applyCall('run-3/step', 1));
    // The journal keeps receipts as text, so undo must live with what comes back from there.
    const kept = JSON.parse(JSON.stringify({ before: evidence, receipt })) as Kept;
    system.hears(await undo(system.client, desired, kept, applyCall('run-3/undo', 1)));
    assert.deepEqual(await state.picture(), picture);
    system.hears(await undo(system.client, desired, kept, applyCall('run-3/undo', 2)));
    assert.deepEqual(await state.picture(), picture);
    await system.close();
  });
}

function testFailures(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  for (const failure of state.failures ?? []) {
    it(`fails as ${failure.class} when ${failure.title}, and leaves no half of it behind`, async () => {
      const system = await opened(given, failure.options);
      await state.disturb();
      const picture = await state.picture();
      const desired: unknown = await validated(kind.desired, failure.desired);
      await assert.rejects(
        async () => kind.apply?.(system.client, desired, applyCall('run-4/step', 1)),
        (error) => {
          system.hearsError(error, failure.class);
          if (failure.says !== undefined) assert.match(String(error), failure.says);
          return true;
        },
      );
      assert.deepEqual(await state.picture(), picture);
      await system.close();
    });
  }
}

function testEnds(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  if (given.silent === undefined) return;
  let system: Opened;
  before(async () => (system = await opened(given, given.silent?.())));
  after(() => system.close());
  it('stops at the deadline when the system never answers', async () => {
    const desired: unknown = await validated(kind.desired, state.desired());
    const seen = await observed(system, kind, desired, readCall({ deadlineMs: 150 }));
    assert.equal(seen.type === 'unknown' && seen.class, 'timed-out', JSON.stringify(seen));
  });
  it('stops when it is told to', async () => {
    const desired: unknown = await validated(kind.desired, state.desired());
    const seen = await observed(system, kind, desired, readCall({ cancelMs: 50 }));
    assert.equal(seen.type === 'unknown' && seen.class, 'cancelled', JSON.stringify(seen));
  });
}

function testSignal(given: ConnectorCase, signal: SignalCase): void {
  const kind = given.connector.signal;
  it(`answers ${signal.expect} when ${signal.title}`, async () => {
    assert.ok(kind);
    await signal.arrange?.();
    const system = await opened(given, signal.options);
    const query: unknown = await validated(kind.query, signal.query);
    const when = { type: 'at', at: Date.now() } as const;
    const readings = await kind.read(system.client, query, when, readCall());
    system.hears(...readings);
    const [reading] = readings;
    assert.equal(readings.length, 1);
    assert.equal(reading?.type, signal.expect, JSON.stringify(reading));
    if (signal.value !== undefined)
      assert.equal(reading.type === 'number' && reading.value, signal.value);
    if (signal.class !== undefined)
      assert.equal(reading.type === 'error' && reading.class, signal.class);
    await system.close();
  });
}

function testChannel(given: ConnectorCase, { address, arrived }: ChannelCase): void {
  const kind = given.connector.channel;
  const notice = { subject: 'Run 7 began', text: 'The rollback began.\n', facts: { run: 'run-7' } };
  it('delivers a notice, and a second try of it can be told from a second notice', async () => {
    assert.ok(kind);
    const system = await opened(given);
    const to: unknown = await validated(kind.address, address);
    for (const attempt of [1, 2]) {
      const sent = await kind.send(
        system.client,
        to,
        { id: 'notice-1', ...notice },
        applyCall('notice-1', attempt),
      );
      assert.equal(sent.type, 'sent');
      system.hears(sent);
    }
    await kind.send(system.client, to, { id: 'notice-2', ...notice }, applyCall('notice-2', 1));
    const ids = await arrived();
    assert.equal(ids.length, 3);
    assert.equal(new Set(ids).size, 2);
    await system.close();
  });
  for (const [title, options, errorClass] of [
    ['nobody listens', given.unreachable, 'cannot-reach'],
    ['nobody answers', given.silent, 'timed-out'],
  ] as const) {
    if (options === undefined) continue;
    it(`fails to deliver as ${errorClass} when ${title}`, async () => {
      assert.ok(kind);
      const system = await opened(given, options());
      const to: unknown = await validated(kind.address, address);
      const call = applyCall('notice-3', 1, {
        deadlineMs: errorClass === 'timed-out' ? 200 : 10_000,
      });
      await assert.rejects(
        async () => kind.send(system.client, to, { id: 'notice-3', ...notice }, call),
        (error) => system.hearsError(error, errorClass),
      );
      await system.close();
    });
  }
}

/** Observes; a thrown ConnectorError means the same as `unknown`. */
async function observed(
  system: Opened,
  kind: AnyStateKind,
  desired: unknown,
  call = readCall(),
): Promise<Observation> {
  try {
    const seen = await kind.observe(system.client, desired, call);
    system.hears(seen);
    return seen;
  } catch (error) {
    system.hearsError(error);
    const { class: errorClass, message } = error as Error & { class: 'refused' }; // held by hearsError
    return { type: 'unknown', class: errorClass, because: message };
  }
}
