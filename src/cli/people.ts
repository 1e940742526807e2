// Who gives orders: the person that a token proves, else the name that is claimed; and numbers of runs as people write them.
import type { Control } from '../engine/control.ts';
import type { Person, Who } from '../engine/identity.ts';
import type { Cli } from './cli.ts';
import { CliError } from './exit.ts';
import { keptToken } from './operator-token.ts';
import type { Site } from './platform.ts';

/** Who gives orders to our own store. */
export function whoAt(cli: Cli, site: Site, said: string | undefined): Promise<Who> {
  const token = keptToken(cli, site.store.where);
  return proven(cli, token, (presented) => site.identity.personOf(presented), said);
}

/** The person whose token is at hand; a token that is nobody's is said, never taken for none. */
export async function proven(
  cli: Cli,
  token: string | undefined,
  personOf: (token: string) => Promise<Person | null>,
  said: string | undefined,
): Promise<Who> {
  if (token === undefined) return claimedName(cli, said);
  const person = await personOf(token);
  if (person === null)
    throw new CliError(
      'BK-0114',
      '[backout] Cannot tell who you are: the operator token that is at hand is nobody’s here: revoked, replaced, or of another store. A new one: backout operator token <name>. To forget it: backout operator logout, or unset BACKOUT_OPERATOR_TOKEN.',
    );
  if (said === undefined || said.trim() === person.name) return person;
  throw new CliError(
    'BK-0101',
    `[backout] Cannot give this order as ${said}: the token is ${person.name}'s. Leave --who out.`,
  );
}

/** --who, else the name of the user of this machine. */
function claimedName({ platform }: Cli, said: string | undefined): string {
  const name = (said ?? platform.who()).trim();
  if (name !== '') return name;
  throw new CliError(
    'BK-0101',
    '[backout] Cannot give orders for nobody: say who you are with --who.',
  );
}

/** `7` or `run-7`; without one, the only run that has not ended. */
export async function runNumber(control: Control, said: string | undefined): Promise<number> {
  if (said !== undefined) {
    const found = /^(?:run-)?([1-9]\d{0,14})$/.exec(said);
    if (found !== null) return Number(found[1]);
    throw new CliError(
      'BK-0105',
      `[backout] Cannot find a run "${said}": runs have numbers, as in 7 or run-7. List them with: backout journal`,
    );
  }
  const open = (await control.runs()).filter((run) => run.endedAt === null);
  const [only, second] = open;
  if (only !== undefined && second === undefined) return only.run;
  const which = open.map((run) => `${run.run} (${run.plan})`).join(', ');
  throw new CliError(
    'BK-0105',
    only === undefined
      ? '[backout] No run is under way. Name one by its number; backout journal lists them.'
      : `[backout] Several runs are under way: ${which}. Name one.`,
  );
}
