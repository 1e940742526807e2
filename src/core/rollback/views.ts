// What people want to know of a run, computed from its state: progress, what it waits for, how long it took.
import type { Json } from '../journal/event.ts';
import type { Outcome } from './events.ts';
import type { BegunRun, Run } from './state.ts';
import { stepOf } from './state.ts';

/** One line of the list of runs. */
export interface RunSummary {
  readonly run: number;
  readonly plan: string;
  readonly playbook: string;
  readonly kind: string;
  /** The run that this one undoes; null for a rollback. */
  readonly undoes: number | null;
  readonly status: string;
  readonly because: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly outcome: Outcome | null;
  readonly stepsDone: number;
  readonly stepsAll: number;
}

/** The run in short. */
export function summarise(run: Run): Json {
  return run.type === 'none' ? null : { ...summaryOf(run) };
}

/** The run in short, typed. */
export function summaryOf(run: BegunRun): RunSummary {
  const steps = Object.values(run.steps);
  return {
    run: run.run,
    plan: run.plan,
    playbook: run.playbook,
    kind: run.kind,
    undoes: run.undoes?.run ?? null,
    status: run.status,
    because: run.because,
    startedAt: run.startedAt,
    endedAt: run.end?.at ?? null,
    outcome: run.end?.outcome ?? null,
    stepsDone: steps.filter((step) => step.status === 'done' || step.status === 'skipped').length,
    stepsAll: steps.length,
  };
}

/** One thing that a run waits for, in words. */
export interface Wait {
  readonly step: string;
  readonly for: 'a node' | 'its attempt' | 'its retry' | 'a person' | 'other steps';
  readonly sentence: string;
}

/** What the run waits for: never empty while it has not ended, so that a run always ends or names its reason. */
export function waitsFor(run: BegunRun): readonly Wait[] {
  if (run.status === 'ended') return [];
  if (run.status === 'paused') {
    return [
      { step: '', for: 'a person', sentence: `Paused: backout run resume ${run.run}` },
      ...stepWaits(run),
    ];
  }
  return stepWaits(run);
}

function stepWaits(run: BegunRun): readonly Wait[] {
  return run.graph.nodes.flatMap((node): readonly Wait[] => {
    const step = stepOf(run, node.id);
    const owner = node.owner === undefined ? 'a person' : node.owner;
    switch (step?.status) {
      case 'dispatched':
        return [
          { step: node.id, for: 'a node', sentence: `${node.id} waits for a node to take it.` },
        ];
      case 'running':
        return [
          {
            step: node.id,
            for: 'its attempt',
            sentence: `${node.id} is being carried out by ${step.node ?? 'a node'}.`,
          },
        ];
      case 'retrying':
        return [
          {
            step: node.id,
            for: 'its retry',
            sentence: `${node.id} is tried again: ${step.problem?.because ?? ''}`,
          },
        ];
      case 'asked':
        return [
          {
            step: node.id,
            for: 'a person',
            sentence: `${node.id} waits for ${owner}: backout run step confirm ${run.run} ${node.id}`,
          },
        ];
      case 'blocked':
        return [
          {
            step: node.id,
            for: 'a person',
            sentence: `${node.id} is blocked and waits for ${owner}: ${step.problem?.because ?? ''}`,
          },
        ];
      case 'waiting':
        return run.status === 'running'
          ? []
          : [{ step: node.id, for: 'other steps', sentence: `${node.id} has not begun.` }];
      case 'done':
      case 'skipped':
      case undefined:
        return [];
    }
  });
}
