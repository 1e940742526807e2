// Conditions over signals: what a trigger waits for and what a check holds.
import { z } from 'zod';
import type { Condition } from '../condition.ts';
import { duration, limit, name, rate, saying, share } from '../scalars.ts';
import type { DurationText, RateText, RatioText, SizeText } from '../scalars.ts';
import { section } from './section.ts';

type Limit = number | RatioText | SizeText;

/** A condition as a plan writes it. */
export type ConditionInput<
  Signal extends string = string,
  Reconciliation extends string = string,
> =
  | {
      readonly signal: Signal;
      readonly above: Limit;
      readonly for?: DurationText | undefined;
      readonly 'clears-below'?: Limit | undefined;
      readonly 'at-least'?: number | undefined;
    }
  | {
      readonly signal: Signal;
      readonly below: Limit;
      readonly for?: DurationText | undefined;
      readonly 'clears-above'?: Limit | undefined;
      readonly 'at-least'?: number | undefined;
    }
  | {
      readonly signal: Signal;
      readonly is: 'failing';
      readonly for?: DurationText | undefined;
      readonly 'at-least'?: number | undefined;
    }
  | {
      readonly signal: Signal;
      readonly 'worse-than': 'legacy' | 'baseline';
      readonly 'worse-by'?: 'auto' | number | RatioText | undefined;
      readonly floor?: Limit | undefined;
      readonly 'false-alarm'?: RateText | undefined;
    }
  | { readonly reconciliation: Reconciliation; readonly 'differences-above': number }
  | { readonly all: readonly ConditionInput<Signal, Reconciliation>[] }
  | { readonly any: readonly ConditionInput<Signal, Reconciliation>[] }
  | { readonly 'at-least': number; readonly of: readonly ConditionInput<Signal, Reconciliation>[] };

const samples = z
  .int({ error: saying('A whole number of samples is wanted here.', 'Write 1 or more.') })
  .min(1)
  .max(10_000)
  .default(1)
  .describe('How many samples are needed at the least (default 1)');
const held = duration.default(0).describe('How long it must hold before it counts (default 0s)');

const above = section({
  signal: name,
  above: limit,
  for: held,
  'clears-below': limit
    .exactOptional()
    .describe('Over when the signal is back below this (default: the limit)'),
  'at-least': samples,
}).transform((written): Condition => ({
  type: 'threshold',
  signal: written.signal,
  comparison: 'above',
  limit: written.above,
  for: written.for,
  clears: written['clears-below'] ?? written.above,
  'at-least': written['at-least'],
}));

const below = section({
  signal: name,
  below: limit,
  for: held,
  'clears-above': limit
    .exactOptional()
    .describe('Over when the signal is back above this (default: the limit)'),
  'at-least': samples,
}).transform((written): Condition => ({
  type: 'threshold',
  signal: written.signal,
  comparison: 'below',
  limit: written.below,
  for: written.for,
  clears: written['clears-above'] ?? written.below,
  'at-least': written['at-least'],
}));

// A probe's sample is 1 when it passes and 0 when it fails.
const failing = section({
  signal: name,
  is: z.literal('failing'),
  for: held,
  'at-least': samples,
}).transform((written): Condition => ({
  type: 'threshold',
  signal: written.signal,
  comparison: 'below',
  limit: 1,
  for: written.for,
  clears: 1,
  'at-least': written['at-least'],
}));

const relative = section({
  signal: name,
  'worse-than': z.enum(['legacy', 'baseline']),
  'worse-by': z.union([z.literal('auto'), share]).default('auto'),
  floor: limit.exactOptional().describe('Below this much no difference counts'),
  'false-alarm': rate
    .default({ count: 1, perMs: 365 * 86_400_000 })
    .describe('How many false alarms are accepted (default 1 per 365d)'),
}).transform(({ floor, ...written }): Condition => ({
  type: 'relative',
  ...written,
  ...(floor === undefined ? {} : { floor }),
}));

const reconciliation = section({
  reconciliation: name,
  'differences-above': z.int().min(0).describe('How many differences are accepted'),
}).transform((written): Condition => ({ type: 'reconciliation', ...written }));

const several = z
  .array(z.lazy(() => condition))
  .min(1, {
    error: saying('This list of conditions is empty.', 'List one condition at the least.'),
  })
  .readonly();

const all = section({ all: several }).transform((written): Condition => ({
  type: 'all',
  of: written.all,
}));
const any = section({ any: several }).transform((written): Condition => ({
  type: 'any',
  of: written.any,
}));
const quorum = section({
  'at-least': z.int().min(1).describe('How many must be true'),
  of: several,
}).transform((written): Condition => ({
  type: 'at-least',
  count: written['at-least'],
  of: written.of,
}));

/** What a trigger waits for, and what a check holds. */
export const condition: z.ZodType<Condition, ConditionInput> = z
  .union([above, below, failing, relative, reconciliation, all, any, quorum])
  .meta({
    id: 'condition',
    description: 'A condition over signals; conditions nest by all, any and at-least … of',
  });
