// What the contract asks of the way back from one state: twice is once, a lost receipt loses nothing, and what failed can be unwound.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { AnyStateKind, ErrorClass, Json, Kept } from '../connector.ts';
import type { ConnectorCase, FailureCase, StateCase } from './connector-case.ts';
import {
  applyCall,
  assertJson,
  observed,
  opened,
  readCall,
  validated,
  type Opened,
} from './contract-call.ts';

/** Registers the tests of undo. */
export function testUndo(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  const { apply, undo } = kind;
  if (!state.undoes || apply === undefined) return;
  it('brings back what was there before, and undoing twice changes nothing more', async () => {
    assert.ok(undo);
    const { system, desired, picture, before } = await disturbed(given, state, kind);
    const receipt = await apply(system.client, desired, applyCall('run-3/step', 1));
    for (const attempt of [1, 2]) {
      const kept = fromJournal({ before, receipt });
      const left = await undo(system.client, desired, kept, applyCall('run-3/undo', attempt));
      system.hears(left);
      assertJson(left, 'what undo leaves behind');
      assert.deepEqual(await state.picture(), picture);
    }
    await system.close();
  });
  it('brings it back from what was observed alone when the receipt was lost', async () => {
    const { system, desired, picture, before } = await disturbed(given, state, kind);
    await apply(system.client, desired, applyCall('run-7/step', 1));
    const applied = await state.picture();
    // The node that waited for the receipt is gone: another one undoes.
    await system.close();
    const other = await opened(given);
    const left = await undone(other, kind, desired, before);
    const after = await state.picture();
    if (state.withoutReceipt === 'refused') assert.equal(left, 'refused');
    else
      assert.equal(
        left,
        'undone',
        "give `withoutReceipt: 'refused'` if it really needs the receipt",
      );
    assert.deepEqual(after, left === 'undone' ? picture : applied);
    await other.close();
  });
  if (kind.undone !== undefined) {
    it('tells what is undone from what is not, and changes nothing by looking', async () => {
      const { system, desired, before } = await disturbed(given, state, kind);
      const receipt = await apply(system.client, desired, applyCall('run-8/step', 1));
      const kept = fromJournal({ before, receipt });
      const applied = await state.picture();
      const looks = async () => kind.undone?.(system.client, desired, kept, readCall());
      assert.equal((await looks())?.type, 'differs');
      assert.deepEqual(await state.picture(), applied);
      await undo?.(system.client, desired, kept, applyCall('run-8/undo', 1));
      const after = await looks();
      assert.equal(after?.type, 'holds', JSON.stringify(after));
      system.hears(after);
      await system.close();
    });
  }
  it('undoes nothing when nothing had been applied', async () => {
    const { system, desired, picture, before } = await disturbed(given, state, kind);
    await undone(system, kind, desired, before);
    assert.deepEqual(await state.picture(), picture);
    await system.close();
  });
}

/** Registers the tests of applies that fail. */
export function testFailures(given: ConnectorCase, state: StateCase, kind: AnyStateKind): void {
  for (const failure of state.failures ?? []) {
    const { title, leaves } = failure;
    const half = leaves === undefined ? 'and leaves no half of it behind' : 'and may leave a half';
    it(`fails as ${failure.class} when ${title}, ${half}`, async () => {
      const { system, desired, picture } = await disturbed(given, state, kind, failure);
      await failed(system, kind, desired, failure);
      if (leaves === undefined) assert.deepEqual(await state.picture(), picture);
      await system.close();
    });
    if (!state.undoes) continue;
    it(`can be unwound after it failed when ${title}`, async () => {
      const { system, desired, picture, before } = await disturbed(given, state, kind, failure);
      await failed(system, kind, desired, failure);
      await system.close();
      // By then the credentials, the network or the system may be in order again.
      const mended = await opened(given);
      const left = await undone(mended, kind, desired, before);
      if (leaves === 'half') assert.equal(left, 'undone', 'a half was left, and undo refuses it');
      assert.deepEqual(await state.picture(), picture);
      await mended.close();
    });
  }
}

interface Disturbed {
  readonly system: Opened;
  readonly desired: unknown;
  readonly picture: Json;
  /** The evidence of the observation before the first apply, as the journal keeps it. */
  readonly before: Json;
}

async function disturbed(
  given: ConnectorCase,
  state: StateCase,
  kind: AnyStateKind,
  failure?: FailureCase,
): Promise<Disturbed> {
  const system = await opened(given, failure?.options);
  await state.disturb();
  const picture = await state.picture();
  const desired: unknown = await validated(kind.desired, failure?.desired ?? state.desired());
  const seen = await observed(system, kind, desired);
  return { system, desired, picture, before: seen.type === 'differs' ? seen.evidence : null };
}

async function failed(
  system: Opened,
  kind: AnyStateKind,
  desired: unknown,
  failure: FailureCase,
): Promise<void> {
  await assert.rejects(
    async () => kind.apply?.(system.client, desired, applyCall('run-4/step', 1)),
    (error) => {
      system.hearsError(error, failure.class);
      if (failure.says !== undefined) assert.match(String(error), failure.says);
      return true;
    },
  );
}

/** Undoes without a receipt; it may refuse, for what was kept may not be enough. */
async function undone(
  system: Opened,
  kind: AnyStateKind,
  desired: unknown,
  before: Json,
): Promise<'undone' | 'refused'> {
  assert.ok(kind.undo);
  const kept = fromJournal({ before, receipt: null });
  try {
    system.hears(await kind.undo(system.client, desired, kept, applyCall('run-7/undo', 1)));
    return 'undone';
  } catch (error) {
    system.hearsError(error, 'refused' satisfies ErrorClass);
    return 'refused';
  }
}

/** The journal keeps everything as text, so undo must live with what comes back from there. */
function fromJournal(kept: Kept): Kept {
  return JSON.parse(JSON.stringify(kept)) as Kept;
}
