// The home page: is anything waiting for me, what runs, what is watched, what was? Waiting things first.
import { html } from 'hono/html';
import type { HomeView, PlanLine, RunLine, Waiting } from '../views/home-view.ts';
import { silenceWords } from '../../core/decision/migration/told.ts';
import { stopwatch } from '../../core/words/times.ts';
import { type Html, moment, part, said, since, until } from './pieces.ts';

/** The parts of the page. */
export function homeParts(view: HomeView, now: number): Html {
  return html`${part('waiting', waiting(view.waiting, now))}
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

function waiting(questions: readonly Waiting[], now: number): Html {
  if (questions.length === 0)
    return html`<p class="headline said good" data-spoken>
      <span class="mark" aria-hidden="true">●</span> Nothing waits for an answer.
    </p>`;
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
