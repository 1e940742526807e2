// Rings: after each part that has gone back, is it worse than before? What the looks say, and what the run makes of it.
import { type Context, type Decided, accept, reject } from '../journal/aggregate.ts';
import type { Json } from '../journal/event.ts';
import type { RunCommand } from './commands.ts';
import type { RunEvent } from './events.ts';
import type { GraphNode, Ring, Work } from './graph.ts';
import type { BegunRun, StepState } from './state.ts';
import { stepOf } from './state.ts';
import { isSeen, measured } from '../words/values.ts';

/** What one look after a ring says. What could not be measured is neither good nor worse. */
export interface RingLook {
  readonly says: 'good' | 'worse' | 'unknown';
  /** Why it is worse or unknown; empty when it is good. */
  readonly because: string;
}

/** One measured number, or why there is none. */
export type Measured =
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'no-data' | 'error'; readonly because: string };

/** Judges one look: checks that fail, and signals that are worse than before the ring by more than the plan allows. */
export function judgeRing(
  work: Work & { type: 'worsening' },
  before: Json,
  checks: readonly { readonly check: string; readonly says: 'holds' | 'fails' | 'unknown' }[],
  now: { readonly [signal: string]: Measured },
): RingLook {
  const said: readonly RingLook[] = [
    ...checks.map(({ check, says }): RingLook => {
      if (says === 'holds') return GOOD;
      return says === 'fails'
        ? { says: 'worse', because: `${check} does not hold` }
        : { says: 'unknown', because: `${check} could not be measured` };
    }),
    ...work.signals.map((rule) =>
      judgeSignal(rule, valueBefore(before, rule.signal), now[rule.signal]),
    ),
  ];
  for (const wanted of ['worse', 'unknown'] as const) {
    const such = said.filter(({ says }) => says === wanted);
    if (such.length > 0)
      return { says: wanted, because: such.map(({ because }) => because).join(', ') };
  }
  return GOOD;
}

const GOOD: RingLook = { says: 'good', because: '' };

function judgeSignal(
  { signal, by, worse, unit }: (Work & { type: 'worsening' })['signals'][number],
  before: number | null,
  now: Measured | undefined,
): RingLook {
  if (now?.type !== 'number') {
    const why = now === undefined ? 'nobody read it' : now.because;
    return { says: 'unknown', because: `${signal} could not be measured (${why})` };
  }
  if (before === null)
    return { says: 'unknown', because: `${signal} was not measured before the ring` };
  const change = worse === 'higher' ? now.value - before : before - now.value;
  return change > by
    ? {
        says: 'worse',
        because: `${signal} is ${measured(now.value, unit)}, and was ${measured(before, unit)} before the ring`,
      }
    : GOOD;
}

/** The evidence of a measure is `{ signal: { value } }`. */
function valueBefore(evidence: Json, signal: string): number | null {
  if (!isSeen(evidence)) return null;
  const seen = evidence[signal];
  const value = seen !== undefined && isSeen(seen) ? seen['value'] : undefined;
  return typeof value === 'number' ? value : null;
}

/** The run's answer to a look: it goes on when it was good for long enough, and stops and asks when it was worse for long enough. */
export function decideRing(
  command: RunCommand & { type: 'ReportRing' },
  run: BegunRun,
  { actor, now }: Context,
): Decided<RunEvent> {
  const node = run.graph.nodes.find((each) => each.id === command.step);
  const step = stepOf(run, command.step);
  if (
    node?.work.type !== 'worsening' ||
    step === undefined ||
    run.status === 'ended' ||
    step.status !== 'running' ||
    step.attempt !== command.attempt
  ) {
    return reject(
      'attempt-stale',
      `Attempt ${command.attempt} of step ${command.step} no longer counts.`,
    );
  }
  const { says, because, evidence } = command;
  const isNews = step.looked?.says !== says;
  const looked: readonly RunEvent[] = isNews
    ? [{ type: 'RingLooked', step: node.id, attempt: step.attempt, says, because, evidence }]
    : [];
  // A gap in looking is neither, nor is the time that news of a look took to come here: what counts is looks.
  const seen = Math.min(now, command.lookedAt);
  const since = Math.max(isNews ? now : (step.looked?.since ?? now), command.gaplessSince);
  return accept(actor, [...looked, ...concluded(run, node, step, command, seen - since)]);
}

function concluded(
  run: BegunRun,
  node: GraphNode,
  { attempt }: StepState,
  { says, because, evidence }: RunCommand & { type: 'ReportRing' },
  forMs: number,
): readonly RunEvent[] {
  if (node.work.type !== 'worsening') return [];
  if (says === 'good' && forMs >= node.work.soakMs)
    return [{ type: 'StepConfirmed', step: node.id, attempt, done: 'passed', evidence }];
  return says === 'worse' && forMs >= node.work.forMs
    ? stopped(run, node, node.work.ring, because)
    : [];
}

/** The ring is stopped: nothing further begins, and the owner says whether to go on or to undo it. */
function stopped(run: BegunRun, node: GraphNode, ring: Ring, why: string): readonly RunEvent[] {
  const because = `Worse after ${ringWords(ring)}: ${why}`;
  return [
    { type: 'StepBlocked', step: node.id, class: 'verification-failed', because, reaction: 'stop' },
    ...(run.status === 'running' ? [{ type: 'RunPaused' as const, because }] : []),
  ];
}

/** What follows by itself from failed attempts: a ring in which too many failed stops at once, even in the middle of it. */
export function failedRings(run: BegunRun): readonly RunEvent[] {
  if (run.status !== 'running') return [];
  return run.graph.nodes.flatMap((node): readonly RunEvent[] => {
    const { work } = node;
    if (work.type !== 'worsening' || work.failuresMax === null) return [];
    if (stepOf(run, node.id)?.status !== 'waiting') return [];
    const failures = work.steps.reduce((sum, id) => sum + (stepOf(run, id)?.failures ?? 0), 0);
    if (failures <= work.failuresMax) return [];
    const why = `${failures} attempts failed in it, and the limit is ${work.failuresMax}`;
    return stopped(run, node, work.ring, why);
  });
}

/** `ring 2 of 3 (50 %) of traffic`. */
export function ringWords({ stage, number, of, share }: Ring): string {
  return `ring ${number} of ${of} (${percentOf(share)} %) of ${stage}`;
}

/** A share in percent, without the noise of binary fractions. */
export function percentOf(share: number): number {
  return Number((share * 100).toPrecision(12));
}
