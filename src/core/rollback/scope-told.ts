// What a scope comes to, told in words before a run begins: what goes back and why, and what is left out.
import type { Mark, Said } from '../words/marks.ts';
import { say } from '../words/phrases.ts';
import type { ScopePart, Scoping } from './scoping.ts';

/** Lines for terminals and pages; none when all of it goes back. */
export function tellScoping({ parts, leftOut }: Scoping & { type: 'scoped' }): readonly Said[] {
  return [
    ...parts.map((part) => say(markOf(part), partWords(part))),
    ...leftOut.map(({ step, because }) => say('deviation', `${step} is left out: ${because}`)),
  ];
}

function markOf({ hasSteps, dependsOn }: ScopePart): Mark {
  if (!hasSteps && dependsOn !== null) return 'bad';
  return dependsOn === null ? 'working' : 'attention';
}

function partWords({ kind, name, dependsOn, hasSteps }: ScopePart): string {
  if (dependsOn === null) return `${kind} ${name} goes back`;
  const also = `${kind} ${name} goes back too, because it depends on ${dependsOn}`;
  return hasSteps ? also : `${also}; no step is for it: see to it that it works after this run`;
}
