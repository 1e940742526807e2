// A server that a test needs, or the reason why it is not here: then the tests that need it are skipped.
import { Missing } from './missing.ts';

/** A server with all there is to it: undefined when it is missing, with the reason to skip. */
export type StartedOrMissing<Server> =
  | { readonly server: Server; readonly skip: false }
  | { readonly server: undefined; readonly skip: string };

/** Starts a server; with CI=true everything must be at hand, so a missing one throws. */
export async function startedOrMissing<Server>(
  name: string,
  start: () => Promise<Server>,
): Promise<StartedOrMissing<Server>> {
  try {
    return { server: await start(), skip: false };
  } catch (error) {
    if (!(error instanceof Missing) || process.env['CI'] === 'true') throw error;
    console.log(`skipped: ${name}: ${error.message}`);
    return { server: undefined, skip: error.message };
  }
}
