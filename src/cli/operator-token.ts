// The operator token that is at hand: of the environment, or kept by `backout operator login` for one store or server, readable by nobody else.
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Cli } from './cli.ts';
import { CliError } from './exit.ts';

/** Tokens by where they are for: a token never goes to a server that it was not given for. */
const kept = z.record(z.string(), z.string());

/** The token for this server or store; undefined when there is none. */
export function keptToken(cli: Cli, where: string): string | undefined {
  const said = cli.platform.environment['BACKOUT_OPERATOR_TOKEN']?.trim();
  if (said !== undefined && said !== '') return said;
  const tokens = readKept(cli);
  const place = placeOf(where);
  return Object.hasOwn(tokens, place) ? tokens[place] : undefined;
}

/** Keeps a token for this place, or with null forgets it. Answers whether there was one before. */
export function keepToken(cli: Cli, where: string, token: string | null): boolean {
  const place = placeOf(where);
  const { [place]: before, ...others } = readKept(cli);
  const file = fileOf(cli);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const tokens = token === null ? others : { ...others, [place]: token };
    writeFileSync(file, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600 });
    chmodSync(file, 0o600);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError('BK-0107', `[operator] Cannot keep the token in ${file}: ${why}.`);
  }
  return before !== undefined;
}

/** Where tokens are kept. */
export function fileOf({ platform }: Cli): string {
  const { XDG_CONFIG_HOME: config, HOME: home } = platform.environment;
  const folder = config ? config : join(home ?? '.', '.config');
  return join(folder, 'backout', 'operator-tokens.json');
}

function readKept(cli: Cli): { readonly [place: string]: string } {
  const file = fileOf(cli);
  if (!existsSync(file)) return {};
  if ((statSync(file).mode & 0o077) !== 0)
    throw new CliError(
      'BK-0114',
      `[operator] Cannot use ${file}: others may read it. Take that right away (chmod 600), and replace the tokens in it: backout operator token <name>.`,
    );
  try {
    return kept.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw new CliError(
      'BK-0114',
      `[operator] Cannot read ${file}: it is not what backout operator login wrote. Remove it and sign in again.`,
    );
  }
}

/** One server under one name, however its address is written. */
function placeOf(where: string): string {
  if (!/^https?:/.test(where) || !URL.canParse(where)) return where;
  const { origin, pathname } = new URL(where);
  return `${origin}${pathname.replace(/\/+$/, '')}`;
}
