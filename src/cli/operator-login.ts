// `backout operator login`, `logout` and `whoami`: a token is read from the terminal unseen, or from a pipe, and proven before it is kept.
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Person } from '../engine/identity.ts';
import type { Cli } from './cli.ts';
import { connected } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { fileOf, keepToken } from './operator-token.ts';
import { markOf } from './view/marks.ts';

/** Reads a token, asks whose it is, and keeps it. */
export async function login(cli: Cli): Promise<Exit> {
  const { out } = cli;
  const token = await readToken(cli);
  return atPlace(cli, async (place, personOf) => {
    const person = await personOf(token);
    if (person === null)
      throw new CliError(
        'BK-0114',
        `[operator] Cannot sign in: this token is nobody’s at ${place}: revoked, replaced, or not copied whole.`,
      );
    keepToken(cli, place, token);
    out.result({ who: person.name, proof: person.proof });
    out.say(`${markOf('good', out.look)} You are ${person.name} at ${place}.`);
    out.talk(`Kept in ${fileOf(cli)}, which only you can read. Forget it: backout operator logout`);
    return exits.fine;
  });
}

/** Forgets the token of this place. */
export async function logout(cli: Cli): Promise<Exit> {
  const { out } = cli;
  return atPlace(cli, async (place) => {
    const had = keepToken(cli, place, null);
    out.say(
      had
        ? `${markOf('good', out.look)} The token for ${place} is forgotten.`
        : `${markOf('already', out.look)} No token was kept for ${place}.`,
    );
    return exits.fine;
  });
}

/** The name that an order would bear now. */
export async function whoAmI(cli: Cli): Promise<Exit> {
  const { out } = cli;
  return connected(cli, async ({ who }) => {
    const found = await who(undefined);
    const claimed = typeof found === 'string';
    out.result({ who: claimed ? found : found.name, proof: claimed ? null : found.proof });
    out.say(
      claimed
        ? `${markOf('unknown', out.look)} ${found}, as this machine says; nothing proves it.`
        : `${markOf('good', out.look)} ${found.name}, proven by your operator's token.`,
    );
    return exits.fine;
  });
}

/** Where tokens are for: the server that we work through, or our own store. */
async function atPlace(
  cli: Cli,
  work: (place: string, personOf: (token: string) => Promise<Person | null>) => Promise<Exit>,
): Promise<Exit> {
  const { server } = cli.options;
  if (server !== undefined) {
    const { remotePerson } = await import('./remote.ts');
    return work(server, (token) => remotePerson(server, token));
  }
  return connected(cli, async ({ site }) => {
    if (site === null) return exits.usage;
    return work(site.store.where, (token) => site.identity.personOf(token));
  });
}

async function readToken(cli: Cli): Promise<string> {
  const read = process.stdin.isTTY ? await askUnseen(cli) : await text(process.stdin);
  const token = read.trim();
  if (token !== '') return token;
  throw new CliError('BK-0101', '[operator] Cannot sign in without a token: none was given.');
}

/** What is typed or pasted is not shown. */
async function askUnseen({ out, interrupt }: Cli): Promise<string> {
  out.talk('Paste your operator token (it is not shown), then Enter:');
  interrupt.listen();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true });
  try {
    return await terminal.question('', { signal: interrupt.signal });
  } finally {
    terminal.close();
  }
}
