// The scenarios of the demo: how the shop is broken, and what Backout is expected to make of it.
import type { Scenario } from './shop/scenarios.ts';

/** What must happen for the demo to end well. */
export type Expectation =
  /** A rollback, started by a trigger by itself or after a review. */
  | { readonly type: 'rolled-back'; readonly how: 'automatic' | 'review' }
  /** No rollback: a person is asked, because nobody could measure. */
  | { readonly type: 'asked-only' };

/** What each scenario shows. */
export const expectations: { readonly [scenario in Scenario]: Expectation } = {
  'slow-and-lossy': { type: 'rolled-back', how: 'automatic' },
  'sign-in-broken': { type: 'rolled-back', how: 'automatic' },
  'data-drift': { type: 'rolled-back', how: 'review' },
  'source-blind': { type: 'asked-only' },
};

/** Deliberate mistakes in the plan, to see that the demo does not believe what it is told. */
export const sabotages = {
  'skip-carry': 'The step that carries the missed rows home says that there is nothing to do.',
} as const;

/** The name of a sabotage. */
export type Sabotage = keyof typeof sabotages;

/** The plan as this showing runs it: with everything in review when a viewer decides, and with the sabotage asked for. */
export function planText(
  text: string,
  options: { readonly manual: boolean; readonly sabotage: Sabotage | null },
): string {
  const asked = options.manual
    ? text
        .replaceAll('mode: automatic', 'mode: review')
        .replaceAll(/within: \d+s, silence: roll-back/g, 'within: 10m, silence: roll-back')
    : text;
  if (options.sabotage === null) return asked;
  const honest = 'observe: ["${SHOP_NODE}", "${SHOP_CARRY}", --check]';
  if (!asked.includes(honest))
    throw new Error('[demo] Cannot sabotage: the plan has no step that carries rows home.');
  return asked.replace(honest, 'observe: ["${SHOP_NODE}", --eval, "process.exit(0)"]');
}
