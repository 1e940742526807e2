// `backout run` and what people tell a run that is under way.
import type { Command } from 'commander';
import type { RunOrder } from '../engine/control.ts';
import { CliError } from './exit.ts';
import { example, type Frame } from './frame.ts';
import type { RunOptions } from './run.ts';
import { addScopeOptions } from './scope.ts';
import type { UndoOptions } from './undo.ts';

interface TellOptions {
  readonly because?: string;
  readonly evidence?: string;
  readonly who?: string;
}

/** Adds `run` with its sub-commands. */
export function addRun(program: Command, frame: Frame): void {
  const run = addScopeOptions(
    program
      .command('run')
      .description('roll back by a playbook, and follow it to its end')
      .usage('<playbook> --because <reason> [options]')
      .argument('<playbook>', 'the playbook of the plan')
      .option(
        '--plan <plan>',
        'a plan file, or the name of a plan; default the only one of this folder',
      )
      .option('--because <reason>', 'why; it stands in the journal')
      .option('--preview', 'ask the real systems what would change; touches nothing')
      .option('--drill', 'the same on the same systems, recorded as a drill')
      .option(
        '--break-glass',
        'without the approvals that the plan wants: an alarm is sent, and somebody else must review it',
      )
      .option('--who <name>', 'who orders it; default your user name'),
  )
    .addHelpText(
      'after',
      example(
        'backout run full --preview',
        'backout run full --because "errors over 2 %"',
        'backout run full --component billing --region eu --preview',
      ),
    )
    .action(async (playbook: string, options: RunOptions, command: Command) => {
      const { run: start } = await import('./run.ts');
      frame.end(await start(frame.cli(command), playbook, options));
    });
  addRunOrders(run, frame);
  addStepOrders(run, frame);
}

/** Adds `undo`. */
export function addUndo(program: Command, frame: Frame): void {
  program
    .command('undo')
    .description('take back what a run changed, step by step in reverse, by a run of its own')
    .argument('<run>', 'the number of the run that has ended')
    .option('--from <step>', 'only this step and all that was built on it')
    .option('--because <reason>', 'why; it stands in the journal')
    .option('--preview', 'ask the real systems what would change; touches nothing')
    .option('--who <name>', 'who orders it; default your user name')
    .addHelpText(
      'after',
      example('backout undo 7 --preview', 'backout undo 7 --because "the new side is mended"'),
    )
    .action(async (number: string, options: UndoOptions, command: Command) => {
      const { undo } = await import('./undo.ts');
      frame.end(await undo(frame.cli(command), number, options));
    });
}

function addRunOrders(run: Command, frame: Frame): void {
  of(run, 'pause', 'let no further step begin')
    .option('--because <reason>', 'why; must be said')
    .addHelpText('after', example('backout run pause 7 --because "checking the invoices"'))
    .action((number: string | undefined, _own: object, command: Command) =>
      tell(frame, command, number, (said) => ({ type: 'PauseRun', because: reasonOf(said) })),
    );
  of(run, 'resume', 'go on after a pause')
    .addHelpText('after', example('backout run resume 7'))
    .action((number: string | undefined, _own: object, command: Command) =>
      tell(frame, command, number, () => ({ type: 'ResumeRun' })),
    );
  of(run, 'reviewed', 'say what you found of a run that somebody else began without its approvals')
    .option('--because <reason>', 'what you found; must be said')
    .addHelpText('after', example('backout run reviewed 7 --because "rightly done, nobody awake"'))
    .action(async (number: string | undefined, _own: object, command: Command) => {
      const said: TellOptions = command.optsWithGlobals();
      const cli = frame.cli(command);
      const { closeReview } = await import('./approval.ts');
      frame.end(await closeReview(cli, number, reasonOf(said), said.who));
    });
  of(run, 'abort', 'end the run at the next safe point; what is done stays done')
    .option('--because <reason>', 'why; must be said')
    .addHelpText('after', example('backout run abort 7 --because "wrong playbook"'))
    .action((number: string | undefined, _own: object, command: Command) =>
      tell(frame, command, number, (said) => ({ type: 'AbortRun', because: reasonOf(said) })),
    );
}

