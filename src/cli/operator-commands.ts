// `backout operator`: the people whose name an order can be proven to be, and signing in as one of them.
import type { Command } from 'commander';
import { example, type Frame } from './frame.ts';
import type { AddOptions, ChangeOptions } from './operator.ts';

/** Adds `operator` with its sub-commands. */
export function addOperator(program: Command, frame: Frame): void {
  const operator = program
    .command('operator')
    .description(
      'the people who can prove their name; from the first one on, every order is proven',
    )
    .addHelpText(
      'after',
      example('backout operator add ada --called "Ada L."', 'backout operator login'),
    );
  addChanges(operator, frame);
  addSignIn(operator, frame);
}

function addChanges(operator: Command, { cli, end }: Frame): void {
  unproven(
    operator
      .command('add')
      .description('make somebody an operator; prints their token, once')
      .argument('<name>', 'as the plans have it under people:')
      .option('--called <text>', 'what people call them')
      .option('--manages', 'may add and revoke operators; the first one always may'),
  )
    .addHelpText('after', example('backout operator add ada --called "Ada L."'))
    .action(async (name: string, options: AddOptions, command: Command) => {
      const { addOperator: add } = await import('./operator.ts');
      end(await add(cli(command), name, options));
    });
  unproven(
    operator
      .command('token')
      .description('give an operator a new token; the one before it ends')
      .argument('<name>', 'the operator'),
  )
    .addHelpText('after', example('backout operator token ada'))
    .action(async (name: string, options: ChangeOptions, command: Command) => {
      const { replaceToken } = await import('./operator.ts');
      end(await replaceToken(cli(command), name, options));
    });
  unproven(
    operator
      .command('revoke')
      .description('end what an operator can prove, at once and everywhere')
      .argument('<name>', 'the operator'),
  )
    .addHelpText('after', example('backout operator revoke ada'))
    .action(async (name: string, options: ChangeOptions, command: Command) => {
      const { revokeOperator } = await import('./operator.ts');
      end(await revokeOperator(cli(command), name, options));
    });
  operator
    .command('list')
    .description('who can prove their name, since when, and who no longer can')
    .addHelpText('after', example('backout operator list'))
    .action(async (_options: object, command: Command) => {
      const { listOperators } = await import('./operator.ts');
      end(await listOperators(cli(command)));
    });
}

function addSignIn(operator: Command, { cli, end }: Frame): void {
  operator
    .command('login')
    .description('keep your token for this server or store, in a file that only you can read')
    .addHelpText(
      'after',
      example(
        'backout operator login --server https://backout.example.com',
        'backout operator login < token.txt',
      ),
    )
    .action(async (_options: object, command: Command) => {
      const { login } = await import('./operator-login.ts');
      end(await login(cli(command)));
    });
  operator
    .command('logout')
    .description('forget the token that was kept for this server or store')
    .addHelpText('after', example('backout operator logout'))
    .action(async (_options: object, command: Command) => {
      const { logout } = await import('./operator-login.ts');
      end(await logout(cli(command)));
    });
  operator
    .command('whoami')
    .description('under which name orders would be given, and whether it is proven')
    .addHelpText('after', example('backout operator whoami'))
    .action(async (_options: object, command: Command) => {
      const { whoAmI } = await import('./operator-login.ts');
      end(await whoAmI(cli(command)));
    });
}

function unproven(command: Command): Command {
  return command
    .option('--recovery', 'without a proof, when nobody has a token any more; the journal says so')
    .option('--because <reason>', 'why; needed with --recovery')
    .option('--who <name>', 'who does it, where there is no token; default your user name');
}
