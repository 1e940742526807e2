// Where orders go: to a running server (--server, BACKOUT_URL), else to a store that this process opens.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Control } from '../engine/control.ts';
import { defaultFolder } from '../store/managed/folder.ts';
import { type Cli, logOf } from './cli.ts';
import { CliError } from './exit.ts';
import type { Who } from '../engine/identity.ts';
import { keptToken } from './operator-token.ts';
import { proven, whoAt } from './people.ts';
import type { Site } from './platform.ts';

/** Control of something, and our own store where there is one. */
export interface Connection {
  readonly control: Control;
  /** Null when we work through a server. */
  readonly site: Site | null;
  /** Who gives orders here: proven where a token is at hand, else `--who`, else the user of this machine. */
  readonly who: (said: string | undefined) => Promise<Who>;
}

/** Connects, does the work, and lets go whatever happens. */
export async function connected<Result>(
  cli: Cli,
  work: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const { server, token } = cli.options;
  if (server === undefined) {
    return withSite(cli, (site) =>
      work({ control: site.control, site, who: (said) => whoAt(cli, site, said) }),
    );
  }
  const { remoteControl, remotePerson } = await import('./remote.ts');
  // An operator's token opens the door as well.
  const own = keptToken(cli, server);
  return work({
    control: remoteControl(server, own ?? token),
    site: null,
    who: (said) => proven(cli, own, (presented) => remotePerson(server, presented), said),
  });
}

/** Is there anything to connect to, or would a store have to be made first? */
export function isStoreThere({ options }: Cli): boolean {
  const { server, database, data } = options;
  if (server !== undefined || database !== undefined) return true;
  return existsSync(join(data ?? defaultFolder(), 'postgres'));
}

/** Opens the store for what only works there. */
export async function onStore<Result>(
  cli: Cli,
  what: string,
  work: (site: Site) => Promise<Result>,
): Promise<Result> {
  if (cli.options.server !== undefined) {
    throw new CliError(
      'BK-0110',
      `[backout] Cannot ${what} through a server: it needs the store itself. Run it where the server runs, without --server and BACKOUT_URL.`,
    );
  }
  return withSite(cli, work);
}

async function withSite<Result>(cli: Cli, work: (site: Site) => Promise<Result>): Promise<Result> {
  const { database, data } = cli.options;
  const choice = {
    ...(database === undefined ? {} : { database }),
    ...(data === undefined ? {} : { data }),
  };
  const site = await cli.platform.openSite(choice, logOf(cli));
  try {
    return await work(site);
  } finally {
    await site.close();
  }
}
