// The connector "switchboard": what Backout may ask of this system, and how it is asked. CHANGE: make it speak to yours.
import {
  ConnectorError,
  defineConnector,
  defineSignal,
  defineState,
  type Call,
  type ErrorClass,
  type Json,
} from 'backout/connector';
import { z } from 'zod';

/** What a plan says under `systems` for this connector. Unknown fields are refused. */
const options = z.strictObject({
  url: z.url().meta({ description: 'Where the switchboard answers' }),
  token: z.string().meta({ description: 'Lets us in; never shown' }),
});

/** One opened system: what every function below is given. */
type Client = z.output<typeof options> & { readonly system: string };

/** What a step or a check says under `with`, beside `system`. */
const desired = z.strictObject({
  line: z.string().min(1).meta({ description: 'The name of the line' }),
  open: z.boolean().meta({ description: 'Whether calls may go through it' }),
});

type Desired = z.output<typeof desired>;

const line = defineState({
  summary: 'A line is open or closed',
  desired,
  // Looks and changes nothing. The evidence is kept before the first apply, so it holds all that undo needs.
  observe: async (client: Client, wanted: Desired, call) => {
    const open = await isOpen(client, wanted.line, call);
    if (open === wanted.open) return { type: 'holds', evidence: { open } };
    const change = `line ${wanted.line}: ${spell(open)} -> ${spell(wanted.open)}`;
    return { type: 'differs', evidence: { open }, change, touches: 1 };
  },
  // Says what must be, not what to switch: doing it twice does no more than doing it once.
  apply: async (client, wanted, call) => {
    const before = await isOpen(client, wanted.line, call);
    await ask(client, 'PUT', wanted.line, call, { open: wanted.open });
    return { before };
  },
  // From what was observed, for the receipt may be lost with the node that waited for it.
  undo: async (client, wanted, { before }, call) => {
    const open = (before as { readonly open?: Json } | null)?.open;
    if (typeof open !== 'boolean') {
      throw failure(
        client,
        'refused',
        'undo',
        'nobody saw how the line was before. Set it by hand',
      );
    }
    await ask(client, 'PUT', wanted.line, call, { open });
    return { open };
  },
});

const signal = defineSignal({
  summary: 'Whether a line is open: 1 or 0',
  query: z.strictObject({ line: z.string().min(1) }),
  // Never throws for what may happen in the world: what could not be measured is a reading, too.
  read: async (client: Client, query, _when, call) => {
    const at = Date.now();
    try {
      return [{ type: 'number', at, value: Number(await isOpen(client, query.line, call)) }];
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return [{ type: 'error', at, class: error.class, because: error.message }];
    }
  },
});

export default defineConnector({
  name: 'switchboard',
  summary: 'A switchboard',
  options,
  // No input or output here: a plan can be opened while the system is down.
  open: (given, { system }): Client => ({ ...given, system }),
  // Asked by `backout doctor`.
  probe: async (client, call) => {
    try {
      await ask(client, 'GET', '', call);
      return { type: 'ready', evidence: { url: client.url } };
    } catch (error) {
      if (!(error instanceof ConnectorError)) throw error;
      return { type: 'not-ready', class: error.class, because: error.message };
    }
  },
  signal,
  states: { line },
});

async function isOpen(client: Client, name: string, call: Call): Promise<boolean> {
  const answer = await ask(client, 'GET', name, call);
  const open = (answer as { readonly open?: Json } | null)?.open;
  if (typeof open === 'boolean') return open;
  throw failure(
    client,
    'refused',
    'see',
    `the answer about line ${name} does not say whether it is open`,
  );
}

/** One request. Whatever goes wrong becomes a ConnectorError of the class that Backout's policy hangs on. */
async function ask(
  client: Client,
  method: 'GET' | 'PUT',
  name: string,
  call: Call,
  body?: Json,
): Promise<Json> {
  const does = method === 'GET' ? 'ask' : 'set';
  let status: number;
  let text: string;
  try {
    const response = await fetch(new URL(`lines/${encodeURIComponent(name)}`, client.url), {
      method,
      headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
      signal: call.signal, // it aborts at the deadline and when we are told to stop
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    status = response.status;
    text = await response.text();
  } catch {
    // What the error says may hold the address with its secrets: it is not repeated.
    if (!call.signal.aborted) throw failure(client, 'cannot-reach', does, 'nobody answers');
    const isLate = Date.now() >= call.deadline || nameOf(call.signal.reason) === 'TimeoutError';
    if (isLate) throw failure(client, 'timed-out', does, 'no answer before the deadline');
    throw failure(client, 'cancelled', does, 'it was cancelled');
  }
  if (status === 401 || status === 403) {
    throw failure(client, 'not-allowed', does, 'it does not let us in. Check the token');
  }
  if ([429, 502, 503, 504].includes(status)) {
    throw failure(client, 'cannot-reach', does, `status ${status}`);
  }
  if (status >= 300) throw failure(client, 'refused', does, `status ${status}`);
  try {
    return JSON.parse(text) as Json; // JSON.parse gives nothing but JSON
  } catch {
    throw failure(client, 'refused', does, 'the answer is no JSON');
  }
}

/** One sentence that begins with who speaks, and says how to mend it where we know. */
function failure(
  client: Client,
  errorClass: ErrorClass,
  does: string,
  why: string,
): ConnectorError {
  return new ConnectorError(errorClass, `[switchboard] Cannot ${does} ${client.system}: ${why}.`);
}

function nameOf(reason: unknown): string {
  return reason instanceof Error ? reason.name : '';
}

function spell(open: boolean): string {
  return open ? 'open' : 'closed';
}
