// The judge of a simulated world: what must hold is looked at after each event, by a model that shares no code with the engine.
import type { ApplyCall, Call } from '../../connector.ts';
import { migrationAggregate } from '../../core/decision/migration/migration.ts';
import type { MigrationEvent } from '../../core/decision/migration/events.ts';
import { type Migration } from '../../core/decision/migration/state.ts';
import type { Append } from '../../core/journal/journal.ts';
import { fold } from '../../core/journal/aggregate.ts';
import type { EventBody, JournalEvent } from '../../core/journal/event.ts';
import type { RunEvent } from '../../core/rollback/events.ts';
import { runAggregate } from '../../core/rollback/run.ts';
import type { Run } from '../../core/rollback/state.ts';
import { waitsFor } from '../../core/rollback/waits.ts';
import type { MemoryStore } from '../memory-journal.ts';
import type { Invariant } from './invariants.ts';
import { RunModel } from './run-model.ts';
import type { SystemEars } from './system.ts';
import type { VirtualTime } from './time.ts';

/** A promise that was broken, when, and how. */
export interface Violation {
  readonly invariant: Invariant;
  readonly sentence: string;
}

/** What the judge can see of the world. */
export interface JudgeParts {
  readonly time: VirtualTime;
  /** The store's clock. */
  readonly now: () => number;
  readonly store: () => MemoryStore;
  readonly knowsItIsLost: (node: string) => boolean;
  /** What the plan declares the system to be; undefined when it declares nothing. */
  readonly environment: string | undefined;
  /** Hears, in words, of every event and every call. */
  readonly trace?: (who: string, what: string) => void;
}

/** What a node has folded a stream to, and from how many events. */
interface Believed {
  readonly state: unknown;
  readonly seq: number;
}

/** What one attempt did so far on the system, known by the signal of its calls. */
interface Doing {
  observed: boolean | null;
  environment: string | null;
  applied: boolean;
}

/** Looks at everything that happens. */
export class Judge implements SystemEars {
  readonly violations: Violation[] = [];
  readonly runs = new Map<number, RunModel>();
  /** How many applies arrived when their attempt no longer counted: allowed, because the network may hold a request back. */
  lateApplies = 0;
  readonly #parts: JudgeParts;
  readonly #doings = new WeakMap<AbortSignal, Doing>();
  readonly #committed = new Set<EventBody>();
  readonly #folded = new Map<string, Run | Migration>();
  /** Per step: has anybody observed since it was last applied? */
  readonly #unseenApply = new Map<string, number>();
  readonly #newestAt = new Map<string, number>();
  #badReadings = 0;

  constructor(parts: JudgeParts) {
    this.#parts = parts;
  }

  /** Something that must hold does not. */
  blame(invariant: Invariant, sentence: string): void {
    this.violations.push({ invariant, sentence });
  }

