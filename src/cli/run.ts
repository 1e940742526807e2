// `backout run`: orders a rollback and follows it to its end; works alone, as a node of its own, when nobody serves.
import { didYouMean } from '../core/plan/nearest.ts';
import type { RunKind } from '../core/rollback/events.ts';
import { type Scope, isNarrowed } from '../core/rollback/scope.ts';
import type { BegunRun } from '../core/rollback/state.ts';
import { type Answer, type Control, runOrderedBy } from '../engine/control.ts';
import { accepted } from './answers.ts';
import type { Who } from '../engine/identity.ts';
import { planOf } from '../engine/systems.ts';
import { type Cli, logOf } from './cli.ts';
import { type Connection, connected } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { exitOfRun, followRun } from './follow.ts';
import { undelivered } from './last-notices.ts';
import { choosePlan, findPlanFiles, type LoadedPlan } from './plan-file.ts';
import { type ScopeOptions, scopeLines, scopeOf, scopedOf } from './scope.ts';
import { assertSecrets } from './secrets.ts';
import { Standby } from './standby.ts';

/** Options of `run`. */
export interface RunOptions extends ScopeOptions {
  readonly plan?: string;
  readonly because?: string;
  readonly preview?: boolean;
  readonly drill?: boolean;
  readonly breakGlass?: boolean;
  readonly who?: string;
}

/** Orders, or previews. Exit 0 only when the run ended rolled back and verified. */
export async function run(cli: Cli, playbook: string, options: RunOptions): Promise<Exit> {
  const scope = scopeOf(options);
  if (options.preview === true) {
    const loaded = choosePlan(options.plan, cli.folder);
    assertPlaybook(loaded, playbook);
    const { preview } = await import('./preview.ts');
    return preview(cli, loaded, playbook, scope);
  }
  const because = options.because?.trim() ?? '';
  if (because === '') {
    throw new CliError(
      'BK-0101',
      '[run] Cannot roll back without a reason: say it with --because "…". To see first what would change: --preview',
    );
  }
  const kind: RunKind = options.drill === true ? 'drill' : 'live';
  const loaded = await localPlan(cli, options.plan);
  if (loaded !== undefined) assertPlaybook(loaded, playbook);
  if (loaded !== undefined) scopedOf(loaded.plan, playbook, scope);
  return connected(cli, async (connection) => {
    const who = await connection.who(options.who);
    const plan = await makeKnown(cli, connection, loaded, playbook, options.plan, who);
    await showScope(cli, connection.control, plan, playbook, scope);
    const wanted = {
      playbook,
      because,
      kind,
      ...(isNarrowed(scope) ? { scope } : {}),
      ...(options.breakGlass === true ? { breakGlass: true } : {}),
    };
    const ordered = accepted(await connection.control.order(plan, wanted, who));
    return followWanted(cli, connection, plan, ordered);
  });
}

/** Follows the run that was ordered, at once or when others have approved it. */
export async function followWanted(
  cli: Cli,
  connection: Connection,
  plan: string,
  ordered: Answer & { type: 'done' },
): Promise<Exit> {
  if (!ordered.events.some((event) => event.type === 'ApprovalWanted'))
    return followOrdered(cli, connection, numberIn(ordered));
  const { awaitApproval } = await import('./approval.ts');
  const approved = await awaitApproval(cli, connection, plan, ordered.events);
  return approved.type === 'run' ? followOrdered(cli, connection, approved.run) : approved.exit;
}

/** What must go back too, and what is left out, is said before it begins. */
async function showScope(
  cli: Cli,
  control: Control,
  plan: string,
  playbook: string,
  scope: Scope,
): Promise<void> {
  const migration = await control.migration(plan);
  if (migration.type === 'none') return;
  const scoped = scopedOf(planOf(migration.snapshot), playbook, scope);
  for (const line of scopeLines(scoped, cli.out)) cli.out.talk(line);
}

