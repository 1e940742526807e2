// A change that holds on to what it was made of: read, changed, and read again when somebody else was faster.
import type { Call, Json } from '../../connector.ts';
import { sameJson } from '../pointer.ts';
import { changePlace, failure, readPlace } from './api.ts';
import type { CaddyClient } from './client.ts';

/** How often another's change is stepped around before the engine is told to try later. */
const triesMax = 5;

/** Makes of the value at the place what `next` says; gives what was there before. */
export async function change(
  client: CaddyClient,
  path: string,
  next: (now: Json) => Json,
  call: Call,
  what: string,
): Promise<Json> {
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const found = await readPlace(client, path, call, what);
    const wanted = next(found.value);
    if (sameJson(found.value, wanted)) return found.value;
    if ((await changePlace(client, path, found, wanted, call, what)) === 'moved') continue;
    const { value } = await readPlace(client, path, call, what);
    if (sameJson(value, wanted) || sameJson(next(value), value)) return found.value;
    throw failure('verification-failed', what, `read back, ${path} is not what was set.`);
  }
  const why = `somebody else changes ${path} all the time; ${triesMax} tries met another value. Try again.`;
  throw failure('cannot-reach', what, why);
}
