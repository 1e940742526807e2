// The home page: is anything waiting for me, what runs, what is watched, what was? Waiting things first.
import { html } from 'hono/html';
import type {
  Approving,
  HomeView,
  PlanLine,
  Review,
  RunLine,
  Waiting,
} from '../views/home-view.ts';
import { approvedWords, requestWords, silenceWords } from '../../core/decision/migration/told.ts';
import { stopwatch } from '../../core/words/times.ts';
import { type Html, moment, part, said, since, textField, until } from './pieces.ts';

/** The parts of the page. */
export function homeParts(view: HomeView, now: number): Html {
  return html`${part('waiting', waiting(view, now))}
  ${part(
    'running',
    html`<h2>Running</h2>
      ${
        view.running.length === 0
          ? html`<p>No run is under way.</p>`
          : html`<ul class="cards">
              ${view.running.map((run) => runItem(run, now))}
            </ul>`
      }`,
  )}
  ${part(
    'plans',
    html`<h2>Plans under watch</h2>
      ${
        view.plans.length === 0
          ? html`<p>
              No plan is known here yet:
              <code>backout serve &lt;plan&gt; --phase &lt;phase&gt;</code>
            </p>`
          : html`<ul class="cards">
              ${view.plans.map(planItem)}
            </ul>`
      }`,
  )}
  ${part(
    'past',
    view.past.length === 0
      ? html``
      : html`<h2>Past runs</h2>
          <ul class="cards">
            ${view.past.map((run) => runItem(run, now))}
          </ul>`,
  )}`;
}

function waiting(view: HomeView, now: number): Html {
  const more = html`${approving(view.approving, now)} ${reviews(view.reviews, now)}`;
  if (view.waiting.length > 0) return html`${questions(view.waiting, now)} ${more}`;
  return view.approving.length > 0 ? more : html`${nothingWaits} ${more}`;
}

const nothingWaits = html`<p class="headline said good" data-spoken>
  <span class="mark" aria-hidden="true">●</span> Nothing waits for an answer.
</p>`;

function approving(all: readonly Approving[], now: number): Html | string {
  if (all.length === 0) return '';
  return html`<h2 data-spoken>
      ${all.length === 1 ? 'A run waits for approval' : `${all.length} runs wait for approval`}
    </h2>
    <ul class="cards">
      ${all.map(
        ({ plan, request }) =>
          html`<li class="card attention">
            <p>
              ${said({ mark: 'attention', words: `${plan}: ${requestWords(request)}` })} ·
              ${until(request.until, now, `Decision ${request.decision} of ${plan}`)} left
            </p>
            <p class="why">${request.because}</p>
            <p>
              ${approvedWords(request)}. If it is not approved in time: <strong>not started</strong>
            </p>
            <p>
              <a class="button primary" href="/d/${plan}/${request.decision}"
                >Look at decision ${request.decision}</a
              >
            </p>
          </li>`,
      )}
    </ul>`;
}

/** Whatever was begun without approvals is looked at by somebody else. */
function reviews(all: readonly Review[], now: number): Html | string {
  if (all.length === 0) return '';
  return html`<h2>A review is owed</h2>
    <ul class="cards">
      ${all.map(({ run, plan, by, because, until: due }) => {
        const late = due <= now;
        const words = `${by} began run ${run} of ${plan} without its approvals`;
        return html`<li class="card attention">
          <p>
            ${said({ mark: late ? 'bad' : 'attention', words })} ·
            ${late ? html`over by ${since(due, now)}` : html`${until(due, now)} left`}
          </p>
          <p class="why">${because}</p>
          <p><a href="/r/${run}">Run ${run}</a></p>
          <form method="post" action="/reviews/${plan}/${run}">
            ${textField('because', 'What did you find? (not for the one who began it)', true)}
            <button>Close the review</button>
          </form>
        </li>`;
      })}
    </ul>`;
}

function questions(questions: readonly Waiting[], now: number): Html {
  return html`<h2 data-spoken>
      ${questions.length === 1 ? 'A decision waits' : `${questions.length} decisions wait`}
    </h2>
    <ul class="cards">
      ${questions.map(
        (question) =>
          html`<li class="card attention">
            <p>
              ${said({ mark: 'attention', words: `${question.plan}: trigger ${question.trigger} asks ${question.by}` })}
              · ${until(question.until, now, `Decision ${question.decision} of ${question.plan}`)}
              left
            </p>
            <ul class="evidence">
              ${question.evidence.map((line) => html`<li>${said(line)}</li>`)}
            </ul>
            <p class="why">${question.because}</p>
            <p>
              If nobody answers:
              <strong>${silenceWords(question.silence, question.playbook)}</strong>
            </p>
            <p>
              <a class="button primary" href="/d/${question.plan}/${question.decision}"
                >Review decision ${question.decision}</a
              >
            </p>
          </li>`,
      )}
    </ul>`;
}

function runItem(run: RunLine, now: number): Html {
  const time =
    run.endedAt === null
      ? html`${since(run.startedAt, now)} gone, ${run.stepsDone} of ${run.stepsAll} steps`
      : html`took ${stopwatch(run.endedAt - run.startedAt)}`;
  return html`<li class="card">
    <p>
      ${said(run)} ·
      <a href="/r/${run.run}"
        >Run ${run.run}:
        ${typeof run.undoes === 'number' ? `undo of run ${run.undoes}` : run.playbook} of
        ${run.plan}</a
      >${run.kind === 'live' ? '' : html` <span class="frame">${run.kind.toUpperCase()}</span>`}
    </p>
    <p class="why">Began ${moment(run.startedAt)} · ${time} · ${run.because}</p>
  </li>`;
}

function planItem(plan: PlanLine): Html {
  return html`<li class="card">
    <p>
      <strong>${plan.plan}</strong>
      <span class="why"
        >plan ${plan.fingerprint} ·
        ${plan.phase === null ? 'no phase entered, nothing is judged' : `phase ${plan.phase}`}</span
      >
    </p>
    ${
      plan.signals.length === 0
        ? ''
        : html`<ul class="evidence">
            ${plan.signals.map((signal) => html`<li>${said(signal)}</li>`)}
          </ul>`
    }
    <p class="why">
      ${plan.activeRun === null ? '' : html`<a href="/r/${plan.activeRun}">Run ${plan.activeRun}</a> is under way · `}<a
        href="/j/migration-${plan.plan}"
        >journal</a
      >
    </p>
  </li>`;
}
