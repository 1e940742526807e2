// What the contract asks of one state: looking changes nothing, applying again changes nothing more, and every call ends in time.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { AnyStateKind, ApplyCall, Json } from '../connector.ts';
import type { ConnectorCase, StateCase } from './connector-case.ts';
import {
  applyCall,
  assertJson,
  ended,
  observed,
  opened,
  readCall,
  refusalPaths,
  validated,
  type Opened,
} from './contract-call.ts';
import { testFailures, testUndo } from './undo-contract.ts';

/** Registers the tests of one state. */
export function testState(given: ConnectorCase, state: StateCase): void {
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
  for (const [title, options, errorClass] of [
    ['nobody listens', given.unreachable, 'cannot-reach'],
    ['it is not let in', given.forbidden, 'not-allowed'],
  ] as const) {
    if (options === undefined) continue;
    it(`does not know, and never says that it differs, when ${title}`, async () => {
      const system = await opened(given, options());
      const seen = await observed(system, kind, await validated(kind.desired, state.desired()));
      assert.equal(seen.type === 'unknown' && seen.class, errorClass, JSON.stringify(seen));
      await system.close();
    });
  }
}

function testApply(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  const { apply } = kind;
  if (apply === undefined) return;
  it('brings the state about, and changes nothing more when applied again', async () => {
    const system = await opened(given);
    await state.disturb();
    const disturbed = await state.picture();
    const desired: unknown = await validated(kind.desired, state.desired());
    const receipt = await apply(system.client, desired, applyCall('run-1/step', 1));
    system.hears(receipt);
    assertJson(receipt, 'a receipt');
    assert.equal(await settled(given, system, kind, desired), 'holds');
    const picture = await state.picture();
    assert.notDeepEqual(picture, disturbed, 'it says that it holds, and nothing was changed');
    system.hears(await apply(system.client, desired, applyCall('run-1/step', 2)));
    assert.equal(await settled(given, system, kind, desired), 'holds');
    assert.deepEqual(await state.picture(), picture);
    await system.close();
  });
  it('touches as many things as it says beforehand, where it says so', async () => {
    const system = await opened(given);
    await state.disturb();
    const disturbed: Json = await state.picture();
    const desired: unknown = await validated(kind.desired, state.desired());
    const seen = await observed(system, kind, desired);
    if (seen.type === 'differs' && seen.touches !== undefined) {
      assert.ok(state.changed, 'it says what it touches: give `changed` in the case, to count it');
      await apply(system.client, desired, applyCall('run-5/step', 1));
      assert.equal(state.changed(disturbed, await state.picture()), seen.touches);
    }
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
    assert.equal(await settled(given, second, kind, desired), 'holds');
    second.hears(await apply(second.client, desired, applyCall('run-2/step', 2)));
    assert.deepEqual(await state.picture(), picture);
    await second.close();
  });
}

/** How long a system that works by itself may take, if the case does not say, and how often it is looked at. Milliseconds. */
const settleMs = 5_000;
const lookEveryMs = 25;

/** Looks until it holds, as the engine does after an apply; what is seen when the time is over. */
async function settled(
  given: ConnectorCase,
  system: Opened,
  kind: AnyStateKind,
  desired: unknown,
): Promise<string> {
  const giveUpAt = Date.now() + (given.settleMs ?? settleMs);
  for (;;) {
    const { type } = await observed(system, kind, desired);
    if (type === 'holds' || Date.now() >= giveUpAt) return type;
    await wait(lookEveryMs);
  }
}

/** How soon a call ends here. Milliseconds. */
const deadlineMs = 150;
const cancelMs = 50;

function testEnds(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  if (given.silent === undefined) return;
  let system: Opened;
  before(async () => (system = await opened(given, given.silent?.())));
  after(() => system.close());
  for (const [title, limits, errorClass] of [
    ['at the deadline', { deadlineMs }, 'timed-out'],
    ['when it is told to', { cancelMs }, 'cancelled'],
  ] as const) {
    it(`stops looking ${title} when the system never answers`, async () => {
      const desired: unknown = await validated(kind.desired, state.desired());
      const seen = await ended(given, observed(system, kind, desired, readCall(limits)));
      assert.equal(seen.type === 'unknown' && seen.class, errorClass, JSON.stringify(seen));
    });
    const { apply } = kind;
    if (apply === undefined) continue;
    it(`stops applying ${title} when the system never answers`, async () => {
      const desired: unknown = await validated(kind.desired, state.desired());
      const call: ApplyCall = applyCall('run-6/step', 1, limits);
      await assert.rejects(
        async () => ended(given, apply(system.client, desired, call)),
        (error) => system.hearsError(error, errorClass),
      );
    });
  }
}
