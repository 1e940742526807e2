// The journal of one stream as a page: every event in words, with who did it and the beginning of its hash.
import { html } from 'hono/html';
import type { JournalEvent } from '../../core/journal/event.ts';
import { tell } from '../../core/journal/told.ts';
import { nameOf } from '../../core/words/phrases.ts';
import { type Html, moment, said } from './pieces.ts';

/** The most rows that one page shows. */
export const JOURNAL_ROWS = 500;

/** The rows from `events`, in order, and the way to the next page. */
export function journalParts(stream: string, events: readonly JournalEvent[]): Html {
  const shown = events.slice(0, JOURNAL_ROWS);
  const next = events[JOURNAL_ROWS]?.seq;
  return html`<p class="why">
      In order. Each event bears the hash of the one before;
      <code>backout journal verify ${stream}</code> proves that none was changed. The same as data:
      <a href="/api/v1/streams/${stream}/events">JSON</a>
    </p>
    <ol class="feed journal" start="${shown[0]?.seq ?? 1}">
      ${shown.map(
        (event) =>
          html`<li id="e${event.seq}">
            <span class="why">${event.seq}</span> ${moment(event.at)} ${said(tell(event))}
            <span class="why record"
              >${event.body.type} · ${nameOf(event.actor)} ·
              <code>${event.hash.slice(0, 12)}</code></span
            >
          </li>`,
      )}
    </ol>
    ${shown.length === 0 ? html`<p>Nothing stands here yet.</p>` : ''}
    ${next === undefined ? '' : html`<p><a href="/j/${stream}?from=${next}">From event ${next} on</a></p>`}`;
}
