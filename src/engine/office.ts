// The office: carries commands to migrations and runs, and appends a decision and what it orders as one fact.
import { type Decided, reject } from '../core/journal/aggregate.ts';
import type { Actor, EventBody, JournalEvent } from '../core/journal/event.ts';
import type { Append, Journal } from '../core/journal/journal.ts';
import type { MigrationCommand } from '../core/decision/migration/commands.ts';
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { OperatorEvent } from '../core/governance/operators/events.ts';
import {
  OPERATORS_STREAM,
  type OperatorCommand,
  type Operators,
  operatorsAggregate,
} from '../core/governance/operators/operators.ts';
import { migrationAggregate, migrationStream } from '../core/decision/migration/migration.ts';
import type { KnownMigration, Migration } from '../core/decision/migration/state.ts';
import type { RunCommand } from '../core/rollback/commands.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import { runAggregate, runStream } from '../core/rollback/run.ts';
import type { BegunRun, Run } from '../core/rollback/state.ts';
import { changedSteps } from '../core/rollback/undo.ts';
import { backout } from './actor.ts';
import { jobsOf } from './jobs.ts';
import { type Told, isTold, noticeJobs } from './notices.ts';
import { isOutage } from './outage.ts';
import { flawOfRequest, startRun } from './starting.ts';
import { type Folded, Streams } from './streams.ts';
import { type Snapshot, planOf } from './systems.ts';
import { tickStream } from './ticking.ts';

export { backout } from './actor.ts';
export type { StepJob } from './jobs.ts';
export { planOf } from './systems.ts';

/** What a command led to. */
export type Outcome<State> =
  | { readonly type: 'done'; readonly state: State; readonly events: readonly EventBody[] }
  | { readonly type: 'rejected'; readonly code: string; readonly because: string };

type Refused = Outcome<never> & { type: 'rejected' };

/** Somebody else may always be faster; after so many times something is wrong. */
const TRIES = 50;

/** Stands for a run number until an answer really needs one. */
const NOT_DRAWN = 0;

/** Carries commands out. One for each node. */
export class Office {
  readonly streams: Streams;
  readonly #journal: Journal;
  readonly #snapshots = new Map<string, Snapshot>();
  #drawnRun: number | null = null;

  constructor(journal: Journal) {
    this.#journal = journal;
    this.streams = new Streams(journal);
  }

  /** The run as it stands. */
  async run(run: number): Promise<Folded<Run>> {
    return this.streams.load(runAggregate, runStream(run));
  }

  /** The migration as it stands. */
  async migration(plan: string): Promise<Folded<Migration>> {
    return this.streams.load(migrationAggregate, migrationStream(plan));
  }

  /** The operators as they stand. */
  async operators(): Promise<Folded<Operators>> {
    return this.streams.load(operatorsAggregate, OPERATORS_STREAM);
  }

  /** Adds, revokes, gives a new token. */
  async commandOperators(command: OperatorCommand, actor: Actor): Promise<Outcome<Operators>> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const [before, now] = await Promise.all([this.operators(), this.#journal.now()]);
      if (before.beyond !== null) return newer(OPERATORS_STREAM, before.beyond);
      const context = this.streams.context(actor, before, now);
      const decided: Decided<OperatorEvent> = operatorsAggregate.decide(
        command,
        before.state,
        context,
      );
      if (decided.type === 'rejected') return decided;
      const { after, ...own } = this.streams.appendOf(
        operatorsAggregate,
        OPERATORS_STREAM,
        before,
        decided,
        context.now,
      );
      if (decided.events.length === 0) return { type: 'done', state: after, events: [] };
      const appended = await this.#journal.append([own]);
      if (appended.type === 'appended') return done(after, decided);
    }
    return busy(OPERATORS_STREAM);
  }

