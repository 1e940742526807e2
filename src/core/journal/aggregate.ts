// What every noun of the journal is: commands in, events out, a state folded from events. No I/O, no clock.
import type { Actor, EventBody, JournalEvent, Json, NewEvent } from './event.ts';

/** What a decision may look at beside state and command: the store's clock, and numbers drawn beforehand. */
export interface Context {
  /** Epoch milliseconds of the store's clock. */
  readonly now: number;
  readonly actor: Actor;
}

/** The answer to a command. A rejection is for people: what stands in the way, and what they can do. */
export type Decided<Body extends EventBody> =
  | { readonly type: 'accepted'; readonly events: readonly NewEvent<Body>[] }
  | { readonly type: 'rejected'; readonly code: string; readonly because: string };

/** Three pure functions and three views: all that the engine needs to carry one kind of stream. */
export interface Aggregate<State, Command, Body extends EventBody> {
  /** Streams of this kind are named `<kind>-<name>`. */
  readonly kind: string;
  readonly initial: State;
  /** Every type of event that `evolve` knows. */
  readonly eventTypes: { readonly [type in Body['type']]: true };
  readonly decide: (command: Command, state: State, context: Context) => Decided<Body>;
  /** Total: an event that it doesn't know (written by a newer Backout) leaves the state as it is. */
  readonly evolve: (state: State, event: JournalEvent<Body>) => State;
  /** When somebody must look again though nothing happens; null for never. */
  readonly deadline: (state: State) => number | null;
  /** The state in short, for lists. */
  readonly summarise: (state: State) => Json;
}

/**
 * The type of the first event that this version does not know; null when it knows them all. A stream with such an event
 * was carried on by a newer Backout, and what an older one folds of it is not the whole truth: it may be looked at, and
 * nothing may be decided on it.
 */
export function firstUnknown<State, Command, Body extends EventBody>(
  { eventTypes }: Aggregate<State, Command, Body>,
  events: readonly JournalEvent[],
): string | null {
  return events.find(({ body }) => !Object.hasOwn(eventTypes, body.type))?.body.type ?? null;
}

/** Folds events over a state. */
export function fold<State, Body extends EventBody>(
  evolve: (state: State, event: JournalEvent<Body>) => State,
  state: State,
  events: readonly JournalEvent<Body>[],
): State {
  let folded = state;
  for (const event of events) folded = evolve(folded, event);
  return folded;
}

/** Says yes, with these events by this actor. */
export function accept<Body extends EventBody>(
  actor: Actor,
  bodies: readonly Body[],
): Decided<Body> {
  return { type: 'accepted', events: bodies.map((body) => ({ actor, body })) };
}

/** A refusal: a code for programs, a sentence for people. */
export type Rejected = Decided<never> & { readonly type: 'rejected' };

/** Says no, and why. */
export function reject(code: string, because: string): Rejected {
  return { type: 'rejected', code, because };
}
