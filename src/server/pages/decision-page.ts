// The card of one decision: readable and answerable without any script, on a phone, at 3 a.m.
import { html } from 'hono/html';
import type { Who } from '../../engine/identity.ts';
import type { DecisionView } from '../views/decision-view.ts';
import type { RunRequest } from '../../core/decision/migration/state.ts';
import { approvedWords, requestWords, silenceWords } from '../../core/decision/migration/told.ts';
import { spanOf, stopwatch, utcClock } from '../../core/words/times.ts';
import { type Html, moment, part, said, since, textField, until, whoField } from './pieces.ts';

/** How long a hold lasts that is pressed on the card. Milliseconds. */
export const CARD_HOLD_MS = 10 * 60_000;

/** The parts of the card. */
export function decisionParts(view: DecisionView, now: number, who: Who): Html {
  return html`${part('state', state(view, now))} ${part('evidence', evidence(view, now))}
  ${part('answers', answersOf(view, who))} ${part('orders', ordersOf(view, who))}`;
}

/** The heading. */
export function decisionHeading(view: DecisionView): Html {
  return html`Decision ${view.decision}: ${view.title}`;
}

function answersOf(view: DecisionView, who: Who): Html | string {
  if (view.state.type === 'approving') return approving(view, view.state.request, who);
  return view.state.type === 'open' ? answers(view, who) : '';
}

function ordersOf(view: DecisionView, who: Who): Html | string {
  if (view.state.type === 'approving') return approveButton(view.state.request, who);
  return view.state.type === 'open' ? buttons(view, view.state.until) : '';
}

function state(view: DecisionView, now: number): Html {
  switch (view.state.type) {
    case 'approving': {
      const { request } = view.state;
      return html`<p class="headline said attention" data-spoken>
          <span class="mark" aria-hidden="true">◐</span> ${requestWords(request)}:
          ${approvedWords(request)}
        </p>
        <p>
          ${until(request.until, now, `Decision ${view.decision}`)} left. If it is not approved by
          ${moment(request.until)}: <strong>it is not started</strong>. Another version of the plan
          voids what was approved.
        </p>`;
    }
    case 'voided':
      return html`<p class="headline said deviation" data-spoken>
        <span class="mark" aria-hidden="true">◇</span> Approved no more, ${moment(view.state.at)}:
        ${view.state.because}
      </p>`;
    case 'open':
      return html`<p class="headline said attention" data-spoken>
          <span class="mark" aria-hidden="true">◐</span> Waits for ${view.by ?? 'somebody'}:
          ${until(view.state.until, now, `Decision ${view.decision}`)} left
        </p>
        <p>
          If nobody answers by ${moment(view.state.until)}:
          <strong>${silenceWords(view.state.silence, view.playbook)}</strong
          >${view.state.silence === 'hold' ? '; nothing changes, and it is asked again' : ''}
        </p>
        ${view.state.approvedBy.length === 0 ? '' : html`<p>Approved by ${view.state.approvedBy.join(' and ')}; others are wanted too.</p>`}`;
    case 'made': {
      const { answer, who, how, at, because, run, until: held } = view.state;
      const by =
        how === 'silence'
          ? 'the plan, because nobody answered'
          : how === 'automatic'
            ? `trigger ${who}, by itself`
            : who;
      return html`<p class="headline said ${run === null ? 'attention' : 'working'}" data-spoken>
          <span class="mark" aria-hidden="true">${run === null ? '◐' : '▶'}</span> Decided:
          ${answer}, ${moment(at)}
        </p>
        <p>By ${by}: ${because}</p>
        ${held === null ? '' : html`<p>Held until ${moment(held)}; asked again then if it is still breached.</p>`}
        ${run === null ? '' : html`<p><a class="button primary" href="/r/${run}">Follow run ${run}</a></p>`}`;
    }
    case 'overtaken':
      return html`<p class="headline said already" data-spoken>
        <span class="mark" aria-hidden="true">=</span> Overtaken ${moment(view.state.at)} by
        <a href="/d/${view.plan}/${view.state.by}">decision ${view.state.by}</a>. Nothing is left to
        answer.
      </p>`;
  }
}