  /** The plan as it was armed with this fingerprint: what a run goes by, whatever was armed since. */
  async snapshot(plan: string, fingerprint: string): Promise<Snapshot> {
    const { state } = await this.migration(plan);
    // What is armed now, with the folder where it lies now.
    if (state.type === 'migration' && state.fingerprint === fingerprint) return snapshotOf(state);
    const known = this.#snapshots.get(fingerprint);
    if (known !== undefined) return known;
    const events = (await this.#journal.read(
      migrationStream(plan),
    )) as readonly JournalEvent<MigrationEvent>[];
    const armed = events
      .map((event) => event.body)
      .findLast((body) => body.type === 'PlanArmed' && body.fingerprint === fingerprint);
    if (armed?.type !== 'PlanArmed')
      throw new Error(`[engine] The journal has no plan ${plan} with fingerprint ${fingerprint}.`);
    const snapshot = { plan: planOf(armed.snapshot), fingerprint, directory: armed.directory };
    this.#snapshots.set(fingerprint, snapshot);
    return snapshot;
  }

  /** Asks a run. When the answer ends it, its migration hears of it in the same transaction. */
  async commandRun(run: number, command: RunCommand, actor: Actor): Promise<Outcome<Run>> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const [before, now] = await Promise.all([this.run(run), this.#journal.now()]);
      if (before.beyond !== null) return newer(runStream(run), before.beyond);
      const context = this.streams.context(actor, before, now);
      const decided = runAggregate.decide(command, before.state, context);
      if (decided.type === 'rejected') return decided;
      const append = this.streams.appendOf(
        runAggregate,
        runStream(run),
        before,
        decided,
        context.now,
      );
      // A tick that finds nothing due still writes the deadline again: a stale one must not come back for ever.
      if (decided.events.length === 0 && command.type !== 'Tick')
        return { type: 'done', state: append.after, events: [] };
      const { after, ...own } = append;
      const appends: Append[] = [{ ...own, jobs: jobsOf(run, decided.events) }];
      const end = ended(decided);
      if (end !== undefined && after.type === 'run') {
        appends[0] = { ...own, jobs: jobsOf(run, decided.events), release: true };
        const finish = await this.#finish(after, end.outcome, context.now);
        if (finish.type === 'rejected') return finish;
        appends.push(finish.append);
      }
      const whole =
        after.type === 'run'
          ? await this.#withNotices(
              appends,
              context.now,
              () => this.snapshot(after.plan, after.fingerprint),
              after,
            )
          : appends;
      const appended = await this.#journal.append(whole);
      if (appended.type === 'appended') {
        await this.#setRight(appended.events, context.now);
        return done(after, decided);
      }
    }
    return busy(runStream(run));
  }

  /** Asks a migration. When the answer orders a run, the run begins in the same transaction. */
  async commandMigration(
    plan: string,
    command: MigrationCommand | Unnumbered,
    actor: Actor,
  ): Promise<Outcome<Migration>> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const [before, now] = await Promise.all([this.migration(plan), this.#journal.now()]);
      if (before.beyond !== null) return newer(migrationStream(plan), before.beyond);
      const context = this.streams.context(actor, before, now);
      let newRun = this.#drawnRun ?? NOT_DRAWN;
      const decide = (): Decided<MigrationEvent> =>
        migrationAggregate.decide(
          { ...command, newRun } as MigrationCommand,
          before.state,
          context,
        );
      let decided = decide();
      if (
        decided.type === 'accepted' &&
        orderedRun(decided) !== undefined &&
        newRun === NOT_DRAWN
      ) {
        // Only an answer that orders a run costs a number; the answer is the same, now with it.
        newRun = await this.#drawRun();
        decided = decide();
      }
      if (decided.type === 'rejected') return decided;
      const { after, ...own } = this.streams.appendOf(
        migrationAggregate,
        migrationStream(plan),
        before,
        decided,
        context.now,
      );
      if (decided.events.length === 0 && command.type !== 'Tick')
        return { type: 'done', state: after, events: [] };
      const impossible = after.type === 'migration' ? flawOfRequest(after, decided) : null;
      if (impossible !== null) return impossible;
      const appends: Append[] = [own];
      const ordered = orderedRun(decided);
      if (ordered !== undefined && after.type === 'migration') {
        const { undoes } = ordered;
        const undone = undoes === undefined ? undefined : await this.run(undoes.run);
        if (undone !== undefined && undone.beyond !== null)
          return newer(runStream(undoes?.run ?? 0), undone.beyond);
        const begins = Math.min(now, context.now);
        const start = startRun(
          this.streams,
          after,
          ordered,
          begins,
          undone?.state,
          orderedBy(decided),
        );
        if (start.type === 'rejected') return start;
        appends.push(start.append);
      }
      const notified =
        after.type === 'migration'
          ? await this.#withNotices(appends, context.now, async () => snapshotOf(after))
          : appends;
      const appended = await this.#journal.append(notified);
      if (appended.type === 'appended') {
        if (ordered !== undefined) this.#drawnRun = null;
        await this.#setRight(appended.events, context.now);
        return done(after, decided);
      }
      if (appended.type === 'claimed') {
        return reject(
          'target-claimed',
          `Another run (${appended.by}) has this target; one run at a time.`,
        );
      }
      // Another node drew the same number: never by the store's series, so only when a restored store went back.
      if (appended.stream === runStream(newRun)) this.#drawnRun = null;
    }
    return busy(migrationStream(plan));
  }

  async #drawRun(): Promise<number> {
    this.#drawnRun ??= await this.#journal.nextNumber('run');
    return this.#drawnRun;
  }

  /**
   * When the store's clock jumped back while this was decided, its events bear an earlier time than the decision, and the
   * deadline that was written with them comes too late by the jump: a look at the stream writes it anew.
   */
  async #setRight(events: readonly JournalEvent[], decidedAt: number): Promise<void> {
    const streams = new Set(events.filter(({ at }) => at < decidedAt).map(({ stream }) => stream));
    for (const stream of streams) {
      try {
        await tickStream(this, stream);
      } catch (error) {
        // What was decided is in the journal; a deadline that comes late is set right by the stream's next event.
        if (!isOutage(error)) throw error;
      }
    }
  }

  async #finish(
    ended: BegunRun,
    outcome: (RunEvent & { type: 'RunEnded' })['outcome'],
    now: number,
  ): Promise<{ readonly type: 'finished'; readonly append: Append } | Refused> {
    const { plan, run } = ended;
    const before = await this.migration(plan);
    if (before.beyond !== null) return newer(migrationStream(plan), before.beyond);
    const at = Math.max(now, before.at);
    const changed = changedSteps(ended).length;
    const decided = migrationAggregate.decide(
      { type: 'FinishRun', run, outcome, changed },
      before.state,
      { now: at, actor: backout },
    );
    const events =
      decided.type === 'accepted' ? decided : { type: 'accepted' as const, events: [] };
    const { after: _, ...own } = this.streams.appendOf(
      migrationAggregate,
      migrationStream(plan),
      before,
      events,
      at,
    );
    return { type: 'finished', append: own };
  }

  /** People hear of what just happened by jobs in the same transaction: a notice is never lost, never made up. */
  async #withNotices(
    appends: readonly Append[],
    at: number,
    snapshot: () => Promise<Snapshot>,
    run?: BegunRun,
  ): Promise<readonly Append[]> {
    const told: readonly Told[] = appends.flatMap(({ stream, events }) =>
      // The cast holds because the office appends nothing but events of runs and migrations.
      events.map(({ body, actor }) => ({
        stream,
        body: body as RunEvent | MigrationEvent,
        who: actor.name,
        at,
        ...(run === undefined ? {} : { run }),
      })),
    );
    if (!told.some(({ body }) => isTold(body))) return appends;
    const jobs = noticeJobs(await snapshot(), told);
    const [first, ...others] = appends;
    if (first === undefined || jobs.length === 0) return appends;
    return [{ ...first, jobs: [...(first.jobs ?? []), ...jobs] }, ...others];
  }
}

