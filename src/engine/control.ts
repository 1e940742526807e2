// Control: everything that people and programs can ask of Backout, the same on this machine and over HTTP.
import { compileGuards, compileTriggers } from '../core/decision/compile.ts';
import type { MigrationSummary } from '../core/decision/migration/migration.ts';
import type { Migration } from '../core/decision/migration/state.ts';
import type { Actor, EventBody, JournalEvent, Json } from '../core/journal/event.ts';
import type { Journal } from '../core/journal/journal.ts';
import type { RunCommand } from '../core/rollback/commands.ts';
import type { Durations } from '../core/rollback/durations.ts';
import type { RunKind } from '../core/rollback/events.ts';
import type { Scope } from '../core/rollback/scope.ts';
import type { Run } from '../core/rollback/state.ts';
import { compileUndo } from '../core/rollback/undo.ts';
import type { RunSummary } from '../core/rollback/views.ts';
import { proofIsWanted } from '../core/governance/operators/operators.ts';
import { pause } from './calls.ts';
import { durationsOfPlan } from './durations.ts';
import { type Who, actorOf, nameIn } from './identity.ts';
import type { Office } from './office.ts';
import { waitOut } from './outage.ts';
import type { Snapshot } from './systems.ts';

/** The answer to an order: what it led to, or why not. Codes are stable, sentences are for people. */
export type Answer =
  | { readonly type: 'done'; readonly events: readonly EventBody[] }
  | { readonly type: 'rejected'; readonly code: string; readonly because: string };

/** The run that an answer ordered; null when it ordered none. */
export function runOrderedBy(answer: Answer): number | null {
  if (answer.type === 'rejected') return null;
  const made = answer.events.find((event) => event.type === 'DecisionMade');
  return made !== undefined && 'run' in made && typeof made.run === 'number' ? made.run : null;
}

/** What a person may tell a run. */
export type RunOrder = RunCommand & {
  type:
    | 'PauseRun'
    | 'ResumeRun'
    | 'AbortRun'
    | 'TakeStep'
    | 'ConfirmStep'
    | 'SkipStep'
    | 'ApproveSkip'
    | 'WithdrawSkip'
    | 'RetryStep'
    | 'ConsentStep'
    | 'OverruleStep';
};

/** What a person may answer to a question. */
export type DecisionOrder =
  | { readonly type: 'Approve'; readonly decision?: number; readonly because?: string }
  | {
      readonly type: 'Hold';
      readonly decision?: number;
      readonly forMs: number;
      readonly because?: string;
    }
  | { readonly type: 'Dismiss'; readonly decision?: number; readonly because: string }
  /** Takes back what this person approved or asked for. */
  | { readonly type: 'Withdraw'; readonly decision?: number }
  /** Somebody else has looked at a run that began without its approvals. */
  | { readonly type: 'CloseReview'; readonly run: number; readonly because: string };

/** The run that a person orders: by which playbook, why, and as what kind of run. */
export interface WantedRun {
  readonly playbook: string;
  readonly because: string;
  readonly kind: RunKind;
  /** What shall go back; left out for all that the playbook restores. */
  readonly scope?: Scope;
  /** Without the approvals that it wants; somebody else reviews it afterwards. */
  readonly breakGlass?: boolean;
}

/** The undo that a person orders: why, and from which step on when it is not the whole run. */
export interface WantedUndo {
  readonly because: string;
  readonly from?: string;
}

/**
 * The orders and questions. `who` gives the order: a person whose name is proven, or a name that is only claimed, which
 * counts as long as there is no operator.
 */
export interface Control {
  readonly migrations: () => Promise<readonly MigrationSummary[]>;
  readonly migration: (plan: string) => Promise<Migration>;
  readonly runs: () => Promise<readonly RunSummary[]>;
  readonly run: (run: number) => Promise<Run>;
  /** How long the steps of this plan took in its past runs: forecasts are drawn from it. */
  readonly durations: (plan: string) => Promise<Durations>;
  /** Makes this plan known, and with a phase: judges the triggers of that phase from now on. */
  readonly arm: (snapshot: Snapshot, phase: string | null, who: Who) => Promise<Answer>;
  /** Starts a run; the events hold a `DecisionMade` with its number. */
  readonly order: (plan: string, wanted: WantedRun, who: Who) => Promise<Answer>;
  /** Undoes a run that has ended by a new one; the events hold a `DecisionMade` with its number. */
  readonly undo: (run: number, wanted: WantedUndo, who: Who) => Promise<Answer>;
  readonly decide: (plan: string, order: DecisionOrder, who: Who) => Promise<Answer>;
  readonly tell: (run: number, order: RunOrder, who: Who) => Promise<Answer>;
  readonly events: (stream: string, from?: number) => Promise<readonly JournalEvent[]>;
  /** Events of a stream from `from` on, and then each new one as it comes, until the signal aborts. */
  readonly follow: (
    stream: string,
    from: number,
    signal: AbortSignal,
  ) => AsyncIterable<JournalEvent>;
  readonly streams: (prefix: string) => Promise<
    readonly {
      readonly stream: string;
      readonly seq: number;
      readonly at: number;
      readonly summary: Json;
    }[]
  >;
  readonly now: () => Promise<number>;
}

/** Who follows waits out an outage of the store for so long, and then hears of it. Milliseconds. */
const OUTAGE_MS = 60_000;

/** Lists hold at most so many streams, the newest first. */
const LISTED = 1_000;

/** Looks again so often though no notification came. Milliseconds. */
const LOOK_AGAIN_MS = 1_000;

