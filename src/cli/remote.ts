// Control over HTTP: the same questions and orders as on this machine, asked of a running `backout serve`.
import type { EventBody, JournalEvent } from '../core/journal/event.ts';
import type { Answer, Control } from '../engine/control.ts';
import { pause } from '../engine/calls.ts';
import type { Person, Who } from '../engine/identity.ts';
import { CliError } from './exit.ts';
import { liveMessages } from './remote-live.ts';

/** How long one answer may take. Milliseconds. */
const ANSWER_MS = 15_000;

/** A stream that is cut is taken up again after so long, for at most `GIVE_UP_MS` without a word. Milliseconds. */
const COME_BACK_MS = 1_000;
const GIVE_UP_MS = 60_000;

/** The server and how to speak to it. */
interface Remote {
  /** Without a slash at the end. */
  readonly base: string;
  readonly headers: { readonly [name: string]: string };
}

/** Control of the server at `url`. Throws a CliError (exit 3) when it cannot be reached or does not answer as one. */
export function remoteControl(url: string, token?: string): Control {
  const remote = remoteOf(url, token);
  const get = async <T>(path: string): Promise<T> => (await ask(remote, path)) as T;
  const orNone = async <T>(path: string): Promise<T | { readonly type: 'none' }> =>
    (await ask(remote, path, { absent: { type: 'none' } })) as T | { readonly type: 'none' };
  const post = async (path: string, body: unknown, who: Who): Promise<Answer> =>
    (await ask(remote, path, {
      body,
      // Who is proven bears the token; the server knows the name.
      ...(typeof who === 'string' ? { who } : {}),
    })) as Answer;
  return {
    now: async () => (await get<{ readonly now: number }>('now')).now,
    migrations: () => get('migrations'),
    migration: (plan) => orNone(`migrations/${encodeURIComponent(plan)}`),
    runs: () => get('runs'),
    run: (run) => orNone(`runs/${run}`),
    durations: (plan) => get(`migrations/${encodeURIComponent(plan)}/durations`),
    streams: (prefix) => get(`streams?prefix=${encodeURIComponent(prefix)}`),
    events: (stream, from = 1) => get(`streams/${encodeURIComponent(stream)}/events?from=${from}`),
    follow: (stream, from, signal) => follow(remote, stream, from, signal),
    // A plan that was read from a file knows more of itself than the server wants to hear.
    arm: ({ plan, fingerprint, directory }, phase, who) =>
      post('migrations', { snapshot: { plan, fingerprint, directory }, phase }, who),
    order: (plan, wanted, who) => post('runs', { plan, ...wanted }, who),
    undo: (run, wanted, who) => post(`runs/${run}/undo`, wanted, who),
    decide: (plan, order, who) =>
      post(`migrations/${encodeURIComponent(plan)}/decisions`, { order }, who),
    tell: (run, order, who) => post(`runs/${run}/orders`, { order }, who),
  };
}

/** Whom the server takes the token for; null when it proves nobody. */
export async function remotePerson(url: string, token: string): Promise<Person | null> {
  const answer = await ask(remoteOf(url, token), 'whoami');
  const { type, name } = (answer ?? {}) as { readonly type?: unknown; readonly name?: unknown };
  return type === 'person' && typeof name === 'string' ? { name, proof: 'token' } : null;
}

function remoteOf(url: string, token: string | undefined): Remote {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CliError(
      'BK-0101',
      `[server] "${url}" is no address of a server. Write it like http://127.0.0.1:4600.`,
    );
  }
  const { origin, pathname } = new URL(url);
  // Whoever changes something says where it comes from; a program comes from the server's own door or bears its token.
  const headers = { origin, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
  return { base: `${origin}${pathname.replace(/\/+$/, '')}`, headers };
}

interface Asked {
  readonly body?: unknown;
  readonly who?: string;
  /** What a 404 without a core's rejection in it means. */
  readonly absent?: unknown;
}

