// Live streams: a stream of the journal, and the overview, as server-sent events with heartbeats.
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { pause } from '../../engine/calls.ts';
import type { Control } from '../../engine/control.ts';
import type { Log } from '../../engine/log.ts';
import { StoreError } from '../../store/errors.ts';

/** A watcher that hears nothing for longer than a few of these knows that it is cut off. Milliseconds. */
const HEARTBEAT_MS = 2_000;

/** How soon a browser comes back after a cut. Milliseconds. */
const RETRY_MS = 1_000;

/** How often the overview is looked at. Milliseconds. */
const OVERVIEW_MS = 500;

/** What a live stream needs beside the question. */
export interface LiveParts {
  readonly control: Control;
  readonly log: Log;
  /** Aborts when the server stops: a stream never ends by itself. */
  readonly closing: AbortSignal;
}

/** One thing that is told. */
interface Told {
  readonly id?: string;
  readonly data: string;
}

/** The events of a stream from `from` on; `id` is the place in the stream, so that a browser resumes by itself. */
export function liveEvents(c: Context, parts: LiveParts, stream: string, from: number): Response {
  return live(c, parts, async function* (signal) {
    for await (const event of parts.control.follow(stream, from, signal)) {
      yield { id: String(event.seq), data: JSON.stringify(event) };
    }
  });
}

/** Says that some migration or run has changed: at once, and then each time. */
export function liveOverview(c: Context, parts: LiveParts): Response {
  return live(c, parts, async function* (signal) {
    let known = '';
    while (!signal.aborted) {
      const streams = [
        ...(await parts.control.streams('migration-')),
        ...(await parts.control.streams('run-')),
      ];
      const now = streams.map(({ stream, seq }) => `${stream}:${seq}`).join(' ');
      if (now !== known) yield { data: JSON.stringify({ streams: streams.length }) };
      known = now;
      await pause(OVERVIEW_MS, signal);
    }
  });
}

function live(
  c: Context,
  parts: LiveParts,
  tell: (signal: AbortSignal) => AsyncIterable<Told>,
): Response {
  c.header('Cache-Control', 'no-store');
  c.header('X-Accel-Buffering', 'no');
  // Who asks for the headers only would never end the stream.
  if (c.req.method === 'HEAD') return c.body(null, 200, { 'content-type': 'text/event-stream' });
  return streamSSE(c, async (sse) => {
    const gone = new AbortController();
    sse.onAbort(() => gone.abort());
    const signal = AbortSignal.any([gone.signal, parts.closing]);
    const beat = async (): Promise<void> => {
      while (!signal.aborted) {
        await sse.writeSSE({ event: 'heartbeat', data: '', retry: RETRY_MS });
        await pause(HEARTBEAT_MS, signal);
      }
    };
    const told = async (): Promise<void> => {
      try {
        for await (const each of tell(signal)) await sse.writeSSE(each);
      } catch (error) {
        // The watcher comes back by itself; that the store is away is said where it is noticed.
        if (!(error instanceof StoreError))
          parts.log('error', `[server] A live stream broke: ${String(error)}`);
      } finally {
        gone.abort();
      }
    };
    await Promise.all([beat(), told()]);
  });
}
