// Leaving a step out is a deviation: where the plan wants it, others agree before it is one.
import { refusalOf } from '../governance/enforce.ts';
import { samePerson } from '../governance/same-person.ts';
import { type Context, type Decided, accept, reject } from '../journal/aggregate.ts';
import type { RunCommand } from './commands.ts';
import type { RunEvent } from './events.ts';
import type { BegunRun, SkipRequest } from './state.ts';

type Said = Decided<RunEvent>;

/** The skip as it was decided, or, where others must agree, the request for their approval. */
export function skipOrAsk(
  skipped: Said,
  command: RunCommand & { type: 'SkipStep' },
  run: BegunRun,
  { actor, now }: Context,
): Said {
  const deviation = run.authority?.deviation;
  if (skipped.type === 'rejected' || skipped.events.length === 0 || deviation === undefined)
    return skipped;
  const { step, because } = command;
  const asked = requestOf(run, step);
  if (asked !== undefined) {
    const { requester, wanted, approvedBy } = asked;
    return reject(
      'approval-waits',
      `${requester} wants to skip ${step} already, with ${approvedBy.length} of ${wanted} approvals. Somebody else approves it: backout run step approve ${run.run} ${step}`,
    );
  }
  const { wanted, withinMs } = deviation;
  return accept(actor, [{ type: 'StepSkipWanted', step, because, wanted, until: now + withinMs }]);
}

/** Somebody approves that a step is left out; with the last approval it is. */
export function approveSkip(
  command: RunCommand & { type: 'ApproveSkip' },
  run: BegunRun,
  { actor }: Context,
  /** Whether the step could be left out now. */
  skipNow: (because: string) => Said,
): Said {
  const { step, because } = command;
  const asked = requestOf(run, step);
  if (asked === undefined)
    return reject('nothing-to-approve', `Nobody wants to skip step ${step} of run ${run.run}.`);
  const { requester, approvedBy, wanted } = asked;
  const refused = refusalOf(run.authority, actor, {
    type: 'approve the deviation',
    not: [requester],
  });
  if (refused !== null) return refused;
  if (samePerson(requester, actor.name))
    return reject(
      'four-eyes',
      `${requester} asked to skip ${step}; its approval must come from somebody else.`,
    );
  if (approvedBy.some((each) => samePerson(each, actor.name))) return accept(actor, []);
  const said = because === undefined ? {} : { because };
  const given: RunEvent = { type: 'StepSkipApproved', step, ...said };
  if (approvedBy.length + 1 < wanted) return accept(actor, [given]);
  // Meanwhile a node may be at the step, or it may be done.
  const skipped = skipNow(asked.because);
  if (skipped.type === 'rejected') return skipped;
  const by = [...approvedBy, actor.name];
  return accept(actor, [
    given,
    { type: 'StepSkipped', step, because: asked.because, requester, approvedBy: by },
  ]);
}

/** Whoever asked takes the request back, whoever approved the approval. */
export function withdrawSkip(
  { step }: RunCommand & { type: 'WithdrawSkip' },
  run: BegunRun,
  { actor }: Context,
): Said {
  const asked = requestOf(run, step);
  if (asked !== undefined && samePerson(asked.requester, actor.name))
    return accept(actor, [{ type: 'StepSkipVoided', step, why: 'withdrawn' }]);
  if (asked?.approvedBy.some((each) => samePerson(each, actor.name)) === true)
    return accept(actor, [{ type: 'StepSkipWithdrawn', step }]);
  return reject(
    'nothing-to-withdraw',
    `${actor.name} has neither asked to skip ${step} of run ${run.run} nor approved it.`,
  );
}

/** What was not approved in time is not left out. */
export function overdueSkips(run: BegunRun, now: number): readonly RunEvent[] {
  return run.skips.flatMap(({ step, until }): readonly RunEvent[] =>
    until <= now ? [{ type: 'StepSkipVoided', step, why: 'overdue' }] : [],
  );
}

/** When the next request is overdue; null when there is none. */
export function nextSkipDeadline({ skips }: BegunRun): number | null {
  return skips.length === 0 ? null : Math.min(...skips.map(({ until }) => until));
}

/** Who wants to skip this step; undefined when nobody does. */
function requestOf(run: BegunRun, step: string): SkipRequest | undefined {
  return run.skips.find((each) => each.step === step);
}

/** How each event changes what is asked for: what is done or left out needs no approval any more. */
export function evolveSkips(
  skips: readonly SkipRequest[],
  body: RunEvent,
  by: string,
): readonly SkipRequest[] {
  switch (body.type) {
    case 'StepSkipWanted': {
      const { step, because, wanted, until } = body;
      return [...skips, { step, because, wanted, until, requester: by, approvedBy: [] }];
    }
    case 'StepSkipApproved':
      return approving(skips, body.step, (all) => [...all, by]);
    case 'StepSkipWithdrawn':
      return approving(skips, body.step, (all) => all.filter((each) => !samePerson(each, by)));
    case 'StepSkipVoided':
    case 'StepConfirmed':
    case 'StepSkipped':
      return skips.some(({ step }) => step === body.step)
        ? skips.filter(({ step }) => step !== body.step)
        : skips;
    case 'RunEnded':
      return skips.length === 0 ? skips : [];
    default:
      return skips;
  }
}

function approving(
  skips: readonly SkipRequest[],
  step: string,
  how: (by: readonly string[]) => readonly string[],
): readonly SkipRequest[] {
  return skips.map((each) =>
    each.step === step ? { ...each, approvedBy: how(each.approvedBy) } : each,
  );
}
