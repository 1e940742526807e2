// The undo of a run, by given, when, then: what it covers, in which order, and how each step is undone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storyOf } from '../../testing/given.ts';
import {
  applied,
  begun,
  checkpoint,
  failed,
  holds,
  manual,
  type RunStory,
  startRun,
  started,
  step,
  stepIn,
  take,
  tell,
  verification,
} from '../../testing/playbooks.ts';
import type { Graph, GraphNode } from './graph.ts';
import { runAggregate } from './run.ts';
import { compileUndo } from './undo.ts';

/** A node observes that the state differs, applies it, and sees it hold. */
function change(story: RunStory, id: string): void {
  observe(story, id);
  tell(story, id, applied);
  tell(story, id, holds);
}

function observe(story: RunStory, id: string): void {
  take(story, id);
  const { attempt } = stepIn(story, id);
  story.when({
    type: 'ReportObserved',
    step: id,
    attempt,
    evidence: { was: id },
    change: 'a -> b',
  });
}

function abort(story: RunStory): void {
  story.when({ type: 'AbortRun', because: 'second thoughts' });
}

function undoOf(story: RunStory, from?: string): Graph {
  const undo = compileUndo(begun(story), from);
  assert.ok(undo.type === 'graph', JSON.stringify(undo));
  return undo.graph;
}

function shape({ nodes }: Graph): readonly string[] {
  return nodes.map(({ id, needs, work }) => `${work.type} ${id}<${needs.join(',')}`);
}

function refused(story: RunStory, from?: string): string {
  const undo = compileUndo(begun(story), from);
  return undo.type === 'refused' ? undo.code : JSON.stringify(undo);
}

function nodeIn(graph: Graph, id: string): GraphNode {
  const found = graph.nodes.find((node) => node.id === id);
  assert.ok(found);
  return found;
}

test('what was changed is undone in reverse, and what only looked or was so already is left out', () => {
  const story = started(
    step('flag'),
    step('route<flag'),
    checkpoint('gate<route'),
    step('carry<gate'),
  );
  change(story, 'flag');
  take(story, 'route');
  tell(story, 'route', holds);
  take(story, 'gate');
  tell(story, 'gate', holds);
  change(story, 'carry');
  assert.deepEqual(shape(undoOf(story)), ['undo carry<', 'undo flag<carry']);
});

test('what was there before and the receipt are handed to the undo; a receipt that got lost is null', () => {
  const story = started(step('flag'), step('lost<flag'));
  change(story, 'flag');
  observe(story, 'lost');
  abort(story);
  story.when({ type: 'ReportLost', step: 'lost', attempt: 1, node: 'node-1' });
  const graph = undoOf(story);
  const kept = ['lost', 'flag'].map((id) => {
    const { work } = nodeIn(graph, id);
    return work.type === 'undo' ? work.kept : null;
  });
  assert.deepEqual(kept, [
    { before: { was: 'lost' }, receipt: null },
    { before: { was: 'flag' }, receipt: { id: 1 } },
  ]);
});

test('a step that was blocked or skipped after an apply began may have been applied: it is undone too', () => {
  const story = started(step('a'), step('b<a'));
  observe(story, 'a');
  tell(story, 'a', failed('refused'));
  story.when({ type: 'SkipStep', step: 'a', because: 'the bank does it' });
  story.when({ type: 'SkipStep', step: 'b', because: 'not needed' });
  assert.deepEqual(shape(undoOf(story)), ['undo a<']);
});

test('from a step on means that step and all that was built on it, however far away', () => {
  const story = started(step('a'), step('b<a'), step('side<a'), step('c<b'));
  for (const id of ['a', 'b', 'side', 'c']) change(story, id);
  assert.deepEqual(shape(undoOf(story, 'b')), ['undo c<', 'undo b<c']);
  assert.deepEqual(shape(undoOf(story)), ['undo c<', 'undo side<', 'undo b<c', 'undo a<b,side']);
});

