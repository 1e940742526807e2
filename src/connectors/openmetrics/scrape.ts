// Fetches the metrics page: at most one request for all signals that ask at the same instant.
import { ConnectorError, type Call } from '../../connector.ts';
import { orEnded, withEnding } from '../ending.ts';
import { classOfStatus, exchange } from '../exchange.ts';
import { createPageReader, formatOf, PageError, type Page } from './page.ts';

/** A page, and when it was fetched: milliseconds that only go forward, whatever is done to the clock. */
export interface Scrape {
  readonly fetchedAt: number;
  readonly page: Page;
  readonly ms: number;
}

/** Where the page is and how to ask for it. */
export interface PageSource {
  readonly system: string;
  readonly url: URL;
  readonly headers: { readonly [name: string]: string };
  readonly timeoutMs: number;
}

/** Gives the page of an instant. */
export interface Scraper {
  readonly scrape: (at: number, call: Call) => Promise<Scrape>;
  readonly close: () => void;
}

/** Instants closer than this are one: signals of one grid are asked one after the other. */
const instantMs = 250;
const pageMaxBytes = 16 * 1024 * 1024;
const accept =
  'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

/** Keeps no more than the newest page. What a caller's cancel ends is the wait of that caller, not the request of all. */
export function createScraper(source: PageSource): Scraper {
  const closing = new AbortController();
  let newest: { readonly at: number; readonly scrape: Promise<Scrape> } | undefined;
  const start = (at: number, call: Call): Promise<Scrape> => {
    const deadline = Math.max(call.deadline, Date.now() + source.timeoutMs);
    const scrape = fetchPage(source, { signal: closing.signal, deadline });
    scrape.catch(() => undefined); // each caller hears of it; this copy is for when all have gone
    newest = { at, scrape };
    return scrape;
  };
  return {
    scrape: (at, call) =>
      withEnding(call, source.timeoutMs, (signal) => {
        const shared = newest !== undefined && Math.abs(newest.at - at) <= instantMs;
        return orEnded(signal, shared ? newest!.scrape : start(at, call));
      }),
    close: () => closing.abort(),
  };
}

async function fetchPage(source: PageSource, call: Call): Promise<Scrape> {
  const fetchedAt = performance.timeOrigin + performance.now();
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  const answer = await withEnding(call, source.timeoutMs, (signal) =>
    exchange({
      method: 'get',
      url: source.url,
      headers: { accept, ...source.headers },
      signal,
      read: (chunk) => pieces.push(decoder.decode(chunk, { stream: true })),
      bodyMaxBytes: pageMaxBytes,
    }),
  );
  if (answer.type === 'failed') throw failure(source, answer.class, answer.because);
  if (answer.status !== 200) {
    throw failure(source, classOfStatus(answer.status), `status ${answer.status}`);
  }
  const reader = createPageReader(formatOf(answer.headers.get('content-type')));
  try {
    for (const piece of pieces) reader.push(piece);
    return { fetchedAt, page: reader.end(), ms: answer.ms };
  } catch (error) {
    if (!(error instanceof PageError)) throw error;
    throw failure(source, 'refused', `the page is not readable: ${error.message}`);
  }
}

function failure(
  source: PageSource,
  errorClass: ConnectorError['class'],
  why: string,
): ConnectorError {
  const place = source.url.origin + source.url.pathname;
  const message = `[openmetrics] Cannot read ${source.system} at ${place}: ${why}.`;
  return new ConnectorError(errorClass, message);
}
