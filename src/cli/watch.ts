// `backout watch`: follows a run or a migration from any machine; on a store that nobody serves, it carries them on meanwhile.
import { evolve } from '../core/decision/migration/evolve.ts';
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import { migrationStream } from '../core/decision/migration/migration.ts';
import type { Migration } from '../core/decision/migration/state.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import { didYouMean } from '../core/plan/nearest.ts';
import type { Control } from '../engine/control.ts';
import { type Cli, logOf } from './cli.ts';
import { type Connection, connected } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { followRun, tell } from './follow.ts';
import { runNumber } from './people.ts';
import { assertPhase, choosePlan } from './plan-file.ts';
import { accepted } from './answers.ts';
import { followOrdered } from './run.ts';
import { assertSecrets } from './secrets.ts';
import { Standby } from './standby.ts';
import { Painter } from './view/painter.ts';
import { renderMigration } from './view/migration.ts';

/** Options of `watch`. */
export interface WatchOptions {
  readonly plan?: string;
  readonly phase?: string;
  readonly who?: string;
}

/** Follows until the end of the run, or until Ctrl-C. */
export async function watch(
  cli: Cli,
  run: string | undefined,
  options: WatchOptions,
): Promise<Exit> {
  return connected(cli, async (connection) => {
    const { control } = connection;
    if (run !== undefined) {
      const number = await knownRun(control, run);
      return followOrdered(cli, connection, number);
    }
    const plan = await planToWatch(cli, connection, options);
    return followMigration(cli, connection, plan);
  });
}

async function knownRun(control: Control, said: string): Promise<number> {
  const number = await runNumber(control, said);
  if ((await control.run(number)).type === 'run') return number;
  throw new CliError(
    'BK-0105',
    `[watch] There is no run ${number} here. List them with: backout journal`,
  );
}

/** With --phase the plan is armed first; else whatever is known, by name, by the only plan file, or as the only one. */
async function planToWatch(
  cli: Cli,
  { control, site, who }: Connection,
  options: WatchOptions,
): Promise<string> {
  if (options.phase !== undefined) {
    const loaded = choosePlan(options.plan, cli.folder);
    assertPhase(loaded, options.phase);
    if (site !== null) assertSecrets(cli, loaded);
    accepted(await control.arm(loaded, options.phase, await who(options.who)));
    return loaded.plan.name;
  }
  const known = (await control.migrations()).map((migration) => migration.plan);
  const [only, second] = known;
  const wanted = options.plan ?? (second === undefined ? only : undefined);
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  if (options.plan !== undefined) {
    const { plan } = choosePlan(options.plan, cli.folder);
    if (known.includes(plan.name)) return plan.name;
    throw new CliError(
      'BK-0105',
      `[watch] Plan ${plan.name} is not watched yet. Enter a phase: backout watch --plan ${options.plan} --phase <phase>`,
    );
  }
  const near = wanted === undefined ? undefined : didYouMean(wanted, known);
  throw new CliError(
    'BK-0102',
    known.length === 0
      ? '[watch] Nothing is watched here yet. Enter a phase: backout watch --plan <file> --phase <phase>'
      : `[watch] Several plans are watched: ${known.join(', ')}. Name one with --plan${near === undefined ? '' : `; ${near}`}.`,
  );
}

async function followMigration(
  cli: Cli,
  { control, site }: Connection,
  plan: string,
): Promise<Exit> {
  const { out, interrupt } = cli;
  interrupt.listen();
  const standby = site === null ? null : new Standby(site, logOf(cli));
  const following = new Following(cli, control, plan);
  await following.recall();
  out.talk(`Watching ${plan}. Ctrl-C stops watching, never a run.`);
  try {
    await following.go();
  } finally {
    const left = await standby?.end();
    if (left?.othersServe === false)
      out.complain(
        `Stopped watching, and nobody else serves this store: no trigger of ${plan} is judged until backout serve or backout watch runs.`,
      );
    else out.complain(`Stopped watching ${plan}. Come back: backout watch --plan ${plan}`);
  }
  return exits.interrupted;
}

/** One migration, followed event by event; its runs are shown where they begin. */
class Following {
  readonly #cli: Cli;
  readonly #control: Control;
  readonly #stream: string;
  #state: Migration = { type: 'none' };
  #next = 1;
  #ahead = 0;

  constructor(cli: Cli, control: Control, plan: string) {
    this.#cli = cli;
    this.#control = control;
    this.#stream = migrationStream(plan);
  }

  /** What happened before we came is folded, not told again. */
  async recall(): Promise<void> {
    this.#ahead = (await this.#control.now()) - Date.now();
    for (const event of await this.#control.events(this.#stream)) this.#take(event);
    if (this.#cli.out.live) return;
    for (const line of this.#frame()) this.#cli.out.say(line);
  }

  async go(): Promise<void> {
    const { signal } = this.#cli.interrupt;
    while (!signal.aborted) {
      const active = this.#state.type === 'migration' ? this.#state.activeRun : null;
      if (active !== null) await this.#showRun(active);
      await this.#untilRun(active);
    }
  }

  /** Until a run begins that is not the one which was just shown. */
  async #untilRun(shown: number | null): Promise<void> {
    const { out, interrupt } = this.#cli;
    const painter = out.live ? new Painter(out.stdout, () => this.#frame()) : null;
    try {
      for await (const event of this.#control.follow(this.#stream, this.#next, interrupt.signal)) {
        this.#take(event);
        if (painter === null) tell(out, event);
        const { state } = this;
        if (state.type === 'migration' && state.activeRun !== null && state.activeRun !== shown)
          return;
      }
    } finally {
      painter?.stop();
    }
  }

  async #showRun(run: number): Promise<void> {
    await followRun(this.#cli, this.#control, run, this.#cli.interrupt.signal);
  }

  get state(): Migration {
    return this.#state;
  }

  #frame(): readonly string[] {
    return renderMigration(this.#state, { ...this.#cli.out.look, now: Date.now() + this.#ahead });
  }

  #take(event: JournalEvent): void {
    // The cast holds because a migration's stream holds events of migrations only.
    this.#state = evolve(this.#state, event as JournalEvent<MigrationEvent>);
    this.#next = event.seq + 1;
  }
}
