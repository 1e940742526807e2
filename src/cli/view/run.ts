// A run on a terminal: a pure function from its state to lines, by stages, with what it waits for and its time against the RTO.
import type { GraphNode } from '../../core/rollback/graph.ts';
import { type BegunRun, type Run, type StepState, stepOf } from '../../core/rollback/state.ts';
import { endOf } from './end.ts';
import { cut, flow, wrap } from './lines.ts';
import { type Look, type Mark, asciiOf, markOf, paint } from './marks.ts';
import { clockOf } from './time.ts';
import { waitsOf } from './waits.ts';

/** When it is now, by the store's clock, and what the terminal can show. */
export interface RunLook extends Look {
  readonly now: number;
}

/** The run as lines, none wider than the terminal. */
export function renderRun(run: Run, look: RunLook): readonly string[] {
  if (run.type === 'none') return ['No such run.'];
  const lines = [
    ...headOf(run, look),
    ...stagesOf(run, look),
    ...timeOf(run, look),
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
    `run ${run.run}: ${run.playbook} of ${run.plan}, because ${run.because}`,
    look.width - 12,
    '  ',
  );
  return [`${kind}  ${first}`, ...rest];
}

function stagesOf(run: BegunRun, look: RunLook): readonly string[] {
  const stages = Map.groupBy(run.graph.nodes, (node) => node.stage);
  const label = Math.min(16, Math.max(...[...stages.keys()].map((name) => name.length)));
  const indent = ' '.repeat(label + 4);
  return [...stages].flatMap(([name, nodes]) => {
    const items = nodes.map((node) => itemOf(run, node, look));
    const [first = '', ...rest] = flow(items, '   ', look.width - indent.length);
    return [`  ${name.padEnd(label)}  ${first}`, ...rest.map((line) => indent + line)];
  });
}

function itemOf(run: BegunRun, node: GraphNode, look: RunLook): string {
  const step = stepOf(run, node.id);
  if (step === undefined) return node.id;
  const [mark, words] = stateOf(run, node, step, look.now);
  const late = step.overdue && step.status !== 'done' && step.status !== 'skipped' ? ' late' : '';
  return `${markOf(mark, look)} ${node.id}${words === '' ? '' : ` ${words}`}${late}`;
}

function stateOf(
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  now: number,
): readonly [Mark, string] {
  const spent = step.startedAt === null ? '' : clockOf((step.endedAt ?? now) - step.startedAt);
  const ofBox = `${spent} of ${clockOf(node.timeboxMs)}`;
  switch (step.status) {
    case 'waiting':
      return ['waiting', ''];
    case 'dispatched':
      return [
        'waiting',
        now - step.since > 3_000 ? `no node yet, ${clockOf(now - step.since)}` : '',
      ];
    case 'running':
      return node.work.type === 'verification'
        ? verifying(run, node, step, now)
        : ['at-work', `${ofBox}${tryOf(step)}${changeOf(step)}`];
    case 'retrying':
      return ['attention', `again in ${clockOf((step.dueAt ?? now) - now)}${tryOf(step)}`];
    case 'asked':
      return ['attention', `${ofBox}, by hand`];
    case 'blocked':
      return ['bad', 'blocked'];
    case 'done':
      return step.done === 'already-so'
        ? ['already', 'already so']
        : ['good', step.done === 'by-hand' ? `${spent} by hand` : spent];
    case 'skipped':
      return ['deviation', 'skipped'];
  }
}

function verifying(
  run: BegunRun,
  node: GraphNode,
  step: StepState,
  now: number,
): readonly [Mark, string] {
  const holdMs = node.work.type === 'verification' ? node.work.holdMs : 0;
  if (run.holdingSince !== null)
    return ['at-work', `holds ${clockOf(now - run.holdingSince)} of ${clockOf(holdMs)}`];
  return [
    'attention',
    `does not hold yet, ${clockOf(now - (step.startedAt ?? now))} of ${clockOf(node.timeboxMs)}`,
  ];
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
  if (rtoMs === undefined || rtoMs === 0) return [`  ${clockOf(gone)} gone`];
  const over = gone > rtoMs;
  const text = over
    ? paint('red', `over by ${clockOf(gone - rtoMs)}`, look)
    : `${clockOf(gone)} gone`;
  return [
    `  RTO ${clockOf(rtoMs)} ${barOf(gone / rtoMs, 20)} ${over ? `${markOf('bad', look)} ` : ''}${text}`,
  ];
}

function barOf(share: number, width: number): string {
  const full = Math.min(width, Math.max(0, Math.floor(share * width)));
  return `[${'#'.repeat(full)}${'.'.repeat(width - full)}]`;
}
