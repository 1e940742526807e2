// Telling a stream that time has passed: whatever is due in it happens, and its deadline is written anew.
import { backout } from './actor.ts';
import type { Office, Outcome } from './office.ts';

/** Looks at one stream by its name; undefined when time means nothing to it. */
export async function tickStream(
  office: Office,
  stream: string,
): Promise<Outcome<unknown> | undefined> {
  const dash = stream.indexOf('-');
  const name = stream.slice(dash + 1);
  switch (stream.slice(0, dash)) {
    case 'run':
      return office.commandRun(Number(name), { type: 'Tick' }, backout);
    case 'migration':
      return office.commandMigration(name, { type: 'Tick' }, backout);
    default:
      return undefined;
  }
}
