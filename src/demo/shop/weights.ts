// How the router shares customers between legacy and new: by weight, and each customer always the same way.
import { fieldsOf } from './web.ts';

/** The share of customers that each side serves, in percent; together 100. */
export interface Weights {
  readonly legacy: number;
  readonly new: number;
}

/** Reads weights; `undefined` when they are not whole percents that make 100. */
export function weightsOf(value: unknown): Weights | undefined {
  const { legacy, new: fresh, ...others } = fieldsOf(value);
  const isPercent = (share: unknown): share is number => Number.isInteger(share);
  if (!isPercent(legacy) || !isPercent(fresh) || Object.keys(others).length > 0) return undefined;
  return legacy >= 0 && fresh >= 0 && legacy + fresh === 100 ? { legacy, new: fresh } : undefined;
}

/** The side that serves this customer. A larger share for new keeps everyone there who was there before. */
export function sideOf(customer: string, weights: Weights): keyof Weights {
  return hashOf(customer) % 100 < weights.new ? 'new' : 'legacy';
}

/** FNV-1a, 32 bits, with a last mix so that its low digits are as good as its high ones. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
