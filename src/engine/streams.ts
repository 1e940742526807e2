// Streams as folded states: read what is new, decide, append; when somebody else was faster, read on and decide again.
import {
  type Aggregate,
  type Context,
  type Decided,
  firstUnknown,
  fold,
} from '../core/journal/aggregate.ts';
import type { Actor, EventBody, JournalEvent } from '../core/journal/event.ts';
import type { Append, Journal } from '../core/journal/journal.ts';

/** A folded stream: the state and how many events it comes from. */
export interface Folded<State> {
  readonly state: State;
  readonly seq: number;
  /** When its newest event was: epoch milliseconds of the store's clock; 0 before the first. */
  readonly at: number;
  /** The first event of a newer Backout, by its type: nothing may be decided on this state. Null as long as all is known. */
  readonly beyond: string | null;
}

/** How many folded streams a node remembers. */
const REMEMBERED = 256;

/** Folds streams and remembers them, so that a long run is not read from its first event for each command. */
export class Streams {
  readonly journal: Journal;
  readonly #remembered = new Map<string, Folded<unknown>>();

  constructor(journal: Journal) {
    this.journal = journal;
  }

  /** The stream as it stands in the journal now. */
  async load<State, Command, Body extends EventBody>(
    aggregate: Aggregate<State, Command, Body>,
    stream: string,
  ): Promise<Folded<State>> {
    // The cast holds because a stream's name begins with its kind: only its own aggregate ever folds it.
    const known = (this.#remembered.get(stream) as Folded<State> | undefined) ?? {
      state: aggregate.initial,
      seq: 0,
      at: 0,
      beyond: null,
    };
    const events = (await this.journal.read(
      stream,
      known.seq + 1,
    )) as readonly JournalEvent<Body>[];
    if (events.length === 0) return known;
    const folded = {
      state: fold(aggregate.evolve, known.state, events),
      seq: known.seq + events.length,
      at: events.at(-1)?.at ?? known.at,
      beyond: known.beyond ?? firstUnknown(aggregate, events),
    };
    this.#remember(stream, folded);
    return folded;
  }

  /** The append that brings these events into a stream, with everything that hangs on the state after them. */
  appendOf<State, Command, Body extends EventBody>(
    aggregate: Aggregate<State, Command, Body>,
    stream: string,
    before: Folded<State>,
    decided: Decided<Body> & { type: 'accepted' },
    now: number,
  ): Append & { readonly after: State } {
    const after = fold(
      aggregate.evolve,
      before.state,
      decided.events.map((event) => ({ ...event, stream, seq: 0, at: now, hash: '' })),
    );
    return {
      stream,
      expected: before.seq,
      events: decided.events,
      at: now,
      summary: aggregate.summarise(after),
      deadline: aggregate.deadline(after),
      after,
    };
  }

  /** The context of a decision: who, and the store's clock as it was just read, which never goes back behind the stream's newest event. */
  context(actor: Actor, before: Folded<unknown>, now: number): Context {
    return { now: Math.max(before.at, now), actor };
  }

  #remember(stream: string, folded: Folded<unknown>): void {
    this.#remembered.delete(stream);
    this.#remembered.set(stream, folded);
    const oldest = this.#remembered.keys().next();
    if (this.#remembered.size > REMEMBERED && oldest.done !== true)
      this.#remembered.delete(oldest.value);
  }
}
