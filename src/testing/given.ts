// Given what happened, when somebody asks, then this follows: a harness for any noun of the journal, without a store.
import { type Aggregate, fold } from '../core/journal/aggregate.ts';
import type { Actor, EventBody, JournalEvent } from '../core/journal/event.ts';

/** A stream that a test tells command by command, on a clock that the test moves. */
export interface Story<State, Command, Body extends EventBody> {
  readonly state: State;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly events: readonly JournalEvent<Body>[];
  /** Gives a command that must be accepted; returns what it led to, in words: `StepDispatched stop-writes`. */
  readonly when: (command: Command, by?: Actor) => readonly string[];
  /** Gives a command that must be rejected, and returns the rejection's code. */
  readonly refused: (command: Command, by?: Actor) => string;
  /** Gives a command of which only the store would know whether it is accepted. */
  readonly ask: (command: Command, by?: Actor) => Asked<Body>;
  /** Lets time pass; nobody looks at the stream meanwhile. */
  readonly wait: (ms: number) => void;
  /** Lets time pass and looks at the stream whenever its deadline comes, as the engine does. */
  readonly pass: (ms: number) => readonly string[];
}

/** What a command led to. */
export type Asked<Body extends EventBody> =
  | { readonly type: 'accepted'; readonly bodies: readonly Body[] }
  | { readonly type: 'rejected'; readonly code: string; readonly because: string };

/** So often at the most does one deadline come back before the story says that it turns in a circle. */
const DEADLINES_MAX = 10_000;

/** A person, for tests. */
export function person(name: string): Actor {
  return { kind: 'person', name };
}

/** A stream in which nothing has happened yet. `tick` is the command that tells of time. */
export function storyOf<State, Command, Body extends EventBody>(
  aggregate: Aggregate<State, Command, Body>,
  tick: Command,
  from = Date.UTC(2026, 10, 28, 1),
): Story<State, Command, Body> {
  let state = aggregate.initial;
  let now = from;
  const events: JournalEvent<Body>[] = [];

  function ask(command: Command, actor: Actor = { kind: 'backout', name: 'node-1' }): Asked<Body> {
    const decided = aggregate.decide(command, state, { now, actor });
    if (decided.type === 'rejected') return decided;
    const added = decided.events.map((event, index) => ({
      ...event,
      stream: `${aggregate.kind}-told`,
      seq: events.length + index + 1,
      at: now,
      hash: '',
    }));
    events.push(...added);
    state = fold(aggregate.evolve, state, added);
    return { type: 'accepted', bodies: added.map((event) => event.body) };
  }

  function when(command: Command, by?: Actor): readonly string[] {
    const asked = ask(command, by);
    if (asked.type === 'accepted') return asked.bodies.map(inWords);
    throw new Error(`Rejected: ${JSON.stringify(command)}: ${asked.code}: ${asked.because}`);
  }

  function refused(command: Command, by?: Actor): string {
    const asked = ask(command, by);
    if (asked.type === 'rejected') return asked.code;
    throw new Error(
      `Accepted: ${JSON.stringify(command)}: ${asked.bodies.map(inWords).join(', ')}`,
    );
  }

  function pass(ms: number): readonly string[] {
    const until = now + ms;
    const told: string[] = [];
    for (let looks = 0; looks < DEADLINES_MAX; looks += 1) {
      const due = aggregate.deadline(state);
      if (due === null || due > until) {
        now = until;
        return told;
      }
      now = Math.max(now, due);
      told.push(...when(tick));
    }
    throw new Error(`The deadline ${aggregate.deadline(state)} comes back for ever.`);
  }

  return {
    get state() {
      return state;
    },
    get now() {
      return now;
    },
    events,
    ask,
    when,
    refused,
    wait: (ms) => {
      now += ms;
    },
    pass,
  };
}

/** An event in words: its type, and what it is about. */
function inWords(body: EventBody): string {
  const facts = new Map<string, unknown>(Object.entries(body));
  const number = facts.get('decision');
  const subjects = [
    facts.get('step'),
    typeof number === 'number' ? number : undefined,
    facts.get('trigger'),
    facts.get('outcome'),
    facts.get('run'),
  ];
  const subject = subjects.find((each) => typeof each === 'string' || typeof each === 'number');
  return subject === undefined ? body.type : `${body.type} ${subject}`;
}
