// The home page as people see it: what waits for somebody, what runs, what is watched, what was.
import type { MigrationSummary } from '../../core/decision/migration/migration.ts';
import type {
  KnownMigration,
  OwedReview,
  RunRequest,
} from '../../core/decision/migration/state.ts';
import { triggerSaid } from '../../core/decision/migration/told.ts';
import { outcomeSaid } from '../../core/rollback/told.ts';
import type { RunSummary } from '../../core/rollback/views.ts';
import type { Said } from '../../core/words/marks.ts';
import { planOf } from '../../engine/office.ts';
import { evidenceLines } from './decision-view.ts';

/** The home page, ready to be shown. */
export interface HomeView {
  readonly waiting: readonly Waiting[];
  /** Runs that wait for approvals. */
  readonly approving: readonly Approving[];
  readonly reviews: readonly Review[];
  readonly running: readonly RunLine[];
  readonly plans: readonly PlanLine[];
  readonly past: readonly RunLine[];
}

/** A question that waits for an answer. */
export interface Waiting {
  readonly plan: string;
  readonly decision: number;
  readonly trigger: string;
  readonly playbook: string;
  readonly by: string;
  readonly because: string;
  readonly evidence: readonly Said[];
  readonly until: number;
  readonly silence: 'roll-back' | 'hold';
}

/** A run that somebody wants, and others must approve. */
export interface Approving {
  readonly plan: string;
  readonly request: RunRequest;
}

/** A review that is owed of a run that began without its approvals. */
export interface Review extends OwedReview {
  readonly plan: string;
}

/** A run in a line. */
export interface RunLine extends Said {
  readonly run: number;
  readonly plan: string;
  readonly playbook: string;
  readonly kind: string;
  /** The run that it undoes; null for a rollback, and in summaries of an older Backout absent. */
  readonly undoes?: number | null;
  readonly because: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly stepsDone: number;
  readonly stepsAll: number;
}

/** A plan in a line. */
export interface PlanLine {
  readonly plan: string;
  readonly fingerprint: string;
  readonly phase: string | null;
  readonly signals: readonly Said[];
  readonly activeRun: number | null;
}

/** The newest past runs that the page shows. */
const PAST_RUNS = 20;

/** What waits comes first, the most urgent before all. */
export function homeView(
  summaries: readonly MigrationSummary[],
  migrations: readonly KnownMigration[],
  runs: readonly RunSummary[],
): HomeView {
  const newest = runs.toSorted((a, b) => b.run - a.run);
  return {
    waiting: migrations.flatMap(waitingOf).toSorted((a, b) => a.until - b.until),
    approving: migrations.flatMap(({ plan, requests }) =>
      requests.map((request) => ({ plan, request })),
    ),
    reviews: migrations.flatMap(({ plan, reviews }) => reviews.map((each) => ({ ...each, plan }))),
    running: newest.filter((run) => run.status !== 'ended').map(lineOf),
    plans: summaries
      .map((summary) => planLine(summary, migrations))
      .toSorted((a, b) => a.plan.localeCompare(b.plan)),
    past: newest
      .filter((run) => run.status === 'ended')
      .slice(0, PAST_RUNS)
      .map(lineOf),
  };
}

function waitingOf(migration: KnownMigration): readonly Waiting[] {
  const plan = planOf(migration.snapshot);
  return migration.questions.map(
    ({ decision, trigger, playbook, by, because, until, silence, evidence }) => ({
      plan: migration.plan,
      decision,
      trigger,
      playbook,
      by,
      because,
      until,
      silence,
      evidence: evidenceLines(evidence, plan),
    }),
  );
}

function lineOf(run: RunSummary): RunLine {
  const { status, outcome, ...line } = run;
  if (outcome !== null) return { ...line, ...outcomeSaid(outcome) };
  switch (status) {
    case 'paused':
      return { ...line, mark: 'attention', words: 'paused' };
    case 'aborting':
      return { ...line, mark: 'bad', words: 'aborting' };
    default:
      return { ...line, mark: 'working', words: isUndo(run) ? 'undoing' : 'rolling back' };
  }
}

function isUndo({ undoes }: RunSummary): boolean {
  return typeof undoes === 'number';
}

function planLine(summary: MigrationSummary, migrations: readonly KnownMigration[]): PlanLine {
  const { plan, fingerprint, phase, activeRun } = summary;
  const migration = migrations.find((each) => each.plan === plan);
  const signals =
    migration === undefined ? [] : migration.armed.map((name) => triggerSaid(migration, name));
  return { plan, fingerprint: fingerprint.slice(0, 6), phase, activeRun, signals };
}