function snapshotOf({ snapshot, fingerprint, directory }: KnownMigration): Snapshot {
  return { plan: planOf(snapshot), fingerprint, directory };
}

/** A command whose run number the office draws. */
export type Unnumbered = MigrationCommand extends infer Each
  ? Each extends { readonly newRun: number }
    ? Omit<Each, 'newRun'>
    : never
  : never;

function ended(
  decided: Decided<RunEvent> & { type: 'accepted' },
): (RunEvent & { type: 'RunEnded' }) | undefined {
  return decided.events.map((event) => event.body).find((body) => body.type === 'RunEnded');
}

function orderedRun(
  decided: Decided<MigrationEvent> & { type: 'accepted' },
): (MigrationEvent & { type: 'DecisionMade' }) | undefined {
  return decided.events
    .map((event) => event.body)
    .find(
      (body): body is MigrationEvent & { type: 'DecisionMade' } =>
        body.type === 'DecisionMade' && body.run !== null,
    );
}

/** The person who wanted the run; undefined when it was a trigger, silence or a program. */
function orderedBy(decided: Decided<MigrationEvent> & { type: 'accepted' }): string | undefined {
  const event = decided.events.find(
    ({ body }) => body.type === 'DecisionMade' && body.run !== null,
  );
  const asked = event?.body.type === 'DecisionMade' ? event.body.requester : undefined;
  return asked ?? (event?.actor.kind === 'person' ? event.actor.name : undefined);
}

function done<State>(
  state: State,
  decided: Decided<EventBody> & { type: 'accepted' },
): Outcome<State> {
  return { type: 'done', state, events: decided.events.map((event) => event.body) };
}

/** Was this refused because only a newer node may decide it? */
export function isLeftToNewer(outcome: Outcome<unknown>): boolean {
  return outcome.type === 'rejected' && outcome.code === 'left-to-newer';
}

/** What a newer node has written is left to newer nodes: an older one would decide on half of the truth. */
function newer(stream: string, type: string): Refused {
  return {
    type: 'rejected',
    code: 'left-to-newer',
    because: `Stream ${stream} holds an event of a newer Backout (${type}); this version leaves it to the newer nodes. Upgrade this node, or ask one that is newer.`,
  };
}

function busy(stream: string): Outcome<never> {
  return {
    type: 'rejected',
    code: 'stream-busy',
    because: `Stream ${stream} changed ${TRIES} times while this was decided. Try again.`,
  };
}
