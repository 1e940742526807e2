// A plan written in TypeScript: the same structure as the YAML, with every name and duration checked by the compiler.
import { stringify } from 'yaml';
import type { PlanDefinition } from './definition.ts';
import { parsePlan } from './parse.ts';
import type { Plan } from './plan.ts';
import { renderProblem } from './problem.ts';
import type { Problem } from './problem.ts';

/** Thrown by definePlan: the message tells every problem. */
export class InvalidPlan extends Error {
  override readonly name = 'InvalidPlan';
  readonly problems: readonly Problem[];

  /** Takes the problems; places count in the plan as it would be written in YAML. */
  constructor(problems: readonly Problem[]) {
    super(
      `[plan] Cannot use the plan: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} (lines count in the plan written as YAML).\n${problems.map(renderProblem).join('\n')}`,
    );
    this.problems = problems;
  }
}

/** A plan in TypeScript. Gives the Plan that the same YAML gives; throws InvalidPlan with everything that is wrong. */
export function definePlan<
  const Person extends string = never,
  const Deputy extends string = never,
  const System extends string = never,
  const Signal extends string = never,
  const Trigger extends string = never,
  const Playbook extends string = never,
  const Check extends string = never,
  const Checkpoint extends string = never,
  const Reconciliation extends string = never,
>(
  definition: PlanDefinition<
    Person,
    Deputy,
    System,
    Signal,
    Trigger,
    Playbook,
    Check,
    Checkpoint,
    Reconciliation
  >,
): Plan {
  // By way of YAML: one reader, one set of rules, and a place that can be shown.
  const text = stringify(JSON.parse(JSON.stringify(definition)), { version: '1.2', lineWidth: 0 });
  const parsed = parsePlan({ file: `${definition.name}.plan.yaml`, text });
  if (parsed.type === 'problems') throw new InvalidPlan(parsed.problems);
  return parsed.plan;
}
