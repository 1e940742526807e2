// Shares as plans write them, `1%` or `0.01`, read into a number from 0 to 1.
import { z } from 'zod';

/** A share from 0 to 1. */
export const share = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,3}(\.\d{1,6})?%$/, 'is no share: write it as 1% or 0.01')
      .transform((text) => Number.parseFloat(text) / 100),
  ])
  .refine((value) => value >= 0 && value <= 1, 'must be between 0% and 100%')
  .meta({ description: 'A share: 1% or 0.01' });
