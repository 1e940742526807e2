// What `check` found of one plan file, in the form that every output format starts from.
import type { Plan } from '../../core/plan/plan.ts';
import type { Finding, Problem } from '../../core/plan/problem.ts';

/** One plan file, judged. */
export type Checked =
  | {
      readonly type: 'invalid';
      readonly file: string;
      readonly problems: readonly Problem[];
      readonly sources: readonly string[];
    }
  | {
      readonly type: 'valid';
      readonly file: string;
      readonly plan: Plan;
      readonly fingerprint: string;
      readonly findings: readonly Finding[];
      readonly sources: readonly string[];
    };

/** A problem or a finding in the terms that CI systems have. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  /** The code of a problem, the rule of a finding. */
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: string;
  readonly mend?: string;
}

/** Everything that was said, the worst first. */
export function annotationsOf(checked: readonly Checked[]): readonly Annotation[] {
  const order = { error: 0, warning: 1, notice: 2 };
  return checked.flatMap(annotationsOfOne).toSorted((a, b) => order[a.level] - order[b.level]);
}

function annotationsOfOne(one: Checked): readonly Annotation[] {
  if (one.type === 'invalid') {
    return one.problems.map(({ code, file, line, column, length, message, mend }) => ({
      level: 'error',
      rule: code,
      file,
      line,
      column,
      length,
      message,
      ...(mend === undefined ? {} : { mend }),
    }));
  }
  const levels = { block: 'error', warn: 'warning', hold: 'notice' } as const;
  return one.findings.map(({ severity, rule, file, line, column, length, message, mend }) => ({
    level: levels[severity],
    rule,
    file,
    line,
    column,
    length,
    message,
    ...(mend === undefined ? {} : { mend }),
  }));
}
