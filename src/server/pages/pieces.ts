// The small pieces that every page is made of: marks, moments, running clocks, fields.
import { html } from 'hono/html';
import type { Who } from '../../engine/identity.ts';
import type { FeedRow } from '../views/feed.ts';
import { type Said, shapes } from '../../core/words/marks.ts';
import { stopwatch, utcClock } from '../../core/words/times.ts';

/** A piece of a page; everything that is put into it is escaped. */
export type Html = ReturnType<typeof html>;

/** A shape with its words: never colour alone. */
export function said({ mark, words }: Said): Html {
  return html`<span class="said ${mark}"
    ><span class="mark" aria-hidden="true">${shapes[mark]}</span> ${words}</span
  >`;
}

/** A moment: in UTC as it is rendered, in the reader's own time once the script runs. */
export function moment(at: number): Html {
  return html`<time datetime="${new Date(at).toISOString()}" data-at="${at}"
    >${utcClock(at)}</time
  >`;
}

/** Time that runs: since `at`, until `now` as it is rendered. */
export function since(at: number, now: number): Html {
  return html`<span class="clock" data-since="${at}">${stopwatch(now - at)}</span>`;
}

/** Time that is left until `at`. `speak` is what it is the time of: then it is said aloud near the end. */
export function until(at: number, now: number, speak?: string): Html {
  return html`<span
    class="clock"
    data-until="${at}"
    ${speak === undefined ? '' : html` data-speak="${speak}"`}
    >${stopwatch(at - now)}</span
  >`;
}

/** How much of a span is gone: a bar with a name, and the words stand beside it. */
export function bar(label: string, from: number, to: number, ofMs: number, runs: boolean): Html {
  const value = Math.min(ofMs, Math.max(0, to - from));
  return html`<progress
    aria-label="${label}"
    max="${ofMs}"
    value="${value}"
    ${runs ? html` data-bar="${from}"` : ''}
  ></progress>`;
}

/** A part of a page that the script replaces when the server renders it anew. */
export function part(id: string, content: Html | readonly Html[] | string): Html {
  return html`<div id="${id}" data-part>${content}</div>`;
}

/** The name of whoever presses the button below: who is signed in needs to say no other. */
export function whoField(who: Who): Html {
  if (typeof who !== 'string') return html`<p class="why">As <strong>${who.name}</strong></p>`;
  return html`<label
    >Your name
    <input
      name="who"
      value="${who}"
      maxlength="80"
      autocomplete="name"
      placeholder="somebody at the page"
  /></label>`;
}

/** A line of text that goes with an order. */
export function textField(name: string, label: string, required: boolean): Html {
  return html`<label
    >${label}
    <input name="${name}" maxlength="2000" autocomplete="off" ${required ? ' required' : ''}
  /></label>`;
}

/** The feed: one row for each event, newest first; the script adds rows and never moves those that are read. */
export function feedList(id: string, rows: readonly FeedRow[]): Html {
  return html`<ol id="${id}" class="feed" data-rows reversed>
    ${rows.map((row) => html`<li id="e${row.seq}">${moment(row.at)} ${said(row)}</li>`)}
  </ol>`;
}
