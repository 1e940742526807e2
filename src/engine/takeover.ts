// Takeover: peers look for nodes that are gone and free the attempts that nobody has in hand any more.
import { type MigrationSummary, migrationAggregate } from '../core/decision/migration/migration.ts';
import type { StepJob } from './office.ts';
import type { Log } from './log.ts';
import type { Nodes } from './membership.ts';
import { type Office, backout, isLeftToNewer } from './office.ts';

/** Who looks, and what it has in hand itself. */
export interface Looker {
  readonly node: string;
  readonly hasInHand: (job: StepJob) => boolean;
}

/** An attempt that is under way, and who has it. */
interface Held extends StepJob {
  readonly node: string;
}

/** Frees what dead nodes had in hand. Safe to be done by several nodes at once: the journal accepts each loss once. */
export async function takeOver(
  nodes: Nodes,
  office: Office,
  looker: Looker,
  log: Log,
): Promise<void> {
  // In this order: who began an attempt joined before, and is listed unless it is gone.
  const held = await attemptsUnderWay(office);
  const dead = await nodes.dead();
  const alive = held.length === 0 ? undefined : await nodes.alive?.();
  const isGone = ({ node, ...job }: Held): boolean => {
    if (dead.includes(node)) return true;
    // An attempt of our own that we don't have in hand: the store was away when it ended.
    if (node === looker.node) return !looker.hasInHand(job);
    return alive !== undefined && !alive.includes(node);
  };
  await freeAll(held.filter(isGone), office, log);
  for (const node of dead) {
    await nodes.forget(node);
    log('warn', `[engine] Node ${node} is gone; what it had in hand goes on elsewhere.`);
  }
}

/** Runs beside each other, so that none waits for the attempts of another; in one run each after the other. */
async function freeAll(gone: readonly Held[], office: Office, log: Log): Promise<void> {
  const runs = [...new Set(gone.map(({ run }) => run))];
  const freed = await Promise.allSettled(
    runs.map(async (run) => {
      for (const attempt of gone.filter((each) => each.run === run))
        await free(attempt, office, log);
    }),
  );
  const failed = freed.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function free({ run, step, attempt, node }: Held, office: Office, log: Log): Promise<void> {
  const told = await office.commandRun(run, { type: 'ReportLost', step, attempt, node }, backout);
  if (isLeftToNewer(told)) return;
  if (told.type === 'rejected')
    throw new Error(
      `Attempt ${attempt} of step ${step} of run ${run} could not be freed: ${told.because}`,
    );
  if (told.events.length > 0)
    log(
      'warn',
      `[engine] Step ${step} of run ${run} was in the hands of ${node}; it goes on elsewhere.`,
    );
}

async function attemptsUnderWay(office: Office): Promise<readonly Held[]> {
  const runs = await runsUnderWay(office);
  const held = await Promise.all(
    runs.map(async (run): Promise<readonly Held[]> => {
      const { state } = await office.run(run);
      if (state.type !== 'run') return [];
      return Object.entries(state.steps).flatMap(([step, { status, node, attempt }]) =>
        status === 'running' && node !== null ? [{ run, step, attempt, node }] : [],
      );
    }),
  );
  return held.flat();
}

/** Each migration has at most one run under way, however many runs have ended before. */
async function runsUnderWay(office: Office): Promise<readonly number[]> {
  const listed = await office.streams.journal.list(`${migrationAggregate.kind}-`, 1_000);
  return listed.flatMap(({ summary }) => {
    // The cast holds because the summary of a migration's stream is made by the migration's own view.
    const { activeRun } = summary as unknown as MigrationSummary;
    return activeRun === null ? [] : [activeRun];
  });
}