async function ask(remote: Remote, path: string, asked: Asked = {}): Promise<unknown> {
  const response = await reach(remote, `/api/v1/${path}`, {
    signal: AbortSignal.timeout(ANSWER_MS),
    headers: {
      ...(asked.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(asked.who === undefined ? {} : { 'x-backout-who': encodeURIComponent(asked.who) }),
    },
    ...(asked.body === undefined ? {} : { method: 'POST', body: JSON.stringify(asked.body) }),
  });
  const text = await response.text().catch((error: unknown) => {
    throw unreachable(remote, error);
  });
  const answer = parsed(remote, text, response.status);
  if (response.ok) return answer;
  return refused(remote, response.status, answer, asked);
}

/** A rejection of the core is an answer like any other; everything else is trouble with the server. */
function refused(remote: Remote, status: number, answer: unknown, asked: Asked): unknown {
  const { code, detail } = problemIn(answer);
  if (status === 404 && code === 'nothing-there' && asked.absent !== undefined) return asked.absent;
  if (asked.body !== undefined && code !== undefined && isRefusal(status, code)) {
    return { type: 'rejected', code, because: detail ?? code } satisfies Answer;
  }
  throw trouble(remote, status, answer);
}

/** Refusals of the order for who gives it: the server has let us in. */
const refusedForWho: ReadonlySet<string> = new Set(['proof-wanted', 'not-yours', 'four-eyes']);

/** Was it the order that was refused, or are we not let in at all? */
function isRefusal(status: number, code: string): boolean {
  return [404, 409, 422].includes(status) || refusedForWho.has(code);
}

function trouble(remote: Remote, status: number, answer: unknown): CliError {
  const { code, detail } = problemIn(answer);
  if (detail === undefined && status < 500) return notBackout(remote, status);
  const said = detail ?? `status ${status}`;
  if (status !== 401 && status !== 403)
    return new CliError('BK-0111', `[server] ${remote.base} could not answer: ${said}`);
  const mend = code === 'token-unknown' ? '' : ' Give its token in BACKOUT_TOKEN.';
  return new CliError('BK-0111', `[server] ${remote.base} does not let us in: ${said}${mend}`);
}

/** What a problem document says; an answer of some other server says nothing that we know. */
function problemIn(answer: unknown): { readonly code?: string; readonly detail?: string } {
  const { code, detail } = (answer ?? {}) as { readonly code?: unknown; readonly detail?: unknown };
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof detail === 'string' ? { detail } : {}),
  };
}

/** A request whose headers are said by name. */
type Request = Omit<RequestInit, 'headers'> & {
  readonly headers: { readonly [name: string]: string };
};

async function reach(remote: Remote, path: string, init: Request): Promise<Response> {
  try {
    return await fetch(`${remote.base}${path}`, {
      ...init,
      redirect: 'error',
      headers: { ...remote.headers, ...init.headers },
    });
  } catch (error) {
    throw unreachable(remote, error);
  }
}

function parsed(remote: Remote, text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notBackout(remote, status);
  }
}

function notBackout({ base }: Remote, status: number): CliError {
  return new CliError(
    'BK-0111',
    `[server] ${base} answered (${status}), but not as Backout does. Is another program at this address? Give the one that backout serve shows, with --server or BACKOUT_URL.`,
  );
}

function unreachable(remote: Remote, error: unknown): CliError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const why =
    cause instanceof Error && cause.name === 'TimeoutError'
      ? `no answer within ${ANSWER_MS / 1_000} s`
      : cause instanceof Error
        ? cause.message || String((cause as { code?: unknown }).code)
        : String(cause);
  return new CliError(
    'BK-0111',
    `[server] Cannot reach ${remote.base}: ${why}. Is \`backout serve\` running there? No answer is not a no.`,
    { cause: error },
  );
}

/** Every event once and in order, over any number of cuts; a server that stays away is said after a minute. */
async function* follow(
  remote: Remote,
  stream: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<JournalEvent<EventBody>> {
  let next = from;
  let heardAt = Date.now();
  while (!signal.aborted) {
    const cut = new AbortController();
    const opened = await open(
      remote,
      `/api/v1/streams/${encodeURIComponent(stream)}/live?from=${next}`,
      AbortSignal.any([signal, cut.signal]),
    );
    if (
      opened.type === 'away' &&
      !signal.aborted &&
      (opened.forGood || Date.now() - heardAt > GIVE_UP_MS)
    )
      throw opened.error;
    try {
      if (opened.type === 'open') {
        for await (const message of liveMessages(opened.body, cut)) {
          heardAt = Date.now();
          if (message.event !== 'message') continue;
          // The cast holds because only the journal's events are sent under this name.
          const event = JSON.parse(message.data) as JournalEvent<EventBody>;
          if (event.seq < next) continue;
          next = event.seq + 1;
          yield event;
        }
      }
    } finally {
      cut.abort();
    }
    await pause(COME_BACK_MS, signal);
  }
}

type Opened =
  | { readonly type: 'open'; readonly body: ReadableStream<Uint8Array> | null }
  | { readonly type: 'away'; readonly error: unknown; readonly forGood: boolean };

/** A server that is away may come back; one that refuses us will do so again. */
async function open(remote: Remote, path: string, signal: AbortSignal): Promise<Opened> {
  try {
    const response = await reach(remote, path, {
      headers: { accept: 'text/event-stream' },
      signal,
    });
    if (response.ok) return { type: 'open', body: response.body };
    const answer = parsed(remote, await response.text(), response.status);
    return {
      type: 'away',
      error: trouble(remote, response.status, answer),
      forGood: response.status < 500,
    };
  } catch (error) {
    return { type: 'away', error, forGood: false };
  }
}
