// A run on a terminal: a pure function from its state to lines, by stages, with what it waits for and its time against the RTO.
import type { Durations } from '../../core/rollback/durations.ts';
import { tellOutlook } from '../../core/rollback/forecast-told.ts';
import { type Forecast, forecast } from '../../core/rollback/forecast.ts';
import { waitsForConsent } from '../../core/rollback/consent.ts';
import type { GraphNode } from '../../core/rollback/graph.ts';
import { scopeText } from '../../core/rollback/scope.ts';
import { type BegunRun, type Run, type StepState, stepOf } from '../../core/rollback/state.ts';
import { markOfStep, whatFor } from '../../core/rollback/told.ts';
import { stopwatch } from '../../core/words/times.ts';
import { endOf } from './end.ts';
import { cut, flow, wrap } from './lines.ts';
import { type Look, asciiOf, markOf, paint } from './marks.ts';
import { waitsOf } from './waits.ts';

/** When it is now, by the store's clock, and what the terminal can show. */
export interface RunLook extends Look {
  readonly now: number;
}

/** The run as lines, none wider than the terminal; what is left is foreseen from what past runs measured. */
export function renderRun(run: Run, look: RunLook, durations: Durations): readonly string[] {
  if (run.type === 'none') return ['No such run.'];
  const { objectives, graph } = run;
  const foreseen = forecast({ graph, run, durations, rtoMs: objectives.rtoMs, now: look.now });
  const lines = [
    ...headOf(run, look),
    ...stagesOf(run, look, foreseen),
    ...timeOf(run, look),
    ...leftOf(run, look, foreseen),
    ...waitsOf(run, look),
    ...endOf(run, look),
  ];
  return lines.map((line) => cut(look.ascii ? asciiOf(line) : line, look.width));
}

const kinds = { live: 'LIVE', drill: 'DRILL', simulation: 'SIMULATION' } as const;

function headOf(run: BegunRun, look: RunLook): readonly string[] {
  const kind = paint(
    run.kind === 'live' ? ['bold', 'red'] : ['bold', 'cyan'],
    kinds[run.kind],
    look,
  );
  const [first = '', ...rest] = wrap(
    `run ${run.run}: ${whatFor(run)} of ${run.plan}${run.scope === undefined ? '' : ` (${scopeText(run.scope)})`}, because ${run.because}`,
    look.width - 12,
    '  ',
  );
  return [`${kind}  ${first}`, ...rest];
}

function stagesOf(run: BegunRun, look: RunLook, foreseen: Forecast): readonly string[] {
  const stages = Map.groupBy(run.graph.nodes, (node) => node.stage);
  const label = Math.min(16, Math.max(...[...stages.keys()].map((name) => name.length)));
  const indent = ' '.repeat(label + 4);
  return [...stages].flatMap(([name, nodes]) => {
    const items = nodes.map((node) => itemOf(run, node, look, foreseen));
    const [first = '', ...rest] = flow(items, '   ', look.width - indent.length);
    return [`  ${name.padEnd(label)}  ${first}`, ...rest.map((line) => indent + line)];
  });
}

function itemOf(run: BegunRun, node: GraphNode, look: RunLook, foreseen: Forecast): string {
  const step = stepOf(run, node.id);
  if (step === undefined) return node.id;
  const words = wordsOf(run, node, step, look.now);
  const late = step.overdue && step.status !== 'done' && step.status !== 'skipped' ? ' late' : '';
  const critical = run.end === null && foreseen.critical.includes(node.id) ? '*' : '';
  return `${markOf(markOfStep(step), look)} ${node.id}${words === '' ? '' : ` ${words}`}${late}${critical}`;
}

function wordsOf(run: BegunRun, node: GraphNode, step: StepState, now: number): string {
  const spent = step.startedAt === null ? '' : stopwatch((step.endedAt ?? now) - step.startedAt);
  const ofBox = `${spent} of ${stopwatch(node.timeboxMs)}`;
  switch (step.status) {
    case 'waiting':
      return '';
    case 'dispatched':
      return now - step.since > 3_000 ? `no node yet, ${stopwatch(now - step.since)}` : '';
    case 'running':
      return node.work.type === 'verification'
        ? verifying(run, node, step, now)
        : node.work.type === 'worsening'
          ? soaking(node.work.soakMs, step, now, ofBox)
          : `${ofBox}${tryOf(step)}${changeOf(step)}`;
    case 'retrying':
      return `again in ${stopwatch((step.dueAt ?? now) - now)}${tryOf(step)}`;
    case 'asked':
      return waitsForConsent(step) ? 'waits for a second person' : `${ofBox}, by hand`;
    case 'blocked':
      return 'blocked';
    case 'done':
      if (step.done === 'already-so') return 'already so';
      return step.done === 'by-hand' ? `${spent} by hand` : spent;
    case 'skipped':
      return 'skipped';
  }
}

function verifying(run: BegunRun, node: GraphNode, step: StepState, now: number): string {
  const holdMs = node.work.type === 'verification' ? node.work.holdMs : 0;
  return run.holdingSince === null
    ? `does not hold yet, ${stopwatch(now - (step.startedAt ?? now))} of ${stopwatch(node.timeboxMs)}`
    : `holds ${stopwatch(now - run.holdingSince)} of ${stopwatch(holdMs)}`;
}

function soaking(soakMs: number, { looked }: StepState, now: number, ofBox: string): string {
  switch (looked?.says) {
    case undefined:
      return ofBox;
    case 'good':
      return `not worse ${stopwatch(now - looked.since)} of ${stopwatch(soakMs)}`;
    case 'worse':
      return `worse for ${stopwatch(now - looked.since)}`;
    case 'unknown':
      return `nobody can say, ${ofBox}`;
  }
}

function tryOf(step: StepState): string {
  return step.attempt > 1 ? `, try ${step.attempt}` : '';
}

/** What is being changed, once it was observed. */
function changeOf(step: StepState): string {
  const change = step.before?.change ?? null;
  return change === null ? '' : ` (${cut(change, 48)})`;
}

function timeOf(run: BegunRun, look: RunLook): readonly string[] {
  if (run.end !== null) return [];
  const gone = look.now - run.startedAt;
  const { rtoMs } = run.objectives;
  if (rtoMs === undefined || rtoMs === 0) return [`  ${stopwatch(gone)} gone`];
  const over = gone > rtoMs;
  const text = over
    ? paint('red', `over by ${stopwatch(gone - rtoMs)}`, look)
    : `${stopwatch(gone)} gone`;
  return [
    `  RTO ${stopwatch(rtoMs)} ${barOf(gone / rtoMs, 20)} ${over ? `${markOf('bad', look)} ` : ''}${text}`,
  ];
}

/** What is left, foreseen; a star marks the steps on which the end hangs. */
function leftOf(run: BegunRun, look: RunLook, foreseen: Forecast): readonly string[] {
  if (run.end !== null) return [];
  return wrap(`left ${tellOutlook(foreseen)}`, look.width - 4, '  ').map((line) => `  ${line}`);
}

function barOf(share: number, width: number): string {
  const full = Math.min(width, Math.max(0, Math.floor(share * width)));
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}
