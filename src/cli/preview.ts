// `backout run --preview`: every step observed on the real systems, and what a run would change. Nothing is touched.
import { compileGraph } from '../core/rollback/compile.ts';
import { type Durations, NEVER_TIMED } from '../core/rollback/durations.ts';
import { tellAgainstRto, tellForecast } from '../core/rollback/forecast-told.ts';
import { type Forecast, forecast } from '../core/rollback/forecast.ts';
import type { Graph, GraphNode } from '../core/rollback/graph.ts';
import { policyWords } from '../core/rollback/policy.ts';
import { type Scope, isNarrowed, scopeText } from '../core/rollback/scope.ts';
import { spanOf } from '../core/words/times.ts';
import { type PreviewLine, previewRun } from '../engine/preview.ts';
import type { Snapshot } from '../engine/systems.ts';
import type { Cli } from './cli.ts';
import { connected, isStoreThere } from './connection.ts';
import { exits, type Exit } from './exit.ts';
import type { LoadedPlan } from './plan-file.ts';
import { scopeLines, scopedOf } from './scope.ts';
import { cut, wrap } from './view/lines.ts';
import { type Look, type Mark, markOf, paint } from './view/marks.ts';
import { timeOf } from './view/time.ts';

/** Asks and says. Exit 3 when something could not be asked: no answer is not a no. */
export async function preview(
  cli: Cli,
  loaded: LoadedPlan,
  playbook: string,
  wanted: Scope,
): Promise<Exit> {
  const { out } = cli;
  const { plan } = loaded;
  const scoped = scopedOf(plan, playbook, wanted);
  const graph = compileGraph(plan, playbook, scoped.scope) ?? { nodes: [] };
  const narrowed = isNarrowed(scoped.scope) ? `, ${scopeText(scoped.scope)}` : '';
  const what = `Would roll back ${paint('bold', plan.name, out.look)} (${playbook}${narrowed})`;
  const sayScope = (): void => {
    const { scope, parts, leftOut } = scoped;
    out.line({ type: 'scope', scope: scopeText(scope), parts, leftOut });
    for (const line of scopeLines(scoped, out)) out.say(line);
  };
  return previewGraph(cli, loaded, graph, what, plan.objectives?.rto, sayScope);
}

/** Asks the real systems of every step of a graph; `what` begins the sentence that says so. */
export async function previewGraph(
  cli: Cli,
  snapshot: Snapshot,
  graph: Graph,
  what: string,
  rtoMs: number | undefined,
  sayMore: () => void = () => undefined,
): Promise<Exit> {
  const { out } = cli;
  const systems = await cli.platform.systems();
  cli.interrupt.listen();
  try {
    const at = Date.now();
    // A preview has no journal: what a system told Backout by itself is not known here.
    const events = async (_plan: string, _signal: string, when: number) =>
      ({ type: 'no-data', at: when, because: 'a preview hears no events' }) as const;
    const lines = await previewRun(systems, events, snapshot, graph, at, cli.interrupt.signal);
    out.say(`${what}, asked of the real systems at ${timeOf(at)}`);
    sayMore();
    const widest = Math.min(32, Math.max(0, ...lines.map((line) => line.step.length)));
    for (const line of lines) {
      const node = graph.nodes.find((each) => each.id === line.step);
      out.line({ type: 'preview', ...line, ...policyFacts(node) });
      out.say(lineOf(line, widest, out.look));
      const policy = node === undefined ? '' : policyWords(node, out.verbose);
      if (policy !== '') out.say(paint('dim', `    on failure: ${policy}`, out.look));
    }
    const durations = await pastDurations(cli, snapshot.plan.name);
    return conclude(cli, lines, forecast({ graph, durations, rtoMs, now: 0 }), rtoMs);
  } finally {
    await systems.close();
  }
}

/** What past runs measured, where there is a store to ask; a preview makes none. */
async function pastDurations(cli: Cli, plan: string): Promise<Durations> {
  if (!isStoreThere(cli)) return NEVER_TIMED;
  try {
    return await connected(cli, ({ control }) => control.durations(plan));
  } catch (error) {
    cli.out.complain(
      `Past runs could not be read, so timeboxes are counted: ${error instanceof Error ? error.message : String(error)}`,
    );
    return NEVER_TIMED;
  }
}

/** How the run would answer failures of this step, in full: for programs. */
function policyFacts(node: GraphNode | undefined): { readonly [key: string]: unknown } {
  if (node?.onFailure === undefined) return {};
  const retry = node.work.type === 'state' ? { retry: node.work.retry } : {};
  return { onFailure: node.onFailure, ...retry };
}

function lineOf(line: PreviewLine, widest: number, look: Look): string {
  const [mark, words] = wordsOf(line, look);
  const head = `  ${mark} ${line.step.padEnd(widest)}  `;
  const where = `  [${line.system}]`;
  // Why it could not be asked says how to mend it, so all of it is said.
  if (line.says === 'unknown')
    return (
      head +
      wrap(words, Math.max(40, look.width - widest - 6)).join(`\n${' '.repeat(widest + 6)}`) +
      paint('dim', where, look)
    );
  // An answer of a system is one line here; the whole of it is in --json.
  return (
    head +
    cut(words.replaceAll(/\s+/g, ' '), Math.max(20, look.width - widest - 6 - where.length)) +
    paint('dim', where, look)
  );
}

function wordsOf(line: PreviewLine, look: Look): readonly [string, string] {
  const marked = (mark: Mark, words: string): readonly [string, string] => [
    markOf(mark, look).padEnd(1),
    words,
  ];
  switch (line.says) {
    case 'already-so':
      return marked('already', 'already so');
    case 'would-change':
      return marked('change', `${line.change}${destroysIn(line)}`);
    case 'unknown':
      return [paint('magenta', '?', look), `could not ask: ${line.because}`];
    case 'by-hand':
      return [paint('yellow', '!', look), `by hand: ${line.instruction}`];
  }
}

/** What a step that destroys would destroy, and what stands before it. */
function destroysIn({
  touches,
  destructive,
}: PreviewLine & { readonly says: 'would-change' }): string {
  if (destructive === undefined) return '';
  const { names, atMost } = destructive;
  if (touches === undefined) return `, destroys in ${names}: refused, it can't be counted`;
  const much = `, destroys ${touches} of at most ${atMost} in ${names}`;
  return touches > atMost ? `${much}: refused` : `${much}: a second person types the name`;
}

function conclude(
  { out }: Cli,
  lines: readonly PreviewLine[],
  foreseen: Forecast,
  rtoMs: number | undefined,
): Exit {
  const count = (says: PreviewLine['says']): number =>
    lines.filter((line) => line.says === says).length;
  const [change, already, unknown, byHand] = [
    count('would-change'),
    count('already-so'),
    count('unknown'),
    count('by-hand'),
  ];
  const parts = [
    `${change} change`,
    `${already} already so`,
    ...(byHand > 0 ? [`${byHand} by hand`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ];
  const against = tellAgainstRto(foreseen);
  const rto =
    rtoMs === undefined ? '' : ` RTO ${spanOf(rtoMs)}${against === '' ? '' : `: ${against}`}.`;
  out.say(`It takes ${tellForecast(foreseen)}.${rto}`);
  out.say(`${parts.join(', ')}. Nothing was touched.`);
  out.result({ change, already, unknown, byHand, forecast: { ...foreseen } });
  return unknown > 0 ? exits.unreachable : exits.fine;
}
