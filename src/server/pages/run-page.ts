// The page of one run: how far, how long, what it waits for, whose turn it is, and what can be done.
import { html } from 'hono/html';
import type { Who } from '../../engine/identity.ts';
import type { SkipRequest } from '../../core/rollback/state.ts';
import { skipWords } from '../../core/rollback/waits.ts';
import type { RunView, Turn } from '../views/run-view.ts';
import type { StepClock, StepView } from '../views/step.ts';
import { shapes } from '../../core/words/marks.ts';
import { stopwatch } from '../../core/words/times.ts';
import {
  type Html,
  bar,
  feedList,
  moment,
  part,
  said,
  since,
  textField,
  until,
  whoField,
} from './pieces.ts';

/** The parts of the page: rendered at first, and again for each event. */
export function runParts(view: RunView, now: number, who: Who): Html {
  return html`${part('headline', headline(view))} ${part('time', time(view, now))}
    ${part(
      'skips',
      view.skips.map((asked) => skipForm(view.run, asked, now, who)),
    )}
    ${part(
      'turns',
      view.turns.map((turn, index) =>
        turnForm(view.run, turn, now, who, index === 0 ? 'primary' : ''),
      ),
    )}
    ${part('stages', stages(view, now))}
    <h2>What happened</h2>
    ${feedList('feed', view.feed)}
    <p><a href="/j/run-${view.run}">The whole journal of this run</a></p>
    ${part('orders', orders(view, who))}`;
}

/** The heading: which run of which plan, and that it is one for real. */
export function runHeading(view: RunView): Html {
  return html`<span class="frame">${view.kind.toUpperCase()}</span> Run ${view.run}: ${view.what} of
    ${view.plan}${view.scope === null ? '' : `, only ${view.scope}`}`;
}

function headline(view: RunView): Html {
  return html`<p class="headline said ${view.state.mark}" data-spoken>
      <span class="mark" aria-hidden="true">${shapes[view.state.mark]}</span> ${view.headline}
    </p>
    <p class="why">
      Began ${moment(view.startedAt)} by
      <a href="/d/${view.plan}/${view.decision}">decision ${view.decision}</a>: ${view.because}
    </p>
    ${
      view.endedAt === null && view.waits.length + view.turns.length > 0
        ? html`<h2>What it waits for</h2>
            <ul class="waits">
              ${view.turns.map((turn) => html`<li>${said({ mark: turn.blocked ? 'bad' : 'attention', words: `${turn.who}: ` })}<a href="#turn-${turn.step}">${turn.step}</a></li>`)}${view.waits.map((wait) => html`<li>${wait}</li>`)}
            </ul>`
        : ''
    }`;
}

function time(view: RunView, now: number): Html {
  const { startedAt, endedAt, rtoMs, holding } = view;
  const end = endedAt ?? now;
  const gone =
    endedAt === null
      ? since(startedAt, now)
      : html`<span class="clock">${stopwatch(end - startedAt)}</span>`;
  const late = rtoMs !== null && end - startedAt > rtoMs;
  const against =
    rtoMs === null
      ? html`<p>Time ${gone} · the plan declares no RTO</p>`
      : html`<p>
            <span class="${late ? 'said bad' : ''}"
              >${late ? html`<span class="mark" aria-hidden="true">▲</span> over the RTO: ` : 'Time '}${gone}
              of ${stopwatch(rtoMs)} RTO</span
            >
            · ${view.stepsDone} of ${view.stepsAll} steps
          </p>
          ${bar('Time gone of the RTO', startedAt, end, rtoMs, endedAt === null)}`;
  const held =
    holding === null
      ? ''
      : html`<p>
            ${said({ mark: 'good', words: 'Every check holds' })} for ${since(holding.since, now)}
            of ${stopwatch(holding.ofMs)}
          </p>
          ${bar('Time that every check has held', holding.since, now, holding.ofMs, true)}`;
  const left =
    view.left === null
      ? ''
      : html`<p class="left">
            Left:
            ${
              view.left.isBound
                ? html`${until(now + view.left.p90Ms, now)} at the most.`
                : html`${until(now + view.left.p50Ms, now)} in half of the cases,
                  ${until(now + view.left.p90Ms, now)} in nine of ten.`
            }
            <span class="why">Foreseen at ${moment(now)}: ${view.left.words}.</span>
          </p>
          ${
            view.left.critical.length === 0
              ? ''
              : html`<p class="why">The end hangs on: ${view.left.critical.join(' → ')}</p>`
          }`;
  return html`${against}${left}${held}`;
}

