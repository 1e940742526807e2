// `backout serve`: a node that watches plans and carries runs out, with the page and the API in front; until it is told to stop.
import type { Log } from '../engine/log.ts';
import { pause } from '../engine/calls.ts';
import type { Who } from '../engine/identity.ts';
import type { Node } from '../engine/node.ts';
import type { RunningServer } from '../server/server.ts';
import type { Cli } from './cli.ts';
import { onStore } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { whoAt } from './people.ts';
import { assertPhase, choosePlan, type LoadedPlan } from './plan-file.ts';
import type { Site } from './platform.ts';
import { accepted } from './answers.ts';
import { assertSecrets } from './secrets.ts';
import { nextEvent, tellPlan } from './serve-telling.ts';
import { markOf } from './view/marks.ts';
import { timeOf } from './view/time.ts';

/** Options of `serve`. */
export interface ServeOptions {
  readonly phase?: string;
  readonly port: number;
  readonly host: string;
  readonly name?: readonly string[];
  readonly who?: string;
}

/** How long steps in hand may take to end after SIGTERM, before they are handed back. Milliseconds. */
const drainMs = 20_000;

/** A node that lost its place and could not come back tries again after so long. Milliseconds. */
const comeBackMs = 1_000;

/** Serves until SIGTERM or Ctrl-C; the second one ends at once, and peers take over. */
export async function serve(
  cli: Cli,
  files: readonly string[],
  options: ServeOptions,
): Promise<Exit> {
  const plans = files.map((file) => choosePlan(file, cli.folder));
  if (options.phase !== undefined && plans.length === 0)
    plans.push(choosePlan(undefined, cli.folder));
  for (const plan of plans) {
    assertPhase(plan, options.phase);
    assertSecrets(cli, plan);
  }
  cli.interrupt.listen();
  return onStore(cli, 'serve', (site) => serveOn(cli, site, plans, options));
}

async function serveOn(
  cli: Cli,
  site: Site,
  plans: readonly LoadedPlan[],
  options: ServeOptions,
): Promise<Exit> {
  const who = await whoAt(cli, site, options.who);
  const log = plainLog(cli);
  const { store } = site;
  const inFolder = store.folder === null ? '' : `, data in ${store.folder}`;
  log('info', `Journal: Postgres ${store.postgresVersion}${inFolder}.`);
  for (const warning of store.warnings) log('warn', warning);
  // The page first: a taken port is said before a phase is entered.
  const page = await openPage(cli, site, options, log);
  try {
    for (const plan of plans) await arm(site, plan, options.phase, who, log);
    const names = plans.map(({ plan }) => plan.name);
    const next = await Promise.all(names.map((name) => nextEvent(site.control, name)));
    cli.out.line({ type: 'serving', url: page.url, store: store.where, folder: store.folder });
    log('info', `Page and API: ${page.url}`);
    const telling = names.map((name, index) =>
      tellPlan(site.control, name, next[index] ?? 1, log, cli.interrupt.signal),
    );
    await workUntilStopped(cli, site, log);
    await Promise.all(telling);
    return exits.fine;
  } finally {
    await page.stop();
  }
}

async function arm(
  site: Site,
  loaded: LoadedPlan,
  phase: string | undefined,
  who: Who,
  log: Log,
): Promise<void> {
  accepted(await site.control.arm(loaded, phase ?? null, who));
  const state = await site.control.migration(loaded.plan.name);
  const now = state.type === 'none' ? null : state.phase;
  const armed =
    state.type === 'none' || state.armed.length === 0
      ? 'no trigger armed'
      : `armed: ${state.armed.join(', ')}`;
  log(
    'info',
    `Plan ${loaded.plan.name} ${loaded.fingerprint.slice(0, 6)}: ${now === null ? 'in no phase, so no trigger is judged (--phase <name> enters one)' : `phase ${now}, ${armed}`}.`,
  );
}

async function openPage(
  cli: Cli,
  site: Site,
  options: ServeOptions,
  log: Log,
): Promise<RunningServer> {
  const { startServer } = await import('../server/server.ts');
  const { token } = cli.options;
  try {
    return await startServer({
      control: site.control,
      identity: site.identity,
      host: options.host,
      port: options.port,
      receive: (plan, system, delivered) => site.inbox.take(plan, system, delivered),
      log,
      ...(token === undefined ? {} : { token }),
      ...(options.name === undefined ? {} : { names: options.name }),
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'ServerError')
      throw new CliError('BK-0112', error.message, { cause: error });
    throw error;
  }
}

/** A node that loses its place is followed by another one, as long as nobody asks us to stop. */
async function workUntilStopped(cli: Cli, site: Site, log: Log): Promise<void> {
  const { signal } = cli.interrupt;
  while (!signal.aborted) {
    const node = await startNode(site, log, signal);
    if (node === null) continue;
    log('info', 'Working. Ctrl-C drains: steps in hand end, nothing new begins.');
    await either(signal, node.lost);
    if (signal.aborted)
      log('info', `Draining, for at most ${drainMs / 1000} s; a second Ctrl-C ends at once.`);
    await node.drain(signal.aborted ? drainMs : 0);
  }
  log('info', 'Drained. What is not done waits in the journal for the next node.');
}

async function startNode(site: Site, log: Log, signal: AbortSignal): Promise<Node | null> {
  try {
    return await site.startNode();
  } catch (error) {
    log(
      'error',
      `Cannot join the nodes yet: ${error instanceof Error ? error.message : String(error)}`,
    );
    await pause(comeBackMs, signal);
    return null;
  }
}

async function either(...signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals]);
  if (any.aborted) return;
  await new Promise<void>((resolve) =>
    any.addEventListener('abort', () => resolve(), { once: true }),
  );
}

/** Plain lines with the time, for people and for log collectors alike. */
function plainLog({ out }: Cli): Log {
  const marks = { info: 'good', warn: 'attention', error: 'bad' } as const;
  return (level, sentence) => {
    const line = `${timeOf(Date.now())} ${markOf(marks[level], out.look)} ${sentence}`;
    if (level === 'info') out.talk(line);
    else out.complain(line);
  };
}
