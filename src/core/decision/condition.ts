// Conditions: rules over signals, joined by all, any and at-least, in three-valued logic. Unknown is never good.
import type { Rule } from './detectors/index.ts';

/** A condition as the plan declares it, compiled: leaves have names, so that their state can be kept. */
export type Condition =
  | { readonly type: 'rule'; readonly leaf: string; readonly signal: string; readonly rule: Rule }
  /** True when at least `count` of the members are; `all` and `any` are its two ends. */
  | { readonly type: 'at-least'; readonly count: number; readonly of: readonly Condition[] }
  /** Not judged by this version: always unknown, and says why. */
  | { readonly type: 'not-judged'; readonly because: string };

/** What a condition says: the thing it names is there (bad), is not (good), or nobody knows. */
export type Truth = 'bad' | 'good' | 'unknown';

/** Judges a condition by what its leaves say. */
export function judgeCondition(condition: Condition, leaf: (name: string) => Truth): Truth {
  switch (condition.type) {
    case 'rule':
      return leaf(condition.leaf);
    case 'not-judged':
      return 'unknown';
    case 'at-least':
      return quorum(
        condition.count,
        condition.of.map((member) => judgeCondition(member, leaf)),
      );
  }
}

/** Are at least `count` of these bad? Unknown is never good: it is good only when too few can still be bad. */
export function quorum(count: number, said: readonly Truth[]): Truth {
  const bad = said.filter((truth) => truth === 'bad').length;
  const unknown = said.filter((truth) => truth === 'unknown').length;
  if (bad >= count) return 'bad';
  return bad + unknown < count ? 'good' : 'unknown';
}

/** The leaves of a condition, in the order of the plan. */
export function leavesOf(condition: Condition): readonly (Condition & { type: 'rule' })[] {
  switch (condition.type) {
    case 'rule':
      return [condition];
    case 'not-judged':
      return [];
    case 'at-least':
      return condition.of.flatMap(leavesOf);
  }
}
