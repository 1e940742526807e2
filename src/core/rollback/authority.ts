// Who may tell a run what: by the roles that answer for its steps, as the plan said when the run began.
import { refusalOf } from '../governance/enforce.ts';
import type { Act } from '../governance/may-do.ts';
import type { Actor } from '../journal/event.ts';
import type { RunCommand } from './commands.ts';
import { type GraphNode, changesSystem } from './graph.ts';
import type { BegunRun } from './state.ts';

/** What people tell a run. */
type Told = RunCommand & {
  type:
    | 'PauseRun'
    | 'ResumeRun'
    | 'AbortRun'
    | 'ConfirmStep'
    | 'SkipStep'
    | 'RetryStep'
    | 'ConsentStep'
    | 'OverruleStep'
    | 'TakeStep';
};

/** Why this person may not; null when they may. */
export function notYours(command: Told, run: BegunRun, actor: Actor) {
  return refusalOf(run.authority, actor, actOf(command, run));
}

/** The roles that answer for a step of the run: its owner, who takes over, and whom its ladder calls. */
function rolesOfStep(node: GraphNode): readonly string[] {
  const { work, owner, contingency, ladder = [], ownerOnly } = node;
  const isOwned = changesSystem(work) || work.type === 'manual' || ownerOnly === true;
  if (owner === undefined || !isOwned) return [];
  const others = contingency === undefined ? [] : [contingency.role];
  return [...new Set([owner, ...others, ...ladder.map(({ role }) => role)])];
}

function actOf(command: Told, run: BegunRun): Act {
  switch (command.type) {
    case 'PauseRun':
      return { type: 'pause the run' };
    case 'ResumeRun':
      return { type: 'resume the run', roles: everyRole(run) };
    case 'AbortRun':
      return { type: 'abort the run', roles: everyRole(run) };
    case 'ConfirmStep':
      return { type: 'confirm the step', roles: rolesFor(run, command.step) };
    case 'TakeStep':
      return { type: 'take the step', roles: rolesFor(run, command.step) };
    case 'RetryStep':
      return { type: 'retry the step', roles: rolesFor(run, command.step) };
    case 'ConsentStep':
      return {
        type: 'confirm what is destroyed',
        not: run.orderedBy === undefined ? [] : [run.orderedBy],
      };
    case 'OverruleStep':
      return { type: 'overrule the step', roles: [] };
    case 'SkipStep':
      return { type: 'skip the step', roles: skippers(run, command.step) };
  }
}

function everyRole(run: BegunRun): readonly string[] {
  return [...new Set(run.graph.nodes.flatMap(rolesOfStep))];
}

/** A checkpoint and the verification belong to no role: everyone who answers for a step may speak for them. */
function rolesFor(run: BegunRun, step: string): readonly string[] {
  const node = run.graph.nodes.find(({ id }) => id === step);
  const roles = node === undefined ? [] : rolesOfStep(node);
  return roles.length === 0 ? everyRole(run) : roles;
}

/** What proves that the rollback worked is left out by the owner alone. */
function skippers(run: BegunRun, step: string): readonly string[] {
  const node = run.graph.nodes.find(({ id }) => id === step);
  return node === undefined ? everyRole(run) : rolesOfStep(node);
}