function evidence(view: DecisionView, now: number): Html {
  const asked =
    view.askedAt === null
      ? ''
      : html`<p class="why">
          Asked ${moment(view.askedAt)}, ${since(view.askedAt, now)} ago: ${view.because}
        </p>`;
  return html`<h2>Why</h2>
    ${view.trigger === null ? html`<p>Ordered by a person: ${view.because}</p>` : html`<p>Trigger <strong>${view.trigger}</strong></p>`}
    <ul class="evidence">
      ${view.evidence.map((line) => html`<li>${said(line)}${line.at === null ? '' : html` <span class="why">measured ${moment(line.at)}${line.from === null ? '' : ` · ${line.from}`}</span>`}</li>`)}
      ${view.others.map((other) => html`<li>${said(other)}</li>`)}
    </ul>
    ${asked}
    <h2>Rolling back</h2>
    <p>
      Playbook <strong>${view.playbook}</strong>, ${count(view.steps.length, 'step')}:
      ${view.steps.join(' → ')}
    </p>
    ${
      view.scope.length === 0
        ? ''
        : html`<ul class="evidence">
            ${view.scope.map((line) => html`<li>${said(line)}</li>`)}
          </ul>`
    }
    <p class="why">
      ${view.rtoMs === null ? 'The plan declares no RTO.' : `It shall take ${stopwatch(view.rtoMs)} at the most (RTO).`}
      It takes ${view.takes}.
    </p>`;
}

function answers(view: DecisionView, who: Who): Html {
  const to = `/d/${view.plan}/${view.decision}`;
  return html`<h2>Your answer</h2>
    <form method="post" action="${to}/approve" id="answer">
      ${whoField(who)} ${textField('because', 'Why? (may be empty)', false)}
    </form>
    <details>
      <summary>Dismiss…</summary>
      <form method="post" action="${to}/dismiss">
        ${textField('because', 'Why is this no reason to roll back?', true)} ${whoField(who)}
        <button>Dismiss: this breach of ${view.trigger ?? 'the trigger'} asks no more</button>
      </form>
    </details>`;
}

/** Whoever asked may only take it back; everybody else approves it or refuses it. */
function approving(view: DecisionView, request: RunRequest, who: Who): Html {
  const to = `/d/${view.plan}/${view.decision}`;
  if (isOwn(request, who))
    return html`<h2>You asked for it</h2>
      <p>Somebody else must approve it.</p>
      <form method="post" action="${to}/withdraw"><button>Take it back</button></form>`;
  return html`<h2>Your approval</h2>
    <form method="post" action="${to}/approve" id="answer">
      ${whoField(who)} ${textField('because', 'Why? (may be empty)', false)}
    </form>
    <details>
      <summary>Refuse…</summary>
      <form method="post" action="${to}/dismiss">
        ${textField('because', 'Why shall it not be run?', true)} ${whoField(who)}
        <button>Refuse: it is not started</button>
      </form>
    </details>`;
}

function approveButton(request: RunRequest, who: Who): Html | string {
  if (isOwn(request, who)) return '';
  const last = request.approvedBy.length + 1 >= request.wanted;
  return html`<div class="bar answers" role="group" aria-label="Approval">
    <button form="answer" class="primary">
      Approve: ${last ? `${request.playbook} begins at once` : 'others must approve too'}
    </button>
  </div>`;
}

function isOwn(request: RunRequest, who: Who): boolean {
  return typeof who !== 'string' && who.name === request.requester;
}

/** They belong to the form above and stay in reach of the thumb, wherever the reader is. */
function buttons(view: DecisionView, deadline: number): Html {
  const hold = `/d/${view.plan}/${view.decision}/hold`;
  return html`<div
    class="bar answers"
    role="group"
    aria-label="Answers, until ${utcClock(deadline)}"
  >
    <button form="answer" class="primary">
      Roll back now: ${view.playbook}, ${count(view.steps.length, 'step')}
    </button>
    <button form="answer" formaction="${hold}">
      Hold ${spanOf(CARD_HOLD_MS)}: nothing changes, asked again then
    </button>
  </div>`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