  /** These events are in the journal now, written by this node or person. */
  appended(by: string, appends: readonly Append[], events: readonly JournalEvent[]): void {
    const decidedAt = appends[0]?.at ?? 0;
    const streams = new Set(appends.map(({ stream }) => stream));
    for (const event of events) {
      this.#parts.trace?.(by, `${event.stream} ${event.seq}: ${inBrief(event.body)}`);
      this.#committed.add(event.body);
      // The store's clock jumped back while this was decided: its deadline is set right by a second look.
      if (event.at < decidedAt) streams.delete(event.stream);
      // After a jump back of the store's clock, no event lies before the one before it.
      const newest = Math.max(this.#parts.now(), this.#newestAt.get(event.stream) ?? 0);
      this.#newestAt.set(event.stream, event.at);
      if (event.at > newest)
        this.blame('time-of-decision', `${event.body.type} bears a time that has not come.`);
      if (event.stream.startsWith('run-')) this.#runEvent(by, event as JournalEvent<RunEvent>);
      else if (event.stream.startsWith('migration-'))
        this.#migrationEvent(event as JournalEvent<MigrationEvent>);
    }
    for (const stream of streams) this.#standing(stream);
  }

  /** Nothing happened for a while: whatever stands beside the streams must be what their events say. */
  look(): void {
    for (const stream of this.#folded.keys()) this.#standing(stream);
  }

  /** Somebody was told that this happened. */
  acknowledged(who: string, bodies: readonly EventBody[]): void {
    for (const body of bodies)
      if (!this.#committed.has(body))
        this.blame(
          'acknowledged-is-kept',
          `${who} was told of ${body.type}, and the journal lacks it.`,
        );
  }

  applySent(node: string, step: string, call: ApplyCall): void {
    this.#parts.trace?.(node, `asks the system to apply ${step}, attempt ${call.attempt}`);
    const doing = this.#doingOf(call);
    const [run, attempt] = [runOf(call.idempotencyKey), call.attempt];
    const what = `Attempt ${attempt} of ${step} of run ${run} on ${node}`;
    if (call.idempotencyKey !== `run-${run}/${step}`)
      this.blame('one-key', `${what} has the key ${call.idempotencyKey}.`);
    if (doing.applied) this.blame('applies-once', `${what} applied a second time.`);
    doing.applied = true;
    if (doing.observed !== false)
      this.blame('observes-first', `${what} applied and had not observed that it must.`);
    if (this.#parts.knowsItIsLost(node))
      this.blame(
        'stops-when-lost',
        `${what} applied after its node knew that it had lost its place.`,
      );
    const { environment } = this.#parts;
    if (environment !== undefined && doing.environment !== environment)
      this.blame(
        'target-asserted',
        `${what} applied on ${doing.environment ?? 'a system that it had not asked what it is'}.`,
      );
    if (this.runs.get(run)?.hasObserved(step, attempt, node) !== true)
      this.blame('tells-first', `${what} applied and had not told the journal what it observed.`);
  }

  applied(node: string, step: string, call: ApplyCall): void {
    this.#parts.trace?.('system', `applied ${step} for ${node}, attempt ${call.attempt}`);
    const run = runOf(call.idempotencyKey);
    const counts = this.runs.get(run)?.counts(step, call.attempt, node) === true;
    const key = `${run}/${step}`;
    const before = this.#unseenApply.get(key);
    if (!counts) this.lateApplies += 1;
    else if (before !== undefined && before !== call.attempt)
      this.blame(
        'observes-between',
        `${step} of run ${run} was applied by attempts ${before} and ${call.attempt}, and nobody observed between.`,
      );
    if (counts) this.#unseenApply.set(key, call.attempt);
  }

  observed(node: string, step: string, call: Call, holds: boolean | null): void {
    this.#parts.trace?.(
      'system',
      `told ${node} that ${step} ${holds === null ? 'is unknown' : holds ? 'holds' : 'differs'}`,
    );
    const doing = this.#doingOf(call);
    doing.observed = holds;
    for (const [number, run] of this.runs) {
      if (!run.ended) this.#unseenApply.delete(`${number}/${step}`);
      run.saw(step, node, holds === true);
    }
  }

  identified(_node: string, call: Call, environment: string): void {
    this.#doingOf(call).environment = environment;
  }

  read(node: string, signal: string, _call: Call, value: number | null): void {
    this.#parts.trace?.('system', `told ${node} that ${signal} is ${value ?? 'not known'}`);
    if (signal === 'errors' && value !== null && value > 5) this.#badReadings += 1;
    if (signal !== 'calm') return;
    for (const run of this.runs.values())
      run.looked({
        node,
        at: this.#parts.now(),
        trulyAt: this.#parts.time.now,
        good: value !== null && value < 1,
      });
  }

  /** The world has come to its end: what each node believes must be what the journal folds to. */
  believes(node: string, stream: string, { state, seq }: Believed): void {
    const folded = this.#folded.get(stream);
    // What was appended since is not known yet.
    if (seq !== this.#parts.store().read(stream).length) return;
    if (folded !== undefined && JSON.stringify(state) !== JSON.stringify(folded))
      this.blame('fold-is-state', `${node} believes of ${stream} what its events do not say.`);
  }

  stateOf(stream: string): Run | Migration | undefined {
    return this.#folded.get(stream);
  }

  #runEvent(by: string, event: JournalEvent<RunEvent>): void {
    const { body, stream } = event;
    if (body.type === 'RunStarted') {
      const other = [...this.runs].find(([, run]) => run.plan === body.plan && !run.ended);
      if (other !== undefined)
        this.blame(
          'one-run-per-target',
          `Run ${body.run} began while run ${other[0]} of ${body.plan} was under way.`,
        );
      this.runs.set(
        body.run,
        new RunModel(body, (invariant, sentence) =>
          this.blame(invariant, `Run ${body.run}: ${sentence}`),
        ),
      );
    }
    const run = this.runs.get(Number(stream.slice('run-'.length)));
    run?.happened(by, body, event.at);
    const before = (this.#folded.get(stream) ?? runAggregate.initial) as Run;
    this.#folded.set(stream, fold(runAggregate.evolve, before, [event]));
    if (body.type === 'StepLateResultRecorded' && this.#folded.get(stream) !== before)
      this.blame('late-is-only-recorded', `A late result of ${body.step} changed the run.`);
  }

  #migrationEvent(event: JournalEvent<MigrationEvent>): void {
    const { body, stream } = event;
    const before = (this.#folded.get(stream) ?? migrationAggregate.initial) as Migration;
    this.#folded.set(stream, fold(migrationAggregate.evolve, before, [event]));
    if (body.type === 'DecisionMade' && body.how === 'automatic' && this.#badReadings === 0)
      this.blame(
        'no-blind-rollback',
        'A trigger went back by itself, and no reading was ever bad.',
      );
  }

  /** What stands beside a stream says what its events say, and a run that has not ended says what it waits for. */
  #standing(stream: string): void {
    const state = this.#folded.get(stream);
    if (state === undefined) return;
    const isRun = stream.startsWith('run-');
    const due = isRun
      ? runAggregate.deadline(state as Run)
      : migrationAggregate.deadline(state as Migration);
    const store = this.#parts.store();
    if (store.deadlineOf(stream) !== due)
      this.blame(
        'deadlines-are-kept',
        `The store looks at ${stream} at ${store.deadlineOf(stream)}, and its events say ${due}.`,
      );
    if (!isRun || state.type !== 'run') return;
    const run = state;
    const claim = store.holderOf(`target/${run.plan}`);
    if (run.status === 'ended') {
      if (claim === stream)
        this.blame('target-let-go', `${stream} has ended and holds its target still.`);
      return;
    }
    if (claim !== stream)
      this.blame('one-run-per-target', `${stream} is under way and does not hold its target.`);
    const waits = waitsFor(run);
    if (waits.length === 0 || (due === null && !waits.some((wait) => wait.for === 'a person')))
      this.blame('ends-or-waits', `${stream} neither ends nor says what it waits for.`);
  }

  #doingOf({ signal }: Call): Doing {
    const known = this.#doings.get(signal);
    if (known !== undefined) return known;
    const doing: Doing = { observed: null, environment: null, applied: false };
    this.#doings.set(signal, doing);
    return doing;
  }
}

/** An event in a line: its type, and what it is about. */
function inBrief(body: EventBody): string {
  const facts = Object.entries(body).filter(
    ([name, value]) => name !== 'type' && (typeof value === 'string' || typeof value === 'number'),
  );
  return `${body.type} ${facts.map(([name, value]) => `${name}=${value}`).join(' ')}`.slice(0, 160);
}

/** The run that a key was made for: `run-7/route-back`. */
function runOf(key: string): number {
  return Number(key.slice('run-'.length, key.indexOf('/')));
}
