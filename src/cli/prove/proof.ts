// The proof of one step: brought about twice, in the middle of three crashes, and once more by an attempt that comes late.
import { ConnectorError, type Json, type Observation } from '../../connector.ts';
import { fingerprint } from '../../core/plan/canonical.ts';
import type { EvidenceEvent, Trial } from '../../core/learning/events.ts';
import { type GraphNode, type Work, changesSystem } from '../../core/rollback/graph.ts';
import { type BegunRun, type StepState, stepOf } from '../../core/rollback/state.ts';
import { compileUndo } from '../../core/rollback/undo.ts';
import { callFor } from '../../engine/calls.ts';
import { type Effort, effortOf } from '../../engine/effort.ts';
import { known } from '../../engine/observation.ts';
import type { Snapshot, Systems } from '../../engine/systems.ts';
import { troubleOf } from '../../engine/trouble.ts';
import type { Bench, Death } from './bench.ts';
import { differencesOf, noiseOf } from './evidence.ts';

/** How long one look or one late apply may take. Milliseconds. */
const ASK_MS = 30_000;

/** What a proof says, before it is known of which plan. */
export type Proof = Pick<EvidenceEvent, 'says' | 'because' | 'trials' | 'part' | 'system'>;

const deaths = [
  ['crash-before-apply', 'before-apply'],
  ['crash-before-receipt', 'before-receipt'],
  ['crash-before-confirmation', 'before-confirmation'],
] as const satisfies readonly (readonly [Trial['name'], Death])[];

/** Proves one step, and leaves its system as it was found. */
export async function prove(
  node: GraphNode,
  bench: Bench,
  snapshot: Snapshot,
  systems: Systems,
): Promise<Proof> {
  const { work } = node;
  const part = fingerprint({ work, undo: node.undo ?? null });
  const system = changesSystem(work) ? work.system : 'people';
  const not = (because: string): Proof => ({
    says: 'not-provable',
    because,
    trials: [],
    part,
    system,
  });
  if (work.type === 'manual') return not('people do it');
  if (work.type !== 'state') return not('it only looks');
  if (work.destructive !== undefined)
    return not('it destroys, and is never carried out for a proof');
  try {
    const effort = await effortOf(systems, snapshot, work, `step ${node.id}`);
    if (effort.act.type === 'by-people') return not('people must bring it about');
    const why = await whyNotUndone(node, work, snapshot, systems);
    if (why !== null) return not(`it can't be undone, so it is left alone: ${why}`);
    const proving = new Proving(node, work, bench, effort, systems);
    const found = await proving.look();
    if (found.type === 'holds' && !(await proving.disturb()))
      return not('it is so already, and could not be brought to differ');
    const trials = await proving.all();
    if (found.type === 'holds') await bench.run(node, null);
    const bad = trials.filter(({ says }) => says === 'differs');
    const because = bad.map((each) => `${each.name}: ${each.because}`).join('; ');
    return bad.length === 0
      ? { says: 'proven', because: `the same after ${trials.length} trials`, trials, part, system }
      : { says: 'broken', because, trials, part, system };
  } catch (error) {
    return not(systems.hide(troubleOf(error).because));
  }
}

async function whyNotUndone(
  node: GraphNode,
  work: Work & { type: 'state' },
  snapshot: Snapshot,
  systems: Systems,
): Promise<string | null> {
  const undo = node.undo?.work ?? undoOfNothing(work);
  if (!changesSystem(undo)) return 'people undo it';
  const { act } = await effortOf(systems, snapshot, undo, `the undo of step ${node.id}`);
  return act.type === 'by-people' ? act.because : null;
}

function undoOfNothing({ uses, system, desired, retry }: Work & { type: 'state' }): Work {
  const kept = { before: null, receipt: null };
  return { type: 'undo', uses, system, desired, kept, change: null, retry };
}

/** A system that could not be asked, or did not let us in, says nothing of the step: no answer is not a no. */
function assertAsked(step: StepState | undefined): void {
  const problem = step?.status === 'done' ? null : step?.problem;
  if (problem === null || problem === undefined) return;
  const { class: errorClass, because } = problem;
  if (['cannot-reach', 'not-allowed', 'target-mismatch', 'timed-out'].includes(errorClass))
    throw new ConnectorError(errorClass, because);
}

