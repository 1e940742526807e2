// `backout operator add`, `token`, `revoke` and `list`: on the store itself, where whoever may do it has the rights already.
import type { OperatorOrder } from '../engine/operators.ts';
import type { Cli } from './cli.ts';
import { onStore } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { whoAt } from './people.ts';
import { markOf } from './view/marks.ts';
import { timeOf } from './view/time.ts';

/** Options of every change. */
export interface ChangeOptions {
  readonly recovery?: boolean;
  readonly because?: string;
  readonly who?: string;
}

/** Options of `add`. */
export interface AddOptions extends ChangeOptions {
  readonly called?: string;
  readonly manages?: boolean;
}

/** As people: of a plan writes names. */
const nameForm = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const nameMax = 63;

/** Makes an operator and says the token, once. */
export async function addOperator(cli: Cli, name: string, options: AddOptions): Promise<Exit> {
  if (!nameForm.test(name) || name.length > nameMax)
    throw new CliError(
      'BK-0101',
      `[operator] Cannot add "${name}": an operator is called as under people: of the plans, kebab-case, such as ada or ben-k.`,
    );
  const { called, manages = false } = options;
  const added = { type: 'AddOperator', operator: name, manages } as const;
  return change(
    cli,
    called === undefined ? added : { ...added, called },
    options,
    `${name} is an operator.`,
  );
}

/** A new token. */
export async function replaceToken(cli: Cli, name: string, options: ChangeOptions): Promise<Exit> {
  const order = { type: 'ReplaceToken', operator: name } as const;
  return change(cli, order, options, `${name} has a new token; the one before it ended.`);
}

/** Ends every token of an operator. */
export async function revokeOperator(
  cli: Cli,
  name: string,
  options: ChangeOptions,
): Promise<Exit> {
  const order = { type: 'RevokeOperator', operator: name } as const;
  return change(cli, order, options, `${name} is no operator any more.`);
}

/** Who can prove their name. */
export async function listOperators(cli: Cli): Promise<Exit> {
  const { out } = cli;
  return onStore(cli, 'list operators', async (site) => {
    const all = await site.operators.list();
    for (const { operator, called, manages, token, addedAt, tokenAt, revokedAt } of all) {
      const active = token !== null;
      out.line({
        type: 'operator',
        operator,
        called,
        manages,
        active,
        addedAt,
        tokenAt,
        revokedAt,
      });
      const words = [
        called === null ? '' : `, ${called}`,
        manages && active ? ', manages operators' : '',
        revokedAt === null ? `, token since ${dayOf(tokenAt)}` : `, revoked ${dayOf(revokedAt)}`,
      ].join('');
      out.say(`${markOf(active ? 'good' : 'already', out.look)} ${operator}${words}`);
    }
    if (all.length === 0)
      out.say('There is no operator yet, so every name is believed: backout operator add <name>');
    out.result({ operators: all.length });
    return exits.fine;
  });
}

async function change(
  cli: Cli,
  order: OperatorOrder,
  options: ChangeOptions,
  done: string,
): Promise<Exit> {
  const { out } = cli;
  return onStore(cli, 'change operators', async (site) => {
    const recovery = options.recovery === true ? { because: options.because ?? '' } : undefined;
    const who =
      recovery === undefined
        ? await whoAt(cli, site, options.who)
        : (options.who ?? cli.platform.who());
    const first = (await site.operators.list()).length === 0;
    const answer = await site.operators.order(
      recovery === undefined ? order : { ...order, recovery },
      who,
    );
    if (answer.type === 'rejected') throw new CliError('BK-0108', `[operator] ${answer.because}`);
    const { token, changed } = answer;
    out.line({ type: 'operator', operator: order.operator, ...(token === null ? {} : { token }) });
    out.say(
      changed
        ? `${markOf('good', out.look)} ${done}`
        : `${markOf('already', out.look)} That is so already.`,
    );
    if (token !== null) sayToken(cli, token);
    if (first)
      out.talk(
        'From now on every order must be proven, on the command line, over HTTP and on the page.',
      );
    return exits.fine;
  });
}

/** On stdout alone, so that it can be piped; what to do with it is talk. */
function sayToken({ out }: Cli, token: string): void {
  out.say(`  ${token}`);
  out.talk('This token is shown once and kept nowhere. Give it to nobody but its owner.');
  out.next('backout operator login', 'asks for it, and keeps it for this store or server');
}

function dayOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 10)} ${timeOf(at)}`;
}
