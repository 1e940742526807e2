// The looks at checks that stand as evidence in a run: which checks were looked at, and which do not hold.
import type { Json } from '../journal/event.ts';
import { type Seen, evidenceBrief, isSeen, textIn } from '../words/values.ts';

/** The names of the checks that were looked at, in the order of the evidence. */
export function checksIn(evidence: Json): readonly string[] {
  return looksIn(evidence).map(({ check }) => check);
}

/** The checks that do not hold, each with what was seen: `few-errors fails (error-rate 6.1 %)`. Empty when all hold. */
export function broken(evidence: Json): string {
  return looksIn(evidence)
    .filter(({ says }) => says !== 'holds')
    .map(({ check, says, seen }) => {
      const what = says === 'fails' ? 'does not hold' : 'could not be measured';
      const brief = evidenceBrief(seen);
      return `${check} ${what}${brief === '' ? '' : ` (${brief})`}`;
    })
    .join(', ');
}

interface Look {
  readonly check: string;
  readonly says: string;
  readonly seen: Json;
}

/** What is no look is passed over: evidence is kept for ever, and older versions wrote it otherwise. */
function looksIn(evidence: Json): readonly Look[] {
  return isList(evidence) ? evidence.filter((item) => isSeen(item)).flatMap(lookIn) : [];
}

function lookIn(item: Seen): readonly Look[] {
  const check = textIn(item, 'check');
  if (check === undefined) return [];
  return [{ check, says: textIn(item, 'says') ?? 'unknown', seen: item['evidence'] ?? null }];
}

/** As `Array.isArray`, which does not narrow a readonly list. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
