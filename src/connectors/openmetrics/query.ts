// What a plan may ask of a metrics page: a gauge, a rate, a ratio of two counters, a quantile of a histogram.
import { z } from 'zod';
import { duration } from '../duration.ts';
import type { Page, Sample } from './page.ts';

const metric = z
  .string()
  .min(1)
  .meta({ description: 'The name as the page writes it: shop_requests_total' });

const texts = z.union([z.string().transform((one) => [one]), z.array(z.string()).min(1)]);

const matcher = z
  .union([
    texts.transform((is) => ({ is })),
    z.strictObject({ not: texts }),
    z.strictObject({ matches: z.string().refine(isPattern, 'is no regular expression') }),
  ])
  .meta({ description: 'A value, a list of values, { not: … } or { matches: "5.." }' });

type Matcher = z.output<typeof matcher>;

const labels = z.record(z.string(), matcher).default({});

/** Which series: a metric, and what its labels must be. */
export const selection = z.strictObject({ metric, labels });

/** Series of a page after validation. */
export type Selection = z.output<typeof selection>;

const take = z
  .enum(['sum', 'max', 'min', 'average'])
  .meta({ description: 'What to make of several series. Default: sum' });

const ratio = z
  .strictObject({ of: selection, to: selection })
  .meta({ description: 'Increases of one counter to those of another: errors to requests' });

const fields = z.strictObject({
  metric: metric.optional(),
  labels,
  take: take.optional(),
  rate: duration.optional().meta({ description: 'Increase per second over this window' }),
  increase: duration.optional().meta({ description: 'Increase over this window' }),
  quantile: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .meta({ description: 'Of a histogram, by what its buckets gained; needs over' }),
  ratio: ratio.optional(),
  over: duration.optional().meta({ description: 'The window of ratio and quantile' }),
});

/** A question to the page. */
export type Query =
  | { readonly type: 'gauge'; readonly take: z.output<typeof take>; readonly of: Selection }
  | { readonly type: 'rate' | 'increase'; readonly of: Selection; readonly windowMs: number }
  | {
      readonly type: 'ratio';
      readonly of: Selection;
      readonly to: Selection;
      readonly windowMs: number;
    }
  | {
      readonly type: 'quantile';
      readonly quantile: number;
      readonly of: Selection;
      readonly windowMs: number;
    };

/** The query under a signal. */
export const query = fields.transform((given, context): Query => {
  const complain = (message: string, path: string): typeof z.NEVER => {
    context.addIssue({ code: 'custom', message, path: [path], input: given });
    return z.NEVER;
  };
  const kinds = (['take', 'rate', 'increase', 'quantile', 'ratio'] as const).filter(
    (kind) => given[kind] !== undefined,
  );
  if (kinds.length > 1) return complain(`cannot be used together with ${kinds[0]}`, kinds[1] ?? '');
  if (given.ratio !== undefined) {
    if (given.metric !== undefined)
      return complain('belongs inside ratio.of and ratio.to', 'metric');
    if (given.over === undefined) return complain('is needed with ratio: over: 1m', 'over');
    return { type: 'ratio', ...given.ratio, windowMs: given.over };
  }
  if (given.metric === undefined) return complain('is needed, or ratio', 'metric');
  const of = { metric: given.metric, labels: given.labels };
  if (given.quantile !== undefined) {
    if (given.over === undefined) return complain('is needed with quantile: over: 1m', 'over');
    return { type: 'quantile', quantile: given.quantile, of, windowMs: given.over };
  }
  if (given.over !== undefined) return complain('is only for ratio and quantile', 'over');
  if (given.rate !== undefined) return { type: 'rate', of, windowMs: given.rate };
  if (given.increase !== undefined) return { type: 'increase', of, windowMs: given.increase };
  return { type: 'gauge', take: given.take ?? 'sum', of };
});

/** The samples of a page that are meant. A label that is not there counts as empty. */
export function select(page: Page, { metric: name, labels: wanted }: Selection): readonly Sample[] {
  const tests = Object.entries(wanted).map(([label, test]) => ({ label, test: testOf(test) }));
  return (page.get(name) ?? []).filter((sample) =>
    tests.every(({ label, test }) => test(sample.labels.get(label) ?? '')),
  );
}

function testOf(wanted: Matcher): (value: string) => boolean {
  if ('is' in wanted) return (value) => wanted.is.includes(value);
  if ('not' in wanted) return (value) => !wanted.not.includes(value);
  const pattern = new RegExp(`^(?:${wanted.matches})$`);
  return (value) => pattern.test(value);
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
