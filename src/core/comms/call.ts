// Calls: the notices that reach the people whom a step of a run waits for, and the alarm of a step that is overdue.
import type { RunEvent } from '../rollback/events.ts';
import { type BegunRun, stepOf } from '../rollback/state.ts';
import { calledWords } from '../rollback/told.ts';
import { type Wait, waitsFor } from '../rollback/waits.ts';
import { utcMinute } from '../words/times.ts';
import type { WrittenNotice } from './notice.ts';

/** What calls people to a step. */
export type CallEvent = RunEvent & { type: 'StepCalled' | 'StepHandedOver' | 'StepOverdue' };

/** The notice of a call, with the run as it stands after it; undefined when the step waits for nobody any more. */
export function writeCall(
  plan: string,
  run: BegunRun,
  event: CallEvent,
  at: number,
): WrittenNotice | undefined {
  const { step } = event;
  const wait = waitsFor(run).find((each) => each.step === step);
  if (wait?.for !== 'a person' || (event.type === 'StepOverdue' && !isAsked(run, step)))
    return undefined;
  return {
    // A rung may be called again after somebody fell silent: then it is another call.
    id: `run-${run.run}-${step}-${event.type}-${at}`,
    subject: `[${plan}] ${subjectOf(run, event)}`,
    text: `${[wait.sentence, silence(wait), ...wait.orders, `backout watch ${run.run}`].join('\n')}\n`,
    facts: {
      plan,
      run: run.run,
      step,
      ...(event.type === 'StepCalled' ? { role: event.role, people: event.people } : {}),
      ...(event.type === 'StepHandedOver' ? { role: event.to, people: event.people } : {}),
      because: stepOf(run, step)?.problem?.because ?? null,
      next: wait.otherwise.words,
      nextAt: wait.otherwise.at,
    },
  };
}

/** Who is to hear of this call by themselves. */
export function peopleCalled(run: BegunRun, event: CallEvent): readonly string[] {
  if (event.type !== 'StepOverdue') return event.people;
  const step = stepOf(run, event.step);
  const node = run.graph.nodes.find(({ id }) => id === event.step);
  return step?.handedOver?.people ?? node?.ladder?.[0]?.people ?? [];
}

function subjectOf(run: BegunRun, event: CallEvent): string {
  const { step } = event;
  switch (event.type) {
    case 'StepCalled': {
      const what = isAsked(run, step) ? askedFor(run, step) : 'is blocked';
      return `Run ${run.run} calls ${calledWords(event.role, event.people)}: ${step} ${what}`;
    }
    case 'StepHandedOver':
      return `Run ${run.run}: ${step} goes to ${calledWords(event.to, event.people)}, for ${event.from || 'its owner'} did not answer`;
    case 'StepOverdue':
      return `OVERDUE: run ${run.run} still waits: ${step} ${askedFor(run, step)}`;
  }
}

/** What is asked of people is the step itself, or a second person's word before it. */
function askedFor({ graph }: BegunRun, step: string): string {
  const manual = graph.nodes.some(({ id, work }) => id === step && work.type === 'manual');
  return manual ? 'is to be done by hand' : 'wants a second person';
}

function silence({ otherwise: { at, words } }: Wait): string {
  return `If nobody answers${at === null ? '' : ` by ${utcMinute(at)}`}: ${words}.`;
}

function isAsked(run: BegunRun, step: string): boolean {
  return stepOf(run, step)?.status === 'asked';
}
