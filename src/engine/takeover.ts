// Takeover: peers look for nodes that are gone and free the attempts that those had in hand.
import type { RunSummary } from '../core/rollback/views.ts';
import type { Log } from './log.ts';
import type { Nodes } from './membership.ts';
import { type Office, backout } from './office.ts';

/** Frees what dead nodes had in hand. Safe to be done by several nodes at once: the journal accepts each loss once. */
export async function takeOver(nodes: Nodes, office: Office, log: Log): Promise<void> {
  for (const node of await nodes.dead()) {
    const freed = await freeAttempts(node, office);
    await nodes.forget(node);
    log('warn', `[engine] Node ${node} is gone; ${freed} of its steps go on elsewhere.`);
  }
}

async function freeAttempts(node: string, office: Office): Promise<number> {
  let freed = 0;
  for (const run of await runsUnderWay(office)) {
    const { state } = await office.run(run);
    if (state.type !== 'run') continue;
    for (const [step, { status, node: holder, attempt }] of Object.entries(state.steps)) {
      if (status !== 'running' || holder !== node) continue;
      await office.commandRun(run, { type: 'ReportLost', step, attempt, node }, backout);
      freed += 1;
    }
  }
  return freed;
}

/** Numbers of the runs that have not ended. */
async function runsUnderWay(office: Office): Promise<readonly number[]> {
  const listed = await office.streams.journal.list('run-', 200);
  // The cast holds because the summary of a run's stream is made by the run's own view.
  return listed
    .map((each) => each.summary as unknown as RunSummary)
    .filter((summary) => summary.status !== 'ended')
    .map((summary) => summary.run);
}
