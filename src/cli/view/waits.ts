// What a run waits for from people, each with the commands to type: a blocked run must say so loudly.
import type { GraphNode } from '../../core/rollback/graph.ts';
import { type BegunRun, type StepState, stepOf } from '../../core/rollback/state.ts';
import { wrap } from './lines.ts';
import { type Look, markOf, paint } from './marks.ts';

/** The lines; none while nobody needs to do anything. */
export function waitsOf(run: BegunRun, look: Look): readonly string[] {
  if (run.status === 'ended') return [];
  const paused =
    run.status === 'paused'
      ? [
          `${markOf('attention', look)} Paused: no further step begins.`,
          command(`backout run resume ${run.run}`, look),
        ]
      : [];
  const aborting =
    run.status === 'aborting'
      ? [`${markOf('attention', look)} Aborting: ends when no attempt is under way.`]
      : [];
  return [...paused, ...aborting, ...run.graph.nodes.flatMap((node) => waitOf(run, node, look))];
}

function waitOf(run: BegunRun, node: GraphNode, look: Look): readonly string[] {
  const step = stepOf(run, node.id);
  if (step?.status === 'blocked') return blocked(run, node, step, look);
  if (step?.status === 'asked') return asked(run, node, look);
  return [];
}

function blocked(run: BegunRun, node: GraphNode, step: StepState, look: Look): readonly string[] {
  const who = node.owner === undefined ? '' : ` and waits for ${node.owner}`;
  const head = `${node.id} is blocked${who}: ${step.problem?.because ?? 'nobody knows why'}`;
  return [
    ...marked(paint('bold', head, look), 'bad', look),
    ...waysOn(run, node).map((way) => command(way, look)),
    command(`backout run abort ${run.run} --because "…"`, look),
  ];
}

/** What can be said to a blocked step. */
function waysOn({ run }: BegunRun, { id, work, ownerOnly }: GraphNode): readonly string[] {
  const retry = `backout run step retry ${run} ${id}`;
  if (ownerOnly === true) return [`backout run step overrule ${run} ${id} --because "…"`, retry];
  const confirm = `backout run step confirm ${run} ${id} --evidence "what you saw"`;
  const skip = `backout run step skip ${run} ${id} --because "…"`;
  return work.type === 'verification' ? [retry, skip] : [retry, confirm, skip];
}

function asked(run: BegunRun, node: GraphNode, look: Look): readonly string[] {
  if (node.work.type !== 'manual') return [];
  const { instruction, lookFor, evidence } = node.work;
  const seen = lookFor === undefined ? '' : ` Look for: ${lookFor}.`;
  const flag = evidence === 'required' ? ' --evidence "what you saw"' : '';
  return [
    ...marked(
      `${node.owner ?? 'somebody'}, ${node.id} is yours: ${instruction.replace(/\.?$/, '.')}${seen}`,
      'attention',
      look,
    ),
    command(`backout run step confirm ${run.run} ${node.id}${flag}`, look),
  ];
}

function marked(text: string, mark: 'bad' | 'attention', look: Look): readonly string[] {
  return wrap(`${markOf(mark, look)} ${text}`, look.width, '  ');
}

/** A command is never wrapped: people copy it. */
function command(text: string, look: Look): string {
  return `    ${paint('cyan', text, look)}`;
}