function stages(view: RunView, now: number): Html {
  return html`<h2>Steps</h2>
    <ol class="stages">
      ${view.stages.map(
        (stage) =>
          html`<li>
            <h3>${stage.name}</h3>
            <ol class="steps">
              ${stage.steps.map((step) => stepItem(step, now))}
            </ol>
          </li>`,
      )}
    </ol>`;
}

function stepItem(step: StepView, now: number): Html {
  return html`<li class="step ${step.mark}" data-step="${step.id}">
    <span class="name"
      ><span class="mark" aria-hidden="true">${shapes[step.mark]}</span> ${step.id}</span
    >
    <span class="time">${step.clock === null ? '' : stepClock(step.clock, now)}</span>
    <span class="words"
      >${step.words}${step.overdue ? html` <span class="said bad"><span class="mark" aria-hidden="true">▲</span> overdue</span>` : ''}</span
    >
    ${step.detail === '' ? '' : html`<span class="detail">${step.detail}</span>`}
    <span class="wants">${step.wants}${step.owner === null ? '' : ` · ${step.owner}`}</span>
  </li>`;
}

function stepClock(clock: StepClock, now: number): Html {
  switch (clock.type) {
    case 'took':
      return html`${stopwatch(clock.ms)}`;
    case 'since':
      return html`${since(clock.at, now)} of ${stopwatch(clock.ofMs)}`;
    case 'until':
      return html`in ${until(clock.at, now)}`;
  }
}

/** `press` marks the one primary action of the page: that of the first turn. */
function turnForm(run: number, turn: Turn, now: number, who: Who, press: 'primary' | ''): Html {
  const confirm = html`<form method="post" action="/r/${run}/confirm">
    <input type="hidden" name="step" value="${turn.step}" />
    ${textField('evidence', turn.evidence === 'required' ? 'What did you see?' : 'What did you see? (may be empty)', turn.evidence === 'required')}
    ${whoField(who)}
    <button class="${turn.blocked ? '' : press}">
      ${turn.blocked ? `Confirm by hand: ${turn.step} is done, the run goes on` : `Confirm: ${turn.step} is done, the run goes on`}
    </button>
  </form>`;
  const overrule = html`<details>
    <summary>Go on all the same: overrule ${turn.step}…</summary>
    <form method="post" action="/r/${run}/overrule">
      <input type="hidden" name="step" value="${turn.step}" />
      ${textField('because', 'Why does the owner go on?', true)}${whoField(who)}
      <button>Overrule ${turn.step}: the owner's word, which stands in the journal</button>
    </form>
  </details>`;
  const skip = html`<details>
    <summary>Could not be done: skip ${turn.step}…</summary>
    <form method="post" action="/r/${run}/skip">
      <input type="hidden" name="step" value="${turn.step}" />
      ${textField('because', 'Why is it skipped?', true)}${whoField(who)}
      <button>Skip ${turn.step}: a deviation that stands in the journal</button>
    </form>
  </details>`;
  const retry = html`<form method="post" action="/r/${run}/retry">
    <input type="hidden" name="step" value="${turn.step}" />${whoField(who)}
    <button class="${press}">
      Try ${turn.step} again: looks first, changes only what is missing
    </button>
  </form>`;
  const take = turn.takeable
    ? html`<form method="post" action="/r/${run}/take">
        <input type="hidden" name="step" value="${turn.step}" />${whoField(who)}
        <button>
          ${turn.taken ? `I take ${turn.step} over` : `I am at ${turn.step}`}: nobody else is called
          for now
        </button>
      </form>`
    : '';
  const consent =
    turn.destroys === null
      ? confirm
      : html`<form method="post" action="/r/${run}/consent">
          <input type="hidden" name="step" value="${turn.step}" />
          ${textField('typed', `Type the name of what is destroyed: ${turn.destroys.names}`, true)}
          ${whoField(who)}
          <button class="danger">
            Consent: ${turn.step} destroys up to ${turn.destroys.touches} in ${turn.destroys.names}
          </button>
        </form>`;
  return html`<section class="turn" aria-labelledby="turn-${turn.step}">
    <h2 id="turn-${turn.step}">
      ${said({ mark: turn.blocked ? 'bad' : 'attention', words: turnWords(turn) })}
    </h2>
    <p>${turn.instruction}</p>
    ${turn.lookFor === null ? '' : html`<p>Look for: ${turn.lookFor}</p>`}
    <p class="why">
      Waiting for ${since(turn.since, now)}. If nobody
      answers${turn.otherwise.at === null ? ', ' : html`: in ${until(turn.otherwise.at, now)} `}${turn.otherwise.words}.
    </p>
    ${turn.blocked ? retry : consent} ${take}
    ${
      turn.blocked && turn.confirmable
        ? html`<details>
            <summary>It was done by hand…</summary>
            ${confirm}
          </details>`
        : ''
    }
    ${turn.ownerOnly ? overrule : skip}
    ${
      turn.undoFrom === null
        ? ''
        : html`<p class="why">
            To undo this ring: abort the run, then
            <code>backout undo ${run} --from ${turn.undoFrom} --because "…"</code>
          </p>`
    }
  </section>`;
}

