// How each event changes a run. Total: never throws on a legal history, ignores what it does not know.
import type { JournalEvent } from '../journal/event.ts';
import { evolveSkips } from './deviation.ts';
import type { RunEvent } from './events.ts';
import { verificationOf } from './graph.ts';
import {
  type BegunRun,
  type Calling,
  type Run,
  type StepState,
  freshStep,
  stepOf,
} from './state.ts';

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
      skips: [],
      holdingSince: null,
      end: null,
    };
  }
  if (run.type === 'none') return run;
  const skips = evolveSkips(run.skips, body, event.actor.name);
  return evolveBegun(skips === run.skips ? run : { ...run, skips }, body, at, event.actor.name);
}

function evolveBegun(
  run: BegunRun,
  body: Exclude<RunEvent, { type: 'RunStarted' }>,
  at: number,
  by: string,
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
        calling: null,
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
        // An older Backout told no reaction and called nobody.
        calling: body.reaction === undefined ? null : beginCalling(at, body.reaction !== 'ask'),
      });
    case 'StepAsked':
      return change(run, body.step, {
        status: 'asked',
        since: at,
        startedAt: at,
        calling: beginCalling(at, false),
      });
    case 'StepConsentWanted':
      return change(run, body.step, {
        status: 'asked',
        since: at,
        startedAt: at,
        calling: beginCalling(at, false),
        overdue: false,
        node: null,
        consent: { touches: body.touches, change: body.change ?? null, given: false },
      });
    case 'StepConsented':
      // How long a person took is not the step's own time.
      return change(run, body.step, (step) => ({
        startedAt: null,
        overdue: false,
        calling: null,
        consent: {
          touches: body.touches,
          change: step.consent?.change ?? null,
          given: true,
        },
      }));
    case 'StepOverdue':
      // From now on the ladder of a step for people is climbed, beyond its owner.
      return change(run, body.step, ({ calling }) => ({
        overdue: true,
        calling: calling === null ? null : { ...calling, climbs: true, since: at },
      }));
    case 'StepCalled':
      return change(run, body.step, (step) => called(run, step, body, at));
    case 'StepAcknowledged':
      return change(run, body.step, ({ calling }) => ({
        calling: calling === null ? null : { ...calling, taken: { by, at } },
      }));
    case 'StepHandedOver':
      return change(run, body.step, ({ calling }) => ({
        handedOver: { role: body.to, people: body.people },
        calling: calling === null ? null : { ...calling, taken: null },
      }));
    case 'StepSkipped':
    case 'StepOverruled':
      return change(run, body.step, {
        status: 'skipped',
        since: at,
        endedAt: at,
        dueAt: null,
        node: null,
        calling: null,
      });
    case 'StepRetried':
      return change(run, body.step, {
        failures: 0,
        lost: 0,
        overdue: false,
        startedAt: null,
        problem: null,
        calling: null,
      });
    case 'StepSkipWanted':
    case 'StepSkipApproved':
    case 'StepSkipWithdrawn':
    case 'StepSkipVoided':
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

function beginCalling(at: number, climbs: boolean): Calling {
  return { askedAt: at, since: at, next: 0, climbs, taken: null };
}

/** Where somebody had taken the step and fell silent, the rungs that follow keep their distance from this one. */
function called(
  run: BegunRun,
  step: StepState,
  { step: id, rung }: RunEvent & { type: 'StepCalled' },
  at: number,
): Partial<StepState> {
  const { calling } = step;
  if (calling === null) return {};
  const { afterMs = 0 } = run.graph.nodes.find((node) => node.id === id)?.ladder?.[rung] ?? {};
  const since = calling.taken === null ? calling.since : at - afterMs;
  return { calling: { ...calling, since, next: rung + 1, taken: null } };
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