/** Watches a run that was just ordered or found, standing in as a node where nobody else serves. */
export async function followOrdered(
  cli: Cli,
  { control, site }: Connection,
  number: number,
): Promise<Exit> {
  const { out, interrupt } = cli;
  interrupt.listen();
  out.line({ type: 'run', run: number });
  out.talk(
    `Run ${number}. Ctrl-C stops watching, never the run; come back with: backout watch ${number}`,
  );
  const standby = site === null ? null : new Standby(site, logOf(cli));
  const state = await followRun(cli, control, number, interrupt.signal);
  if (state.type === 'run' && state.end !== null) {
    await tellPeople(cli, control, standby, state);
    return exitOfRun(cli, state);
  }
  const left = await standby?.end();
  out.complain(
    left === undefined || left.othersServe
      ? `Stopped watching; run ${number} goes on. Come back: backout watch ${number}`
      : `Stopped watching, and nobody else serves this store: run ${number} waits until backout serve or backout watch ${number} runs.`,
  );
  out.result({ run: number, outcome: null });
  return exits.interrupted;
}

/** The run has ended; whoever carried it out alone also sees its notices off. */
async function tellPeople(
  cli: Cli,
  control: Control,
  standby: Standby | null,
  run: BegunRun,
): Promise<void> {
  if (standby === null) return;
  const left = standby.works ? await undelivered(control, run) : 0;
  await standby.end();
  if (left > 0)
    cli.out.complain(
      `${left} notices of the end are not delivered yet; whoever serves next goes on trying: backout serve`,
    );
}

/** With a server, the plan may be known there and not here. */
async function localPlan(cli: Cli, wanted: string | undefined): Promise<LoadedPlan | undefined> {
  if (cli.options.server === undefined) return choosePlan(wanted, cli.folder);
  if (wanted === undefined && findPlanFiles(cli.folder).length === 0) return undefined;
  try {
    return choosePlan(wanted, cli.folder);
  } catch (error) {
    if (error instanceof CliError && error.code === 'BK-0102') return undefined;
    throw error;
  }
}

/** The name of the plan, known to whoever carries the run out. */
async function makeKnown(
  cli: Cli,
  { control, site }: Connection,
  loaded: LoadedPlan | undefined,
  playbook: string,
  wanted: string | undefined,
  who: Who,
): Promise<string> {
  if (loaded === undefined) return knownPlan(control, wanted);
  // When others serve, they may have what this machine lacks.
  const alone = site !== null && (await site.store.nodes.alive()).length === 0;
  if (alone) assertSecrets(cli, loaded, playbook);
  accepted(await control.arm(loaded, null, who));
  return loaded.plan.name;
}

async function knownPlan(control: Control, wanted: string | undefined): Promise<string> {
  const plans = (await control.migrations()).map((migration) => migration.plan);
  const [only, second] = plans;
  if (wanted === undefined && only !== undefined && second === undefined) return only;
  if (wanted !== undefined && plans.includes(wanted)) return wanted;
  const known =
    plans.length === 0 ? 'The server knows none yet.' : `The server knows: ${plans.join(', ')}.`;
  throw new CliError(
    'BK-0102',
    `[plan] Cannot choose a plan: ${wanted === undefined ? 'none is here' : `"${wanted}" is neither a file here nor known there`}. ${known} Name one with --plan.`,
  );
}

function assertPlaybook({ plan, file }: LoadedPlan, playbook: string): void {
  if (Object.hasOwn(plan.playbooks, playbook)) return;
  const names = Object.keys(plan.playbooks);
  const near = didYouMean(playbook, names) ?? `it has ${names.join(', ') || 'none'}`;
  throw new CliError(
    'BK-0105',
    `[plan] Cannot run ${playbook}: ${file} has no such playbook; ${near}`,
  );
}

/** The run that a decision ordered. */
function numberIn(answer: Answer): number {
  const run = runOrderedBy(answer);
  if (run !== null) return run;
  throw new CliError('BK-0199', '[backout] The order was taken, and no run came of it.');
}