test('what people did by hand, people take back, and they read what was done', () => {
  const story = started(manual('stop-bank-file'), step('flag<stop-bank-file'));
  story.when({ type: 'ConfirmStep', step: 'stop-bank-file', evidence: 'no file in /out' });
  take(story, 'flag');
  tell(story, 'flag', failed('refused'));
  story.when({ type: 'ConfirmStep', step: 'flag', evidence: 'switched it in the console' });
  const graph = undoOf(story);
  assert.deepEqual(shape(graph), ['manual flag<', 'manual stop-bank-file<flag']);
  const words = graph.nodes.map(({ work }) => (work.type === 'manual' ? work.instruction : ''));
  assert.match(
    words[0] ?? '',
    /flags\/flag on flags \(it was confirmed with: switched it in the console\)/,
  );
  assert.match(words[1] ?? '', /step stop-bank-file of run 7: Call the bank\. .*no file in \/out/);
});

test('the undo that the plan gives comes before the connector, and its own undo brings the step about again', () => {
  const { work } = step('x');
  const planned = { ...work, desired: { off: true } } as typeof work;
  const story = started(step('a', { undo: { work: planned } }));
  change(story, 'a');
  const node = nodeIn(undoOf(story), 'a');
  assert.deepEqual(node.work, planned);
  assert.deepEqual(node.undo, { work, undo: { work: planned } });
});

test('a run is undone only when it has ended, and only where it changed something', () => {
  const story = started(step('a'), step('b<a'));
  assert.equal(refused(story), 'run-under-way');
  take(story, 'a');
  tell(story, 'a', holds);
  change(story, 'b');
  assert.equal(refused(story, 'z'), 'no-such-step');
  const untouched = started(step('a'));
  take(untouched, 'a');
  tell(untouched, 'a', holds);
  assert.equal(refused(untouched), 'nothing-to-undo');
});

/** A run over the undo of another one, which has just been started. */
function startedUndo(of: RunStory): RunStory {
  const undo = compileUndo(begun(of));
  assert.ok(undo.type === 'graph', JSON.stringify(undo));
  const story = storyOf(runAggregate, { type: 'Tick' });
  const order = startRun(undo.graph);
  assert.ok(order.type === 'StartRun');
  story.when({ ...order, run: begun(of).run + 1, undoes: undo.undoes });
  return story;
}

test('an undo that names no checks ends undone, not verified, and says what to write into the plan', () => {
  const story = started(step('a'));
  change(story, 'a');
  const undo = startedUndo(story);
  change(undo, 'a');
  const { end } = begun(undo);
  assert.equal(end?.outcome, 'undone-not-verified');
  assert.match(end.because, /undo-verified/);
});

test('an undo whose checks held is undone and verified; its own undo is proven as the first run was', () => {
  const proof = { checks: ['new-side-works'], holdMs: 60_000, withinMs: 600_000 };
  const story = storyOf(runAggregate, { type: 'Tick' });
  story.when(startRun({ nodes: [step('a'), verification('a')], undoVerified: proof }));
  change(story, 'a');
  abort(story);
  const undo = startedUndo(story);
  assert.deepEqual(shape(begun(undo).graph), ['undo a<', 'verification verified<a']);
  change(undo, 'a');
  take(undo, 'verified');
  for (const look of [1, 2]) {
    const gaplessSince = undo.now - (look - 1) * 60_000;
    undo.when({ type: 'ReportVerification', attempt: 1, holds: true, evidence: [], gaplessSince });
    undo.wait(60_000);
  }
  assert.equal(begun(undo).end?.outcome, 'undone-verified');
  const again = begun(startedUndo(undo)).graph;
  assert.deepEqual(shape(again), ['state a<', 'verification verified<a']);
  const checks = again.nodes.map(({ work }) => (work.type === 'verification' ? work.checks : []));
  assert.deepEqual(checks.flat(), ['login']);
});

test('the undo of an undo brings about what the first run had brought about, by its own way back', () => {
  const first = started(step('a'), manual('b<a'));
  change(first, 'a');
  first.when({ type: 'ConfirmStep', step: 'b', evidence: 'called' });
  const second = startedUndo(first);
  second.when({ type: 'ConfirmStep', step: 'b', evidence: 'called again' });
  change(second, 'a');
  const third = startedUndo(second);
  assert.deepEqual(
    begun(third).graph.nodes.map(({ id, work }) => ({ id, work })),
    [
      { id: 'a', work: step('a').work },
      { id: 'b', work: manual('b').work },
    ],
  );
  assert.equal(begun(third).undoes?.leads, 'back');
  change(third, 'a');
  third.when({ type: 'ConfirmStep', step: 'b', evidence: 'called once more' });
  assert.deepEqual(shape(begun(startedUndo(third)).graph), ['manual b<', 'undo a<b']);
});
