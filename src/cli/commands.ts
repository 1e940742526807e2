// The commands, their options and an example each. What they do is loaded only when one of them is run.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from './cli.ts';
import { addConnector } from './connector-commands.ts';
import { example, type Frame } from './frame.ts';
import { addOperator } from './operator-commands.ts';
import { addRun, addUndo } from './run-commands.ts';
import type { CheckOptions } from './check.ts';
import type { DecideOptions } from './decide.ts';
import type { DemoCommandOptions } from './demo.ts';
import type { DoctorOptions } from './doctor.ts';
import type { InitOptions } from './init.ts';
import type { JournalOptions } from './journal.ts';
import type { ProveOptions } from './prove.ts';
import type { SchemaOptions } from './schema.ts';
import type { ServeOptions } from './serve.ts';
import type { StoreCheckOptions } from './store-check.ts';
import type { WatchOptions } from './watch.ts';

/** Adds every command to the program, in the order in which somebody new needs them. */
export function addCommands(program: Command, frame: Frame): void {
  addDemo(program, frame);
  addInit(program, frame);
  addCheck(program, frame);
  addServe(program, frame);
  addRun(program, frame);
  addUndo(program, frame);
  addProve(program, frame);
  addWatch(program, frame);
  addApprove(program, frame);
  addHold(program, frame);
  addJournal(program, frame);
  addOperator(program, frame);
  addDoctor(program, frame);
  addStore(program, frame);
  addSchema(program, frame);
  addConnector(program, frame);
  addCompletion(program, frame);
}

function addDemo(program: Command, { cli, end }: Frame): void {
  program
    .command('demo')
    .description('a real little shop migrates, breaks before your eyes, and is brought home')
    .option(
      '--scenario <name>',
      'slow-and-lossy, sign-in-broken, data-drift or source-blind',
      'slow-and-lossy',
    )
    .option('--chaos', 'kill the node that carries rows home, in the middle of it')
    .option('--manual', 'you decide, here or on the page')
    .option('--sabotage <name>', 'make it go wrong on purpose: skip-carry')
    .option('--port <port>', 'the port of the page; 0 takes a free one', portNumber, 0)
    .option('--keep', 'keep the databases and the journal at the end')
    .addHelpText(
      'after',
      example('backout demo --chaos', 'backout demo --scenario data-drift --manual'),
    )
    .action(async (options: DemoCommandOptions, command: Command) => {
      const { demo } = await import('./demo.ts');
      end(await demo(cli(command), options));
    });
}

function addInit(program: Command, { cli, end }: Frame): void {
  program
    .command('init')
    .description('write a plan to begin with')
    .option(
      '--from <template>',
      'the template: database-cutover, provider-swap, monolith-split',
      'database-cutover',
    )
    .option('--name <name>', "the name of the migration, kebab-case; default the template's")
    .option('--ci', 'also write a GitHub workflow that checks the plan on each pull request')
    .addHelpText(
      'after',
      example('backout init --from database-cutover --name ledger-cutover --ci'),
    )
    .action(async (options: InitOptions, command: Command) => {
      const { init } = await import('./init.ts');
      end(await init(cli(command), options));
    });
}

function addCheck(program: Command, { cli, end }: Frame): void {
  program
    .command('check')
    .description('is the plan valid, and what does it leave open?')
    .argument('[file...]', 'plan files; default backout/*.plan.yaml, else *.plan.yaml')
    .addOption(
      new Option('--format <format>', 'how to say it')
        .choices(['text', 'json', 'github', 'sarif', 'junit', 'markdown'])
        .default('text'),
    )
    .option('-o, --output <file>', 'write it to a file')
    .option('-w, --watch', 'check again on each save')
    .addHelpText('after', example('backout check --format sarif -o backout.sarif'))
    .action(async (files: string[], options: CheckOptions, command: Command) => {
      const { check } = await import('./check.ts');
      end(await check(cli(command), files, options));
    });
}

function addServe(program: Command, { cli, end }: Frame): void {
  program
    .command('serve')
    .description(
      'watch plans, carry runs out, and show both on a page; any number of these share one database',
    )
    .argument(
      '[plan...]',
      'plan files, or names of plans of this folder; without any, what is known already',
    )
    .option('--phase <phase>', 'the phase that the plans are in: its triggers are judged')
    .option('--port <port>', 'the port of page and API; 0 takes a free one', portNumber, 4600)
    .option('--host <host>', 'the address to listen on', '127.0.0.1')
    .option(
      '--name <name...>',
      'other names under which the page may be asked, such as that of a proxy',
    )
    .option('--who <name>', 'who arms the plans; default your user name')
    .addHelpText('after', example('backout serve backout/ledger-cutover.plan.yaml --phase canary'))
    .action(async (plans: string[], options: ServeOptions, command: Command) => {
      const { serve } = await import('./serve.ts');
      end(await serve(cli(command), plans, options));
    });
}

function addProve(program: Command, { cli, end }: Frame): void {
  program
    .command('prove')
    .description(
      'prove on the systems of a drill that no step does more than once, whatever crashes; changes them again and again',
    )
    .argument('[plan]', 'a plan file, or the name of a plan; default the only one of this folder')
    .option('--playbook <playbook>', 'only this playbook; default all of them')
    .option('--system-environment <name>', 'the environment that every system must say it is')
    .option('--on-production <plan>', "prove it on production all the same: type the plan's name")
    .option('--who <name>', 'who proves it; default your user name')
    .addHelpText('after', example('backout prove --playbook full --system-environment drill'))
    .action(async (plan: string | undefined, options: ProveOptions, command: Command) => {
      const { prove } = await import('./prove.ts');
      end(await prove(cli(command), plan, options));
    });
}

