// How each event changes a run. Total: never throws on a legal history, ignores what it does not know.
import type { JournalEvent } from '../journal/event.ts';
import type { RunEvent } from './events.ts';
import { verificationOf } from './graph.ts';
import { type BegunRun, type Run, type StepState, freshStep, stepOf } from './state.ts';

/** The run after this event. */
export function evolve(run: Run, event: JournalEvent<RunEvent>): Run {
  const { body, at } = event;
  if (body.type === 'RunStarted') {
    const { type: _, ...facts } = body;
    return {
      ...facts,
      type: 'run',
      startedAt: at,
      status: 'running',
      abortBecause: null,
      steps: Object.fromEntries(body.graph.nodes.map((node) => [node.id, freshStep(at)])),
      holdingSince: null,
      end: null,
    };
  }
  return run.type === 'none' ? run : evolveBegun(run, body, at);
}

function evolveBegun(
  run: BegunRun,
  body: Exclude<RunEvent, { type: 'RunStarted' }>,
  at: number,
): Run {
  switch (body.type) {
    case 'RunPaused':
      return { ...run, status: 'paused' };
    case 'RunResumed':
      return { ...run, status: 'running', steps: withFreshTime(run.steps) };
    case 'RunAbortRequested':
      return { ...run, status: 'aborting', abortBecause: body.because };
    case 'RunEnded':
      return { ...run, status: 'ended', end: { at, outcome: body.outcome, because: body.because } };
    case 'StepDispatched':
      return change(run, body.step, {
        status: 'dispatched',
        since: at,
        attempt: body.attempt,
        again: body.again ?? 0,
        dueAt: null,
        node: null,
      });
    case 'StepAttemptBegan':
      return change(watchedAnew(run, body.step), body.step, (step) => ({
        status: 'running',
        since: at,
        attempt: body.attempt,
        node: body.node,
        startedAt: step.startedAt ?? at,
        progress: 'begun',
        looked: null,
      }));
    case 'StepObserved':
      return change(run, body.step, (step) => ({
        progress: 'observed',
        before: step.before ?? { evidence: body.evidence, change: body.change ?? null },
      }));
    case 'StepApplied':
      return change(run, body.step, { progress: 'applied', receipt: body.receipt });
    case 'StepConfirmed':
      return change(run, body.step, {
        status: 'done',
        since: at,
        endedAt: at,
        done: body.done,
        evidence: body.evidence,
        problem: null,
        node: null,
      });
    case 'StepAttemptFailed':
      return change(run, body.step, (step) => ({
        failures: step.failures + 1,
        problem: { class: body.class, because: body.because },
        node: null,
      }));
    case 'StepAttemptLost':
      return change(run, body.step, (step) => ({ lost: step.lost + 1, node: null }));
    case 'StepRetryPlanned':
      return change(run, body.step, {
        status: 'retrying',
        since: at,
        attempt: body.attempt,
        dueAt: body.dueAt,
      });
    case 'StepBlocked':
      return change(run, body.step, {
        status: 'blocked',
        since: at,
        dueAt: null,
        node: null,
        problem: { class: body.class, because: body.because },
      });
    case 'StepAsked':
      return change(run, body.step, { status: 'asked', since: at, startedAt: at });
    case 'StepOverdue':
      return change(run, body.step, { overdue: true });
    case 'StepSkipped':
    case 'StepOverruled':
      return change(run, body.step, {
        status: 'skipped',
        since: at,
        endedAt: at,
        dueAt: null,
        node: null,
      });
    case 'StepRetried':
      return change(run, body.step, {
        failures: 0,
        lost: 0,
        overdue: false,
        startedAt: null,
        problem: null,
      });
    case 'StepLateResultRecorded':
      return run;
    case 'RingLooked':
      return change(run, body.step, { looked: { says: body.says, since: at } });
    case 'VerificationHeld':
      return { ...run, holdingSince: at };
    case 'VerificationBroken':
      return { ...run, holdingSince: null };
    default:
      return ignored(run, body);
  }
}

/** Reached only by events of a newer Backout: the `never` lets the compiler see that none of ours is forgotten. */
function ignored(run: BegunRun, _body: never): Run {
  return run;
}

/** Nobody could be at these steps while the run was paused: their timebox begins with their next attempt. */
function withFreshTime(steps: BegunRun['steps']): BegunRun['steps'] {
  return Object.fromEntries(
    Object.entries(steps).map(([id, step]) => {
      const idle = step.status === 'dispatched' || step.status === 'retrying';
      return [id, idle ? { ...step, startedAt: null } : step];
    }),
  );
}

/** A new attempt at the verification has not seen anything hold yet: between two attempts nobody looked. */
function watchedAnew(run: BegunRun, id: string): BegunRun {
  return id === verificationOf(run.graph)?.id ? { ...run, holdingSince: null } : run;
}

function change(
  run: BegunRun,
  id: string,
  how: Partial<StepState> | ((step: StepState) => Partial<StepState>),
): BegunRun {
  const step = stepOf(run, id);
  if (step === undefined) return run;
  const changed = { ...step, ...(typeof how === 'function' ? how(step) : how) };
  return { ...run, steps: { ...run.steps, [id]: changed } };
}
