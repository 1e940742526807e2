// What a run answers to a command: events, or a rejection that says what stands in the way.
import { type Context, type Decided, accept, fold, reject } from '../journal/aggregate.ts';
import type { NewEvent } from '../journal/event.ts';
import { advance } from './advance.ts';
import { decideAttempt } from './attempt.ts';
import type { RunCommand } from './commands.ts';
import { approveSkip, skipOrAsk, withdrawSkip } from './deviation.ts';
import type { RunEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { flawOf } from './graph.ts';
import { notYours } from './authority.ts';
import { decidePeople } from './people.ts';
import { decideRing } from './rings.ts';
import type { BegunRun, Run } from './state.ts';
import { tick } from './tick.ts';

/** The run's answer. What follows by itself (next steps, the end) is part of the same answer. */
export function decide(command: RunCommand, run: Run, context: Context): Decided<RunEvent> {
  const answer = answerTo(command, run, context);
  return answer.type === 'rejected' ? answer : follow(run, answer.events, context);
}

function answerTo(command: RunCommand, run: Run, context: Context): Decided<RunEvent> {
  if (command.type === 'StartRun') {
    if (run.type === 'run') return reject('run-exists', `Run ${run.run} has begun already.`);
    const flaw = flawOf(command.graph);
    if (flaw !== null)
      return reject('playbook-broken', `Playbook ${command.playbook} can't be run: ${flaw}.`);
    return accept(context.actor, [{ ...command, type: 'RunStarted' }]);
  }
  if (run.type === 'none') return reject('no-such-run', 'There is no such run.');
  switch (command.type) {
    case 'Tick':
      return accept(context.actor, tick(run, context.now));
    case 'PauseRun':
    case 'ResumeRun':
    case 'AbortRun':
    case 'ConfirmStep':
    case 'RetryStep':
    case 'ConsentStep':
    case 'OverruleStep':
    case 'TakeStep':
      return ofLiving(
        run,
        () => notYours(command, run, context.actor) ?? decidePeople(command, run, context),
      );
    case 'SkipStep':
      return ofLiving(
        run,
        () =>
          notYours(command, run, context.actor) ??
          skipOrAsk(decidePeople(command, run, context), command, run, context),
      );
    case 'ApproveSkip':
      return ofLiving(run, () =>
        approveSkip(command, run, context, (because) =>
          decidePeople({ type: 'SkipStep', step: command.step, because }, run, context),
        ),
      );
    case 'WithdrawSkip':
      return ofLiving(run, () => withdrawSkip(command, run, context));
    case 'ReportRing':
      return decideRing(command, run, context);
    case 'BeginAttempt':
    case 'ReportObserved':
    case 'ReportConsentWanted':
    case 'ReportResult':
    case 'ReportLost':
    case 'ReportVerification':
      return decideAttempt(command, run, context);
  }
}

/** Terminal is terminal. */
function ofLiving(run: BegunRun, answer: () => Decided<RunEvent>): Decided<RunEvent> {
  if (run.status !== 'ended') return answer();
  return reject(
    'run-ended',
    `Run ${run.run} has ended (${run.end?.outcome ?? 'ended'}); nothing can change it. Start another run.`,
  );
}

/** Folds the events and adds what follows by itself, until nothing does. */
function follow(
  before: Run,
  events: readonly NewEvent<RunEvent>[],
  context: Context,
): Decided<RunEvent> {
  const all = [...events];
  let run = imagine(before, events, context.now);
  while (run.type === 'run') {
    const next = advance(run).map((body): NewEvent<RunEvent> => ({ actor: BACKOUT, body }));
    if (next.length === 0) break;
    all.push(...next);
    run = imagine(run, next, context.now);
  }
  return { type: 'accepted', events: all };
}

const BACKOUT = { kind: 'backout', name: 'backout' } as const;

/** The state as it will be once these events are appended. */
function imagine(run: Run, events: readonly NewEvent<RunEvent>[], now: number): Run {
  return fold(
    evolve,
    run,
    events.map((event) => ({ ...event, stream: '', seq: 0, at: now, hash: '' })),
  );
}
