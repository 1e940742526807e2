// How long steps took in runs that have ended: what a forecast is drawn from.
import type { Done } from './events.ts';
import type { GraphNode } from './graph.ts';
import { type BegunRun, stepOf } from './state.ts';

/** What was measured of a plan's steps. */
export interface Durations {
  /** How many live runs and how many drills were looked at. */
  readonly runs: number;
  readonly drills: number;
  readonly steps: readonly Timed[];
}

/** One kind of work under one name, and how long it took. */
export interface Timed {
  readonly step: string;
  /** The work and where it is done: `http/holds on router`. */
  readonly work: string;
  /** Milliseconds, ascending. */
  readonly tookMs: readonly number[];
}

/** Nothing has been measured. */
export const NEVER_TIMED: Durations = { runs: 0, drills: 0, steps: [] };

/**
 * What these runs measured. What took no time because it was so already says nothing of how long the change takes;
 * simulations, skipped steps and attempts that never ended say nothing either.
 */
export function durationsOf(past: readonly BegunRun[]): Durations {
  const counted = past.filter((run) => run.status === 'ended' && run.kind !== 'simulation');
  const took = counted.flatMap((run) => run.graph.nodes.flatMap((node) => tookIn(run, node)));
  const groups = Map.groupBy(took, ({ step, work }) => `${step}\n${work}`);
  return {
    runs: counted.filter((run) => run.kind === 'live').length,
    drills: counted.filter((run) => run.kind === 'drill').length,
    steps: [...groups.values()].map((group) => ({
      step: group[0]?.step ?? '',
      work: group[0]?.work ?? '',
      tookMs: group.map(({ ms }) => ms).toSorted((a, b) => a - b),
    })),
  };
}

/** How long this step took where it was the same work in the same place: milliseconds, ascending. */
export function timedOf({ steps }: Durations, node: GraphNode): readonly number[] {
  const work = workOf(node);
  return steps.find((timed) => timed.step === node.id && timed.work === work)?.tookMs ?? [];
}

interface Took {
  readonly step: string;
  readonly work: string;
  readonly ms: number;
}

function tookIn(run: BegunRun, node: GraphNode): readonly Took[] {
  const step = stepOf(run, node.id);
  if (step === undefined || step.status !== 'done' || !isMeasured(step.done)) return [];
  if (step.startedAt === null || step.endedAt === null) return [];
  return [{ step: node.id, work: workOf(node), ms: step.endedAt - step.startedAt }];
}

function isMeasured(done: Done | null): boolean {
  return done === 'applied' || done === 'passed' || done === 'by-hand';
}

/** What makes two steps of the same name comparable. */
function workOf({ work }: GraphNode): string {
  switch (work.type) {
    case 'state':
      return `${work.uses} on ${work.system}`;
    case 'undo':
      return `undo of ${work.uses} on ${work.system}`;
    case 'verification':
      return `holds for ${work.holdMs} ms`;
    case 'worsening':
      return `not worse for ${work.soakMs} ms`;
    case 'manual':
    case 'measure':
    case 'checkpoint':
      return work.type;
  }
}
