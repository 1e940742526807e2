// A reader's view of the flag store: the last known value of each flag, renewed as soon as one changes.
import { setTimeout as sleep } from 'node:timers/promises';

/** The last known flags. While the store is away they stay as they were. */
export interface FlagWatch {
  readonly isOn: (name: string) => boolean;
  readonly stop: () => void;
}

/** How long one question may stay open at the store. */
const waitMs = 10_000;

/** Reads the flags once, then follows them until stopped. */
export async function watchFlags(url: string, report: (line: string) => void): Promise<FlagWatch> {
  const stopping = new AbortController();
  let flags: Readonly<Record<string, boolean>> = {};
  let tag = '';
  let reachable = true;

  const ask = async (wait: number) => {
    const response = await fetch(`${url}/flags?wait=${wait}`, {
      headers: { 'if-none-match': tag },
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(wait + 3000)]),
    });
    if (response.status === 200) {
      flags = (await response.json()) as Record<string, boolean>; // The store answers nothing else.
      tag = response.headers.get('etag') ?? '';
    }
  };

  const follow = async () => {
    while (!stopping.signal.aborted) {
      try {
        await ask(waitMs);
        reachable = true;
      } catch (error) {
        if (reachable && !stopping.signal.aborted) report(`flag store away: ${String(error)}`);
        reachable = false;
        await sleep(100);
      }
    }
  };

  await ask(0);
  void follow();
  return { isOn: (name) => flags[name] ?? true, stop: () => stopping.abort() };
}
