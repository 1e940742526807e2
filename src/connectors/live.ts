// What sources that know only the present answer when they are asked for another time.
import type { Reading, When } from '../connector.ts';

/** How far from now an instant may lie and still mean now: a busy node asks a little late. */
const toleranceMs = 60_000;

/** The error readings of a question for the past or for a range; undefined when now is meant. */
export function notNow(who: string, when: When): readonly Reading[] | undefined {
  const at = when.type === 'at' ? when.at : when.to;
  if (when.type === 'at' && Math.abs(Date.now() - when.at) <= toleranceMs) return undefined;
  const because = `[${who}] Cannot read another time than now: this source keeps no history. Use what Backout recorded.`;
  return [{ type: 'error', at, class: 'refused', because }];
}
