// The shape of every detector: a pure fold over samples whose state is small, plain JSON and survives a restart.
import type { Json } from '../../journal/event.ts';
import type { Sample, SignalReading } from '../sample.ts';

/** What a signal looks like to one rule. Blind is never healthy, and never by itself a breach. */
export type SignalStatus = 'healthy' | 'suspect' | 'breached' | 'clearing' | 'blind';

/** A detector's word on one instant, with what a person needs to believe it. */
export interface Judgement<State> {
  readonly state: State;
  readonly status: SignalStatus;
  readonly sample: Sample;
  readonly evidence: { readonly [key: string]: Json };
}

/** One way to judge a signal. A new detector is a new file, and one line in index.ts. */
export interface Detector<Rule, State> {
  readonly start: (rule: Rule) => State;
  /** `now` is the instant that is judged, epoch milliseconds: the same live, in a drill and in a replay. */
  readonly judge: (
    rule: Rule,
    state: State,
    reading: SignalReading,
    now: number,
  ) => Judgement<State>;
}