/** Control on the store that this process has open. */
export function localControl(office: Office, journal: Journal): Control {
  const proven = async (who: Who, order: () => Promise<Answer>): Promise<Answer> =>
    (await proofMissing(office, who)) ?? order();
  return {
    migrations: async () =>
      (await journal.list('migration-', LISTED)).map(({ summary }) => migrationSummary(summary)),
    migration: async (plan) => (await office.migration(plan)).state,
    runs: async () =>
      (await journal.list('run-', LISTED)).map(({ summary }) => runSummary(summary)),
    run: async (run) => (await office.run(run)).state,
    durations: (plan) => durationsOfPlan(office, plan),
    arm: async (snapshot, phase, who) =>
      // What is so already needs nobody's word: a server that starts again with its plan orders nothing.
      (await isArmed(office, snapshot, phase))
        ? { type: 'done', events: [] }
        : proven(who, () => arm(office, snapshot, phase, who)),
    order: (plan, wanted, who) =>
      proven(who, async () =>
        answer(await office.commandMigration(plan, { type: 'OrderRun', ...wanted }, actorOf(who))),
      ),
    undo: (run, wanted, who) => proven(who, () => undo(office, run, wanted, actorOf(who))),
    decide: (plan, order, who) =>
      proven(who, async () => answer(await office.commandMigration(plan, order, actorOf(who)))),
    tell: (run, order, who) =>
      proven(who, async () => answer(await office.commandRun(run, order, actorOf(who)))),
    events: (stream, from) => journal.read(stream, from),
    follow: (stream, from, signal) => follow(journal, stream, from, signal),
    streams: (prefix) => journal.list(prefix, LISTED),
    now: () => journal.now(),
  };
}

/** From the first operator on, a name that is only claimed orders nothing. */
async function proofMissing(office: Office, who: Who): Promise<Answer | null> {
  if (typeof who !== 'string' || !proofIsWanted((await office.operators()).state)) return null;
  return {
    type: 'rejected',
    code: 'proof-wanted',
    because: `Orders must be proven here, and "${nameIn(who)}" is only a name. Sign in with your operator's token: on the page, with backout operator login, or in BACKOUT_OPERATOR_TOKEN.`,
  };
}

async function isArmed(
  office: Office,
  { plan, fingerprint, directory }: Snapshot,
  phase: string | null,
): Promise<boolean> {
  const { state } = await office.migration(plan.name);
  return (
    state.type === 'migration' &&
    state.fingerprint === fingerprint &&
    state.directory === directory &&
    (phase === null || state.phase === phase)
  );
}

async function arm(
  office: Office,
  snapshot: Snapshot,
  phase: string | null,
  who: Who,
): Promise<Answer> {
  const actor = actorOf(who);
  const { plan, fingerprint, directory } = snapshot;
  const declared = plan.phases.find((each) => each.name === phase);
  if (phase !== null && declared === undefined) {
    const names = plan.phases.map((each) => each.name).join(', ');
    return {
      type: 'rejected',
      code: 'no-such-phase',
      because: `Plan ${plan.name} has no phase ${phase}. Its phases: ${names}.`,
    };
  }
  const armed = answer(
    await office.commandMigration(
      plan.name,
      {
        type: 'ArmPlan',
        plan: plan.name,
        fingerprint,
        // The cast holds because a Plan is plain JSON by its own definition.
        snapshot: plan as unknown as Json,
        directory,
        triggers: compileTriggers(plan),
        guards: compileGuards(plan),
      },
      actor,
    ),
  );
  if (declared === undefined || armed.type === 'rejected') return armed;
  const command = { type: 'EnterPhase', phase: declared.name, armed: declared.failure } as const;
  const entered = answer(await office.commandMigration(plan.name, command, actor));
  return entered.type === 'rejected'
    ? entered
    : { type: 'done', events: [...armed.events, ...entered.events] };
}

async function undo(
  office: Office,
  run: number,
  { because, from }: WantedUndo,
  actor: Actor,
): Promise<Answer> {
  const { state } = await office.run(run);
  if (state.type === 'none')
    return { type: 'rejected', code: 'no-such-run', because: `There is no run ${run}.` };
  const compiled = compileUndo(state, from);
  if (compiled.type === 'refused') return { ...compiled, type: 'rejected' };
  const { plan, playbook, kind } = state;
  const { undoes, graph } = compiled;
  const roles = [...new Set(graph.nodes.flatMap(({ owner }) => owner ?? []))];
  const order = { type: 'OrderUndo', undoes, playbook, because, kind, roles } as const;
  return answer(await office.commandMigration(plan, order, actor));
}

async function* follow(
  journal: Journal,
  stream: string,
  first: number,
  signal: AbortSignal,
): AsyncGenerator<JournalEvent> {
  let next = first;
  while (!signal.aborted) {
    const wake = new AbortController();
    const off = journal.onAppended((appended) => {
      if (appended === stream) wake.abort();
    });
    try {
      const from = next;
      for (const event of await waitOut(
        () => journal.read(stream, from),
        AbortSignal.any([signal, AbortSignal.timeout(OUTAGE_MS)]),
      )) {
        yield event;
        next = event.seq + 1;
      }
      await pause(LOOK_AGAIN_MS, AbortSignal.any([signal, wake.signal]));
    } finally {
      off();
    }
  }
}

function answer(
  outcome:
    | { readonly type: 'done'; readonly events: readonly EventBody[] }
    | (Answer & { type: 'rejected' }),
): Answer {
  return outcome.type === 'rejected' ? outcome : { type: 'done', events: outcome.events };
}

/** The cast holds because the summary of a migration's stream is made by the migration's own view. */
function migrationSummary(summary: Json): MigrationSummary {
  return summary as unknown as MigrationSummary;
}

/** The cast holds because the summary of a run's stream is made by the run's own view. */
function runSummary(summary: Json): RunSummary {
  return summary as unknown as RunSummary;
}
