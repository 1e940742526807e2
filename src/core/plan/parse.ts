// From the text of a plan file to a Plan with its findings, or to every problem that it has.
import { readDefinitions } from './definitions.ts';
import { contradictions } from './contradictions.ts';
import { readFindings } from './findings.ts';
import { gather } from './include.ts';
import type { ReadFile } from './include.ts';
import { problemsOf } from './issues.ts';
import { takeNotApplicable } from './not-applicable.ts';
import type { Plan } from './plan.ts';
import type { Finding, Problem, SourceFile } from './problem.ts';
import { readReferences, undefinedNames } from './references.ts';
import { asPlan, planSchema } from './schema.ts';
import { toJson } from './tree.ts';

/** A plan file, and how the files are read that it includes. */
export interface PlanInput {
  /** Its path, as messages shall name it; included paths start at its folder. */
  readonly file: string;
  readonly text: string;
  readonly read?: ReadFile;
}

/** A Plan, or everything that is wrong with the file. */
export type ParsedPlan =
  | {
      readonly type: 'plan';
      readonly plan: Plan;
      readonly findings: readonly Finding[];
      /** Every file that was read: the plan itself first. */
      readonly sources: readonly SourceFile[];
    }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] };

/** Parses a plan file. Never throws for what a file may hold. */
export function parsePlan(input: PlanInput): ParsedPlan {
  const gathered = gather({ file: input.file, text: input.text }, input.read);
  // What is not well-formed has no sections yet; to judge the rest would only make noise.
  if (gathered.problems.length > 0) return { type: 'problems', problems: gathered.problems };
  const { tree, notApplicable, problems: unexplained } = takeNotApplicable(gathered.tree);
  const definitions = readDefinitions(tree);
  const references = readReferences(tree);
  const parsed = planSchema.safeParse(toJson(tree));
  const problems = [
    ...unexplained,
    ...(parsed.success ? [] : problemsOf(tree, parsed.error.issues)),
    ...undefinedNames(references, definitions),
    ...contradictions(tree),
  ];
  if (!parsed.success || problems.length > 0)
    return { type: 'problems', problems: inOrder(problems, gathered.sources) };
  const plan = asPlan(parsed.data, notApplicable);
  const findings = readFindings({ plan, tree, definitions, references });
  return { type: 'plan', plan, findings, sources: gathered.sources };
}

/** By file in the order of reading, then by place; one that says the same of the same place is said once. */
function inOrder(problems: readonly Problem[], sources: readonly SourceFile[]): readonly Problem[] {
  const order = new Map(sources.map((source, index) => [source.file, index]));
  const seen = new Set<string>();
  return problems
    .toSorted(
      (left, right) =>
        (order.get(left.file) ?? 0) - (order.get(right.file) ?? 0) ||
        left.line - right.line ||
        left.column - right.column,
    )
    .filter((problem) => {
      const key = `${problem.file}:${problem.line}:${problem.column}:${problem.message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}