/** Whoever asked may only take it back; everybody else approves it. */
function skipForm(run: number, asked: SkipRequest, now: number, who: Who): Html {
  const { step, requester, until: due } = asked;
  const own = typeof who !== 'string' && who.name === requester;
  const form = own
    ? html`<form method="post" action="/r/${run}/withdraw-skip">
        <input type="hidden" name="step" value="${step}" />
        <button>Take it back</button>
      </form>`
    : html`<form method="post" action="/r/${run}/approve-skip">
        <input type="hidden" name="step" value="${step}" />${whoField(who)}
        ${textField('because', 'Why? (may be empty)', false)}
        <button class="primary">
          Approve:
          ${asked.approvedBy.length + 1 >= asked.wanted ? `${step} is skipped` : 'others must approve too'}
        </button>
      </form>`;
  return html`<section class="turn" aria-labelledby="skip-${step}">
    <h2 id="skip-${step}">${said({ mark: 'attention', words: skipWords(asked) })}</h2>
    <p class="why">${until(due, now, `The wish to skip ${step}`)} left; else it is not skipped.</p>
    ${form}
  </section>`;
}

/** What was done can be taken back; the press says in which order. */
function undoForm({ run, undo }: RunView, who: Who): Html {
  if (undo === null) return html``;
  return html`<div class="bar" role="group" aria-label="Orders to this run">
    <details name="order">
      <summary>Undo this run…</summary>
      <form method="post" action="/r/${run}/undo">
        <p>
          A run of its own takes back, in this order: ${undo.join(', ')}. It looks first and changes
          only what still is as run ${run} left it.
        </p>
        <label
          >What is undone
          <select name="from">
            <option value="">all of it</option>
            ${undo.map((step) => html`<option value="${step}">${step}, and what was built on it</option>`)}
          </select></label
        >
        ${textField('because', 'Why?', true)}${whoField(who)}<button class="danger">
          Undo run ${run}: its steps are taken back on the real systems
        </button>
      </form>
    </details>
  </div>`;
}

function turnWords({ step, who, taken, blocked, overdue }: Turn): string {
  const late = overdue && !blocked ? ', overdue' : '';
  if (taken) return `${who} is at ${step}${blocked ? ', which is blocked' : late}`;
  return blocked
    ? `${step} is blocked: ${who} must say how to go on`
    : `${who}: your turn, ${step}${late}`;
}

function orders(view: RunView, who: Who): Html {
  if (view.endedAt !== null) return undoForm(view, who);
  const { run } = view;
  return html`<div class="bar" role="group" aria-label="Orders to this run">
    ${
      view.orders.pause
        ? html`<details name="order">
            <summary>Pause…</summary>
            <form method="post" action="/r/${run}/pause">
              ${textField('because', 'Why? (may be empty)', false)}${whoField(who)}<button>
                Pause run ${run}: what is at work now ends, nothing more begins
              </button>
            </form>
          </details>`
        : ''
    }
    ${view.orders.resume ? html`<form method="post" action="/r/${run}/resume">${whoField(who)}<button class="primary">Go on with run ${run}</button></form>` : ''}
    ${
      view.orders.abort
        ? html`<details name="order">
            <summary>Abort…</summary>
            <form method="post" action="/r/${run}/abort">
              ${textField('because', 'Why?', true)}${whoField(who)}<button class="danger">
                Abort run ${run}: it stops half-way, ${view.stepsDone} of ${view.stepsAll} steps
                stay done
              </button>
            </form>
          </details>`
        : ''
    }
  </div>`;
}
