// The frame of every page: title, skip link, live mark, clock, one h1, and what the script needs to keep it fresh.
import { html } from 'hono/html';
import { utcClock } from '../../core/words/times.ts';
import type { Html } from './pieces.ts';
import type { Reader } from './reader.ts';

/** One page. */
export interface Page {
  readonly title: string;
  readonly heading: Html | string;
  /** The stream of server-sent events that says when to look again, and where the fresh parts are; null for still pages. */
  readonly live: {
    readonly events: string;
    readonly fragment: string;
    readonly seq: number;
  } | null;
  readonly now: number;
  readonly parts: Html;
  /** What went wrong with the last order; null when nothing did. */
  readonly alert: string | null;
  readonly reader: Reader;
}

/** The whole document. */
export function document(page: Page): Html {
  const { live, now } = page;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${page.title} · Backout</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/backout.css" />
        <script src="/live.js" defer></script>
      </head>
      <body
        data-now="${now}"
        ${live === null ? '' : html` data-events="${live.events}" data-fragment="${live.fragment}" data-seq="${live.seq}"`}
      >
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <a class="home" href="/">Backout</a>
          <span id="live" class="said"
            >${live === null ? '' : html`as of ${utcClock(now)}, reload for newer`}</span
          >
          <span id="clock"></span>
          ${whoIsHere(page.reader)}
        </header>
        <p id="spoken" class="unseen" aria-live="polite"></p>
        <main id="main" tabindex="-1">
          <h1>${page.heading}</h1>
          ${page.alert === null ? '' : html`<p class="alert bad" role="alert"><span class="mark" aria-hidden="true">▲</span> ${page.alert} Nothing was changed.</p>`}
          ${page.parts}
        </main>
      </body>
    </html>`;
}

/** Who am I here? */
function whoIsHere({ person, proofWanted }: Reader): Html | string {
  if (person !== null)
    return html`<form method="post" action="/sign-out" class="person">
      <span>${person.name}</span> <button>Sign out</button>
    </form>`;
  return proofWanted ? html`<a class="person" href="/sign-in">Sign in</a>` : '';
}
