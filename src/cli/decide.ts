// `backout approve` and `backout hold`: a person's answer to an open question.
import { didYouMean } from '../core/plan/nearest.ts';
import { parseDuration } from '../core/plan/scalars.ts';
import type { Control, DecisionOrder } from '../engine/control.ts';
import type { Cli } from './cli.ts';
import { type Connection, connected } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { accepted } from './answers.ts';
import { markOf } from './view/marks.ts';
import { timeOf } from './view/time.ts';

/** Options of both. */
export interface DecideOptions {
  readonly because?: string;
  readonly who?: string;
  /** Of `approve`: takes back instead. */
  readonly withdraw?: boolean;
}

/** A hold that names no time. Milliseconds. */
const holdDefaultMs = 600_000;

/** Orders the rollback that the question is about. */
export async function approve(
  cli: Cli,
  question: string | undefined,
  options: DecideOptions,
): Promise<Exit> {
  return connected(cli, async (connection) => {
    const { control, site } = connection;
    const { plan, decision } = await questionOf(control, question);
    if (options.withdraw === true) {
      await answer(cli, connection, plan, { type: 'Withdraw', ...numbered(decision) }, options);
      cli.out.say(`${markOf('attention', cli.out.look)} Taken back.`);
      return exits.fine;
    }
    const events = await answer(
      cli,
      connection,
      plan,
      { type: 'Approve', ...numbered(decision), ...reasoned(options) },
      options,
    );
    const run = events
      .flatMap((event) => ('run' in event && typeof event.run === 'number' ? [event.run] : []))
      .at(0);
    cli.out.result({ plan, decision, run: run ?? null });
    if (run === undefined) await sayMissing(cli, control, plan);
    else cli.out.say(`${markOf('good', cli.out.look)} Approved: run ${run} of ${plan} begins.`);
    const alone = site !== null && (await site.store.nodes.alive()).length === 0;
    if (run !== undefined)
      cli.out.next(
        `backout watch ${run}`,
        alone ? 'nobody serves this store now; watching carries the run out' : undefined,
      );
    return exits.fine;
  });
}

/** Waits, for a time, before the question comes again. */
export async function hold(
  cli: Cli,
  first: string | undefined,
  second: string | undefined,
  options: DecideOptions,
): Promise<Exit> {
  const onlyTime =
    first !== undefined && second === undefined && parseDuration(first) !== undefined;
  const [question, time] = onlyTime ? [undefined, first] : [first, second];
  const forMs = time === undefined ? holdDefaultMs : parseDuration(time);
  if (forMs === undefined)
    throw new CliError(
      'BK-0101',
      `[hold] "${time ?? ''}" is no duration. Write it like 10m, 90s or 2h.`,
    );
  return connected(cli, async (connection) => {
    const { control } = connection;
    const { plan, decision } = await questionOf(control, question);
    await answer(
      cli,
      connection,
      plan,
      { type: 'Hold', ...numbered(decision), forMs, ...reasoned(options) },
      options,
    );
    const until = (await control.now()) + forMs;
    cli.out.result({ plan, decision, until });
    cli.out.say(
      `${markOf('attention', cli.out.look)} Held until ${timeOf(until)}. If the trigger is still breached then, the question comes again.`,
    );
    cli.out.next(`backout watch --plan ${plan}`);
    return exits.fine;
  });
}

/** Approved, and others are still wanted. */
async function sayMissing({ out }: Cli, control: Control, plan: string): Promise<void> {
  const migration = await control.migration(plan);
  const requests = migration.type === 'none' ? [] : migration.requests;
  const missing = requests.map(
    ({ decision, wanted, approvedBy }) =>
      `decision ${decision}: ${approvedBy.length} of ${wanted}, by ${approvedBy.join(' and ')}`,
  );
  const so = missing.length === 0 ? 'others approve it as well' : missing.join('; ');
  out.say(`${markOf('good', out.look)} Approved. It begins when all approvals are there (${so}).`);
  out.next(`backout watch --plan ${plan}`);
}

async function answer(
  cli: Cli,
  { control, who }: Connection,
  plan: string,
  order: DecisionOrder,
  options: DecideOptions,
): Promise<readonly { readonly type: string }[]> {
  const { events } = accepted(await control.decide(plan, order, await who(options.who)));
  for (const body of events) cli.out.line({ type: 'event', stream: `migration-${plan}`, body });
  return events;
}

/** `ledger-cutover/3`, `ledger-cutover`, `3`, or nothing when only one question is open. */
async function questionOf(
  control: Control,
  said: string | undefined,
): Promise<{ readonly plan: string; readonly decision: number | null }> {
  const found = /^(?:([a-z][a-z0-9-]*)(?:\/|$))?([1-9]\d*)?$/.exec(said ?? '');
  if (found === null)
    throw new CliError(
      'BK-0105',
      `[backout] Cannot find a decision "${said}": write it like ledger-cutover/3.`,
    );
  const [plan, number] = [found[1], found[2]];
  const known = await control.migrations();
  if (plan !== undefined) {
    const names = known.map((migration) => migration.plan);
    if (names.includes(plan))
      return { plan, decision: number === undefined ? null : Number(number) };
    const near =
      names.length === 0
        ? 'none is watched yet'
        : (didYouMean(plan, names) ?? 'list them with: backout journal');
    throw new CliError(
      'BK-0105',
      `[backout] Cannot find a decision of ${plan}: no such plan is watched; ${near}`,
    );
  }
  const open = known.flatMap((migration) =>
    [...migration.waiting, ...(migration.approving ?? [])].map((decision) => ({
      plan: migration.plan,
      decision,
    })),
  );
  const fitting =
    number === undefined ? open : open.filter(({ decision }) => decision === Number(number));
  const [only, second] = fitting;
  if (only !== undefined && second === undefined) return only;
  const names = open.map((each) => `${each.plan}/${each.decision}`).join(', ');
  throw open.length === 0
    ? new CliError('BK-0108', '[backout] Nothing waits for a decision.')
    : new CliError(
        'BK-0105',
        `[backout] Cannot tell which decision is meant. Open: ${names}. Name one.`,
      );
}

function numbered(decision: number | null): { readonly decision?: number } {
  return decision === null ? {} : { decision };
}

function reasoned({ because }: DecideOptions): { readonly because?: string } {
  return because === undefined ? {} : { because };
}