function addWatch(program: Command, { cli, end }: Frame): void {
  program
    .command('watch')
    .description('follow a run or a migration from any machine; carries it on where nobody serves')
    .argument('[run]', 'the number of a run; without it, the migration')
    .option('--plan <plan>', 'a plan file, or the name of a plan')
    .option('--phase <phase>', 'enter this phase first')
    .option('--who <name>', 'who enters it; default your user name')
    .addHelpText(
      'after',
      example('backout watch 7', 'backout watch --plan ledger-cutover --phase cutover'),
    )
    .action(async (run: string | undefined, options: WatchOptions, command: Command) => {
      const { watch } = await import('./watch.ts');
      end(await watch(cli(command), run, options));
    });
}

function addApprove(program: Command, { cli, end }: Frame): void {
  program
    .command('approve')
    .description('answer an open question: roll back; or approve a run that somebody else wants')
    .argument('[decision]', 'ledger-cutover/3; without it, the only one that is open')
    .option('--because <reason>', 'why')
    .option('--withdraw', 'take back what you approved, or what you asked for')
    .option('--who <name>', 'who answers; default your user name')
    .addHelpText(
      'after',
      example('backout approve ledger-cutover/3 --because "customers cannot pay"'),
    )
    .action(async (decision: string | undefined, options: DecideOptions, command: Command) => {
      const { approve } = await import('./decide.ts');
      end(await approve(cli(command), decision, options));
    });
}

function addHold(program: Command, { cli, end }: Frame): void {
  program
    .command('hold')
    .description('answer an open question: not now')
    .argument('[decision]', 'ledger-cutover/3; without it, the only one that is open')
    .argument('[time]', 'how long until the question comes again; default 10m')
    .option('--because <reason>', 'why')
    .option('--who <name>', 'who answers; default your user name')
    .addHelpText(
      'after',
      example('backout hold ledger-cutover/3 10m --because "the deploy is just through"'),
    )
    .action(
      async (
        decision: string | undefined,
        time: string | undefined,
        options: DecideOptions,
        command: Command,
      ) => {
        const { hold } = await import('./decide.ts');
        end(await hold(cli(command), decision, time, options));
      },
    );
}

function addJournal(program: Command, { cli, end }: Frame): void {
  const journal = program
    .command('journal')
    .description('the record: everything that happened, who did it and when')
    .argument(
      '[stream]',
      'run-7 (or 7), migration-ledger-cutover (or ledger-cutover); without it, the list',
    )
    .option('--follow', 'go on with each new event')
    .addHelpText('after', example('backout journal run-7 --json > run-7.jsonl'))
    .action(async (stream: string | undefined, options: JournalOptions, command: Command) => {
      const { journal: print } = await import('./journal.ts');
      end(await print(cli(command), stream, options));
    });
  journal
    .command('verify')
    .description('prove that nobody changed, dropped or moved an event')
    .argument('[what]', 'a stream, or a file that journal --json wrote; without it, everything')
    .addHelpText('after', example('backout journal verify run-7.jsonl'))
    .action(async (what: string | undefined, _options: object, command: Command) => {
      const { verifyJournal } = await import('./journal.ts');
      end(await verifyJournal(cli(command), what));
    });
}

function addDoctor(program: Command, { cli, end }: Frame): void {
  program
    .command('doctor')
    .description('is everything here that Backout needs, and does each system of a plan let us in?')
    .option(
      '--plan <plan>',
      'also ask the systems of this plan; default the only one of this folder',
    )
    .addHelpText('after', example('backout doctor --plan backout/ledger-cutover.plan.yaml'))
    .action(async (options: DoctorOptions, command: Command) => {
      const { doctor } = await import('./doctor.ts');
      end(await doctor(cli(command), options));
    });
}

function addStore(program: Command, { cli, end }: Frame): void {
  const store = program
    .command('store')
    .description('the database that the journal lies in')
    .addHelpText('after', example('backout store check'));
  store
    .command('check')
    .description('verify every chain of the journal and every projection')
    .option('--rebuild', 'write projections that are wrong anew, from the events')
    .addHelpText('after', example('backout store check --rebuild'))
    .action(async (options: StoreCheckOptions, command: Command) => {
      const { storeCheck } = await import('./store-check.ts');
      end(await storeCheck(cli(command), options));
    });
}

function addSchema(program: Command, { cli, end }: Frame): void {
  program
    .command('schema')
    .description('the JSON Schema of plans, for editors; or what a part of a plan means')
    .option('--explain <path>', 'explain one part: triggers.when')
    .addHelpText('after', example('backout schema --explain triggers.review'))
    .action(async (options: SchemaOptions, command: Command) => {
      const { schema } = await import('./schema.ts');
      end(await schema(cli(command), options));
    });
}

function addCompletion(program: Command, { cli, end }: Frame): void {
  program
    .command('completion')
    .description('the script that lets your shell complete commands, playbooks, phases and steps')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText('after', example('source <(backout completion bash)'))
    .action(async (shell: string, _options: object, command: Command) => {
      const { completion } = await import('./completion.ts');
      end(completion(cli(command), shell));
    });
  program
    .command('complete-words', { hidden: true })
    .argument('[word...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: string[], _options: object, command: Command) => {
      const { completeWords } = await import('./completion.ts');
      const self: Cli = cli(command);
      end(completeWords(self, program, words));
    });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}
