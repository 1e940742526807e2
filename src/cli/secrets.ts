// Are all the values at hand that a plan takes from the environment and from files? Asked before anything begins.
import { secretReferences } from '../core/plan/secrets.ts';
import type { Plan } from '../core/plan/plan.ts';
import { compileGraph } from '../core/rollback/compile.ts';
import type { Cli } from './cli.ts';
import { CliError } from './exit.ts';
import type { LoadedPlan } from './plan-file.ts';

/** Refuses to begin a run that would lack something half-way; without a playbook, the whole plan must be served. */
export function assertSecrets(
  { platform }: Cli,
  { plan, file }: LoadedPlan,
  playbook?: string,
): void {
  const needed = secretReferences(playbook === undefined ? plan : partsOf(plan, playbook));
  const missing = needed.filter((reference) => platform.secret(reference) === undefined);
  if (missing.length === 0) return;
  const what = playbook === undefined ? `serve ${plan.name}` : `run ${playbook} of ${plan.name}`;
  const names = missing.map((reference) =>
    reference.startsWith('file:')
      ? `the file ${reference.slice('file:'.length)}`
      : `the variable ${reference}`,
  );
  throw new CliError(
    'BK-0113',
    `[plan] Cannot ${what}: ${file} needs ${names.join(', ')}, and this process does not have ${names.length === 1 ? 'it' : 'them'}. Nothing was begun. Set what is missing and run the same command again.`,
  );
}

/** The steps and checks of a playbook, with the systems and signals that they name. */
function partsOf(plan: Plan, playbook: string): unknown {
  const works = (compileGraph(plan, playbook)?.nodes ?? []).map((node) => node.work);
  const checks = works.flatMap((work) => ('checks' in work ? work.checks : []));
  const parts: unknown = [works, checks.map((name) => plan.checks[name])];
  const signals = Object.entries(plan.signals).filter(
    ([name]) => checks.includes(name) || mentions(parts, 'signal', name),
  );
  const systems = Object.entries(plan.systems).filter(
    ([name]) =>
      mentions(parts, 'system', name) || signals.some(([, signal]) => signal.from === name),
  );
  return [parts, signals, systems];
}

/** Does a `key: name` stand anywhere inside? */
function mentions(value: unknown, key: string, name: string): boolean {
  if (value === null || typeof value !== 'object') return false;
  return Object.entries(value).some(
    ([own, inner]) => (own === key && inner === name) || mentions(inner, key, name),
  );
}