/** One step in the hands of its proof. */
class Proving {
  readonly #node: GraphNode;
  readonly #work: Work & { type: 'state' };
  readonly #bench: Bench;
  readonly #effort: Effort;
  readonly #systems: Systems;
  /** What the system says before and after, and which of it changes by itself. */
  #before: Json = null;
  #after: Json = null;
  #noise: ReadonlySet<string> = new Set();

  constructor(
    node: GraphNode,
    work: Work & { type: 'state' },
    bench: Bench,
    effort: Effort,
    systems: Systems,
  ) {
    this.#node = node;
    this.#work = work;
    this.#bench = bench;
    this.#effort = effort;
    this.#systems = systems;
  }

  /** What is seen now; throws when nobody can tell. */
  async look(): Promise<Exclude<Observation, { type: 'unknown' }>> {
    return known(await this.#effort.observe(callFor(ASK_MS)));
  }

  /** Brings the state to differ by the step's own way back. */
  async disturb(): Promise<boolean> {
    const work = this.#node.undo?.work ?? undoOfNothing(this.#work);
    await this.#bench.run({ ...this.#node, work }, null);
    return (await this.look()).type === 'differs';
  }

  /** Every trial; the state differs before and after each of them. */
  async all(): Promise<readonly Trial[]> {
    const seen = [(await this.look()).evidence, (await this.look()).evidence];
    this.#before = seen[0] ?? null;
    const twice = await this.#twice(seen);
    const trials: Trial[] = [twice.trial, await this.#undone(twice.run, 'undo')];
    for (const [name, death] of deaths) {
      const run = await this.#bench.run(this.#node, death);
      trials.push(await this.#made(name, run));
      const late = death === 'before-apply' ? await this.#late(run) : null;
      if (late !== null) trials.push(late);
      const back = await this.#undone(run, 'undo');
      if (back.says === 'differs') trials.push(back);
    }
    return trials;
  }

  async #twice(
    before: readonly Json[],
  ): Promise<{ readonly trial: Trial; readonly run: BegunRun }> {
    const run = await this.#bench.run(this.#node, null);
    const seen = [(await this.look()).evidence, (await this.look()).evidence];
    this.#after = seen[0] ?? null;
    this.#noise = noiseOf([before, seen]);
    const first = await this.#made('twice', run);
    if (first.says === 'differs') return { trial: first, run };
    return { trial: await this.#made('twice', await this.#bench.run(this.#node, null)), run };
  }

  /** An old attempt that was frozen before its apply wakes up when everything is done. */
  async #late(run: BegunRun): Promise<Trial> {
    const { act } = this.#effort;
    if (act.type === 'by-system') {
      const key = { idempotencyKey: `run-${run.run}/${this.#node.id}`, attempt: 1 };
      try {
        await act.act({ ...callFor(ASK_MS), ...key });
      } catch {
        // A system that refuses the late apply has done nothing twice: what counts is what is seen now.
      }
    }
    return this.#seen('late-apply', 'holds', this.#after);
  }

  /** The step is done, and its system as it was after the first time. */
  async #made(name: Trial['name'], run: BegunRun): Promise<Trial> {
    const step = stepOf(run, this.#node.id);
    if (step?.status === 'done') return this.#seen(name, 'holds', this.#after);
    assertAsked(step);
    return {
      name,
      says: 'differs',
      because: step?.problem?.because ?? `the step is ${step?.status}`,
    };
  }

  async #undone(run: BegunRun, name: Trial['name']): Promise<Trial> {
    const undo = compileUndo(run);
    const node = undo.type === 'graph' ? undo.graph.nodes[0] : undefined;
    if (undo.type === 'refused' || node === undefined)
      return { name, says: 'differs', because: undo.type === 'refused' ? undo.because : 'no undo' };
    const back = await this.#bench.run(node, null, undo.undoes);
    const step = stepOf(back, this.#node.id);
    assertAsked(step);
    if (step?.status !== 'done')
      return { name, says: 'differs', because: step?.problem?.because ?? 'the undo is stuck' };
    return this.#seen(name, 'differs', this.#before);
  }

  async #seen(name: Trial['name'], wanted: 'holds' | 'differs', then: Json): Promise<Trial> {
    const seen = await this.look();
    const moved = differencesOf(then, seen.evidence, this.#noise);
    const state = seen.type === wanted ? [] : [`it ${seen.type}, and should not`];
    const because = this.#systems.hide([...state, ...moved].join(', '));
    return { name, says: because === '' ? 'same' : 'differs', because };
  }
}
