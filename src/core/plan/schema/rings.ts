// A rollback in rings: which stages go back share by share, and what is looked at after each; and what must be healthy before any.
import { z } from 'zod';
import { duration, limit, name, positiveDuration, ratio, saying } from '../scalars.ts';
import { section } from './section.ts';

/** How long we look after a ring beyond the time that it must stay good, where the plan does not say. Milliseconds. */
const LOOK_BEYOND_MS = 300_000;

const comparedSignal = section({
  by: limit.describe('Worse when it is worse than before the ring by more than this'),
  worse: z
    .enum(['higher', 'lower'])
    .default('higher')
    .describe('Which way is worse (default higher)'),
});

const worsening = section({
  checks: z
    .array(name)
    .readonly()
    .default([])
    .describe('Checks, or probe signals: one that does not hold is worse'),
  signals: z.record(name, comparedSignal).default({}).describe('Compared with before the ring'),
  for: duration
    .default(5_000)
    .describe('How long it must be worse before the run stops (default 5s)'),
  failures: z
    .int()
    .min(0)
    .exactOptional()
    .describe('More failed attempts than this in one ring stop the run'),
}).refine(({ checks, signals }) => checks.length > 0 || Object.keys(signals).length > 0, {
  error: saying('This looks at nothing.', 'Give it checks: [ … ] or signals: { … }.'),
});

/** Rings, by the stage that goes back in them. */
export const rings = z
  .record(
    name,
    section({
      shares: z
        .array(ratio)
        .min(1)
        .max(20)
        .readonly()
        .describe('How much is back after each ring: [10%, 50%, 100%]'),
      soak: duration
        .default(60_000)
        .describe('How long it must not be worse after each ring (default 1m)'),
      within: positiveDuration
        .exactOptional()
        .describe('How long we look for that (default 5m more than soak)'),
      worsening,
    }).transform(({ within, ...written }) => ({
      ...written,
      within: within ?? written.soak + LOOK_BEYOND_MS,
    })),
  )
  .exactOptional()
  .describe('Stages that go back ring by ring, with a look after each');

/** What must be healthy before anything is changed. */
export const safeToReturn = section({
  by: z.array(name).min(1).readonly().describe('The checkpoints of what we go back to'),
  within: positiveDuration
    .default(30_000)
    .describe('How long we look until it is safe (default 30s)'),
})
  .exactOptional()
  .describe('What must hold before the first step: nobody goes back to something that is broken');
