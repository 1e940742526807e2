// The scope of a run on the command line: what is narrowed by options, and what that comes to, shown before anything begins.
import type { Command } from 'commander';
import type { Plan } from '../core/plan/plan.ts';
import { type Scope, scopeKinds, settledScope } from '../core/rollback/scope.ts';
import { tellScoping } from '../core/rollback/scope-told.ts';
import { type Scoping, resolveScope } from '../core/rollback/scoping.ts';
import { CliError } from './exit.ts';
import type { Output } from './output.ts';
import { markOf } from './view/marks.ts';

/** Names as they are given by options, each as often as one likes. */
export type ScopeOptions = Scope;

const kinds = {
  component: 'roll back only this component, and what depends on it; may be given again',
  region: 'roll back only this region; may be given again',
  tenant: 'roll back only this tenant; may be given again',
  cohort: 'roll back only this cohort; may be given again',
} as const;

/** Adds --component, --region, --tenant and --cohort to a command. */
export function addScopeOptions(command: Command): Command {
  for (const kind of scopeKinds) command.option(`--${kind} <${kind}>`, kinds[kind], gathered);
  return command;
}

/** `--region eu,us` is `--region eu --region us`. */
function gathered(given: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...given.split(',').map((name) => name.trim())].filter((name) => name !== '');
}

/** The scope that the options say. */
export function scopeOf(options: ScopeOptions): Scope {
  return settledScope(Object.fromEntries(scopeKinds.map((kind) => [kind, options[kind] ?? []])));
}

/** What the scope comes to; ends the command when there is no such run. */
export function scopedOf(
  plan: Plan,
  playbook: string,
  wanted: Scope,
): Scoping & { type: 'scoped' } {
  const scoping = resolveScope(plan, playbook, wanted);
  if (scoping.type === 'scoped') return scoping;
  throw new CliError('BK-0105', `[plan] Cannot run ${playbook}: ${scoping.because}`);
}

/** What goes back and what does not, a line each; nothing when all of it goes back. */
export function scopeLines(
  scoping: Scoping & { type: 'scoped' },
  { look }: Output,
): readonly string[] {
  return tellScoping(scoping).map(({ mark, words }) => `  ${markOf(mark, look)} ${words}`);
}
