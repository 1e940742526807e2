// What lists tell of a run, computed from its state: which one, how far, how it ended.
import type { Json } from '../journal/event.ts';
import type { Outcome } from './events.ts';
import type { BegunRun, Run } from './state.ts';

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