function addStepOrders(run: Command, frame: Frame): void {
  const step = run
    .command('step')
    .description('take, confirm, skip or retry one step, or approve that it is skipped')
    .addHelpText(
      'after',
      example('backout run step confirm 7 stop-bank-file --evidence "no new file in /out"'),
    );
  ofStep(step, 'take', 'say that you are at a step, so that nobody else is called for now')
    .addHelpText('after', example('backout run step take 7 route-back'))
    .action((number: string, name: string, _own: object, command: Command) =>
      tell(frame, command, number, () => ({ type: 'TakeStep', step: name })),
    );
  ofStep(step, 'confirm', 'say that a step was done by hand')
    .option('--evidence <text>', 'what you saw')
    .addHelpText(
      'after',
      example('backout run step confirm 7 stop-bank-file --evidence "no new file in /out"'),
    )
    .action((number: string, name: string, _own: object, command: Command) =>
      tell(frame, command, number, ({ evidence }) => ({
        type: 'ConfirmStep',
        step: name,
        ...(evidence === undefined ? {} : { evidence }),
      })),
    );
  ofStep(step, 'skip', 'leave a step out: a deviation from the plan')
    .option('--because <reason>', 'why; must be said')
    .addHelpText(
      'after',
      example('backout run step skip 7 warm-cache --because "the cache is warm"'),
    )
    .action((number: string, name: string, _own: object, command: Command) =>
      tell(frame, command, number, (said) => ({
        type: 'SkipStep',
        step: name,
        because: reasonOf(said),
      })),
    );
  ofStep(step, 'approve', 'approve that a step is left out, as somebody else wants')
    .option('--because <reason>', 'why')
    .option('--withdraw', 'take back what you approved, or what you asked for')
    .addHelpText('after', example('backout run step approve 7 warm-cache'))
    .action((number: string, name: string, own: { withdraw?: boolean }, command: Command) =>
      tell(frame, command, number, ({ because }) =>
        own.withdraw === true
          ? { type: 'WithdrawSkip', step: name }
          : {
              type: 'ApproveSkip',
              step: name,
              ...(because === undefined ? {} : { because }),
            },
      ),
    );
  ofStep(step, 'overrule', 'the owner lets a run go on though it is not safe, or a ring was worse')
    .option('--because <reason>', 'why; must be said')
    .addHelpText(
      'after',
      example('backout run step overrule 7 safe-to-return --because "legacy is slow, and up"'),
    )
    .action((number: string, name: string, _own: object, command: Command) =>
      tell(frame, command, number, (said) => ({
        type: 'OverruleStep',
        step: name,
        because: reasonOf(said),
      })),
    );
  ofStep(step, 'consent', 'let a step destroy what it shows: a second person types its name')
    .requiredOption('--type <name>', 'the name of what is destroyed; nothing else says yes')
    .addHelpText('after', example('backout run step consent 7 drop-copies --type legacy'))
    .action((number: string, name: string, own: { readonly type: string }, command: Command) =>
      tell(frame, command, number, () => ({ type: 'ConsentStep', step: name, typed: own.type })),
    );
  ofStep(step, 'retry', 'try a blocked step again')
    .addHelpText('after', example('backout run step retry 7 route-back'))
    .action((number: string, name: string, _own: object, command: Command) =>
      tell(frame, command, number, () => ({ type: 'RetryStep', step: name })),
    );
}

function of(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .argument('[run]', 'the number of the run; without it, the only one under way')
    .option('--who <name>', 'who says so; default your user name');
}

function ofStep(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .argument('<run>', 'the number of the run')
    .argument('<step>', 'the name of the step')
    .option('--who <name>', 'who says so; default your user name');
}

/** `run` has --because and --who of its own and reads them first, so they are looked for there as well. */
async function tell(
  frame: Frame,
  command: Command,
  run: string | undefined,
  order: (said: TellOptions) => RunOrder,
): Promise<void> {
  const said: TellOptions = command.optsWithGlobals();
  const cli = frame.cli(command);
  const { tellRun } = await import('./orders.ts');
  frame.end(await tellRun(cli, run, order(said), said.who));
}

function reasonOf({ because = '' }: TellOptions): string {
  if (because.trim() !== '') return because;
  throw new CliError(
    'BK-0101',
    '[run] Cannot do this without a reason: say it with --because "…"; it stands in the journal.',
  );
}
