// `backout completion`: small scripts for three shells that ask Backout itself what could come next, so that they never grow stale.
import type { Command } from 'commander';
import { findPlanFiles, parsePlanFile } from './plan-file.ts';
import type { Plan } from '../core/plan/plan.ts';
import { didYouMean } from '../core/plan/nearest.ts';
import { partsNamed } from '../core/rollback/scoping.ts';
import type { Cli } from './cli.ts';
import { CliError, exits, type Exit } from './exit.ts';

const scripts: { readonly [shell: string]: string } = {
  bash: `# backout completion for bash: source <(backout completion bash)
_backout() {
  local IFS=$'\\n'
  COMPREPLY=($(backout complete-words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  [ \${#COMPREPLY[@]} -gt 0 ] || compopt -o default
}
complete -F _backout backout
`,
  zsh: `#compdef backout
# backout completion for zsh: source <(backout completion zsh)
_backout() {
  local -a found
  found=("\${(@f)$(backout complete-words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _backout backout
`,
  fish: `# backout completion for fish: backout completion fish | source
complete -c backout -a '(set -l words (commandline -opc) (commandline -ct); backout complete-words -- $words[2..-1] 2>/dev/null)'
`,
};

/** Prints the script of a shell. */
export function completion({ out }: Cli, shell: string): Exit {
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined) {
    const near =
      didYouMean(shell, Object.keys(scripts)) ?? `known: ${Object.keys(scripts).join(', ')}`;
    throw new CliError('BK-0105', `[completion] There is no script for "${shell}"; ${near}`);
  }
  if (out.json) out.line({ type: 'completion', shell, script });
  else out.raw(script);
  return exits.fine;
}

/** Prints what could stand in the place of the last word, one each line. */
export function completeWords(
  { out, folder }: Cli,
  program: Command,
  words: readonly string[],
): Exit {
  const last = words.at(-1) ?? '';
  for (const candidate of new Set(candidates(program, words.slice(0, -1), last, folder))) {
    if (candidate.startsWith(last)) out.raw(`${candidate}\n`);
  }
  return exits.fine;
}

function candidates(
  program: Command,
  before: readonly string[],
  last: string,
  folder: string,
): readonly string[] {
  const { command, operands, pending } = walk(program, before);
  // Only templates are taken from; an undo begins from a step.
  if (pending === 'from' && command.name() === 'undo') return valuesOf('step', folder);
  if (pending !== null) return valuesOf(pending, folder);
  if (last.startsWith('-')) {
    return [...command.options, ...program.options]
      .filter((option) => !option.hidden)
      .flatMap((option) => option.long ?? []);
  }
  const commands =
    operands === 0
      ? command.commands
          .filter((each) => each.name() !== 'complete-words')
          .map((each) => each.name())
      : [];
  const argument = command.registeredArguments.at(
    Math.min(operands, command.registeredArguments.length - 1),
  );
  return [...commands, ...(argument === undefined ? [] : valuesOf(argument.name(), folder))];
}

/** The command that the words lead to, how many of its arguments are given, and the option that waits for its value. */
function walk(
  program: Command,
  words: readonly string[],
): { readonly command: Command; readonly operands: number; readonly pending: string | null } {
  let command = program;
  let operands = 0;
  let pending: string | null = null;
  for (const word of words) {
    if (pending !== null) {
      pending = null;
      continue;
    }
    if (word.startsWith('-')) {
      const option = [...command.options, ...program.options].find(
        ({ short, long }) => word === short || word === long,
      );
      if (option !== undefined && (option.required || option.optional))
        pending = option.attributeName();
      continue;
    }
    const inner =
      operands === 0 ? command.commands.find((each) => each.name() === word) : undefined;
    if (inner === undefined) operands += 1;
    else command = inner;
  }
  return { command, operands, pending };
}

/** What an argument or an option of that name may be, by the plans of this folder. */
function valuesOf(name: string, folder: string): readonly string[] {
  switch (name) {
    case 'playbook':
      return plansOf(folder).flatMap((plan) => Object.keys(plan.playbooks));
    case 'phase':
      return plansOf(folder).flatMap((plan) => plan.phases.map((phase) => phase.name));
    case 'step':
      return plansOf(folder).flatMap(stepsOf);
    case 'component':
    case 'region':
    case 'tenant':
    case 'cohort':
      return plansOf(folder).flatMap((plan) => Object.keys(partsNamed(plan, name)));
    case 'plan':
    case 'file':
      return [
        ...findPlanFiles(folder),
        ...(name === 'plan' ? plansOf(folder).map((plan) => plan.name) : []),
      ];
    case 'shell':
      return Object.keys(scripts);
    case 'format':
      return ['text', 'json', 'github', 'sarif', 'junit', 'markdown'];
    case 'scenario':
      return ['slow-and-lossy', 'sign-in-broken', 'data-drift', 'source-blind'];
    case 'from':
      return ['database-cutover', 'monolith-split', 'provider-swap'];
    default:
      return [];
  }
}

function plansOf(folder: string): readonly Plan[] {
  return findPlanFiles(folder).flatMap((file) => {
    const parsed = parsePlanFile(file);
    return parsed.type === 'plan' ? [parsed.plan] : [];
  });
}

function stepsOf(plan: Plan): readonly string[] {
  return Object.values(plan.playbooks).flatMap((playbook) =>
    playbook.stages.flatMap((stage) =>
      stage.entries.map((entry) => (entry.type === 'step' ? entry.step : entry.checkpoint)),
    ),
  );
}
