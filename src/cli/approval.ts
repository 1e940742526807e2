// A run that others must approve first: says whom it waits for, waits, and closes the review of one that did not wait.
import { migrationStream } from '../core/decision/migration/migration.ts';
import { authorityOf, personWords } from '../core/governance/authority.ts';
import { mayDo } from '../core/governance/may-do.ts';
import type { EventBody } from '../core/journal/event.ts';
import type { Control } from '../engine/control.ts';
import { planOf } from '../engine/systems.ts';
import { type Cli, logOf } from './cli.ts';
import { type Connection, connected } from './connection.ts';
import { exits, type Exit } from './exit.ts';
import { tell } from './follow.ts';
import { runNumber } from './people.ts';
import { accepted } from './answers.ts';
import { Standby } from './standby.ts';
import { markOf } from './view/marks.ts';
import { timeOf } from './view/time.ts';

/** What the waiting ended with. */
export type Approved =
  | { readonly type: 'run'; readonly run: number }
  | { readonly type: 'ended'; readonly exit: Exit };

/** Waits until the run that was asked for begins, or never will. Ctrl-C stops the waiting, never the request. */
export async function awaitApproval(
  cli: Cli,
  connection: Connection,
  plan: string,
  events: readonly EventBody[],
): Promise<Approved> {
  const { out, interrupt } = cli;
  const { control, site } = connection;
  const decision = numberOf(events);
  out.line({ type: 'approval', plan, decision });
  await sayWhoMay(cli, control, plan, decision);
  interrupt.listen();
  // Somebody must look at the clock while nobody serves: what is not approved in time is not started.
  const standby = site === null ? null : new Standby(site, logOf(cli));
  try {
    const from = await placeOf(control, plan, decision);
    for await (const event of control.follow(migrationStream(plan), from, interrupt.signal)) {
      const body = event.body as EventBody & { readonly decision?: number; readonly run?: number };
      if (body.decision !== decision) continue;
      tell(out, event);
      if (body.type === 'DecisionMade' && typeof body.run === 'number')
        return { type: 'run', run: body.run };
      if (body.type === 'ApprovalVoided' || body.type === 'DecisionOvertaken')
        return ended(cli, { plan, decision }, exits.no);
    }
    out.complain(
      `Stopped waiting; the request stays. Come back: backout watch --plan ${plan}. Take it back: backout approve ${plan}/${decision} --withdraw`,
    );
    return ended(cli, { plan, decision }, exits.interrupted);
  } finally {
    await standby?.end();
  }
}

/** Says what somebody else found of a run that began without its approvals. */
export async function closeReview(
  cli: Cli,
  said: string | undefined,
  because: string,
  who: string | undefined,
): Promise<Exit> {
  const { out } = cli;
  return connected(cli, async ({ control, who: whoSays }) => {
    const owed = (await control.migrations()).flatMap(({ reviews = [] }) => reviews);
    const [only, second] = owed;
    const run =
      said === undefined && only !== undefined && second === undefined
        ? only.run
        : await runNumber(control, said);
    const state = await control.run(run);
    const plan = state.type === 'run' ? state.plan : '';
    const order = { type: 'CloseReview', run, because } as const;
    const { events } = accepted(await control.decide(plan, order, await whoSays(who)));
    for (const body of events) out.line({ type: 'event', stream: migrationStream(plan), body });
    out.say(`${markOf('good', out.look)} Run ${run} of ${plan} is reviewed.`);
    return exits.fine;
  });
}

function ended(
  { out }: Cli,
  facts: { readonly plan: string; readonly decision: number },
  exit: Exit,
): Approved {
  out.result({ ...facts, run: null });
  return { type: 'ended', exit };
}

function numberOf(events: readonly EventBody[]): number {
  const wanted = events.find(({ type }) => type === 'ApprovalWanted');
  return wanted !== undefined && 'decision' in wanted && typeof wanted.decision === 'number'
    ? wanted.decision
    : 0;
}

/** The place after the request: what came since is told, what was before is not. */
async function placeOf(control: Control, plan: string, decision: number): Promise<number> {
  const asked = (await control.events(migrationStream(plan))).findLast(
    ({ body }) =>
      body.type === 'ApprovalWanted' && 'decision' in body && body.decision === decision,
  );
  return (asked?.seq ?? 0) + 1;
}

async function sayWhoMay(
  { out }: Cli,
  control: Control,
  plan: string,
  decision: number,
): Promise<void> {
  const migration = await control.migration(plan);
  if (migration.type === 'none') return;
  const request = migration.requests.find((each) => each.decision === decision);
  if (request === undefined) return;
  const authority = authorityOf(planOf(migration.snapshot));
  // Asked of somebody who certainly may not: the refusal names everybody who may.
  const may = mayDo(authority, request.requester, {
    type: 'approve the run',
    not: [request.requester],
  });
  const names = may.type === 'no' ? may.who.map((each) => personWords(authority, each)) : [];
  const wanted =
    request.wanted === 1 ? 'one approval that is' : `${request.wanted} approvals that are`;
  const who = names.length === 0 ? '' : ` Who may: ${names.join('; ')}.`;
  out.talk(
    `${markOf('attention', out.look)} Wants ${wanted} not yours, until ${timeOf(request.until)}; else it is not started.${who}`,
  );
  out.talk(`  They type: backout approve ${plan}/${decision}`);
}
