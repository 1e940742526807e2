// The way back: phases, playbooks with their stages and steps, checks and checkpoints.
import { z } from 'zod';
import type { Json } from '../../journal/event.ts';
import { duration, name, positiveDuration, ratio, saying, text, time } from '../scalars.ts';
import { condition } from './condition.ts';
import { rings, safeToReturn } from './rings.ts';
import { entryFor, playbookScope } from './scope.ts';
import { json, section } from './section.ts';

const needs = z
  .array(name)
  .readonly()
  .exactOptional()
  .describe(
    'What must be done before (default: the entry before it in the stage); [] starts with the stage',
  );

const uses = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*\/[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, {
    error: saying(
      'A step uses a connector and one of its states.',
      'Write connector/state, such as http/holds.',
    ),
  })
  .describe('The connector and its state: http/holds')
  .transform((written) => {
    const [connector = '', state = ''] = written.split('/');
    return { connector, state };
  });

const desired = z
  .record(z.string(), json)
  .default({})
  .describe(
    'The state that is wanted: system, and what the connector asks for',
  ) as unknown as z.ZodType<
  { readonly [key: string]: Json },
  { readonly [key: string]: Json } | undefined
>; // zod's record of JSON is a map of JSON; said here so that the Plan's type stays small.

const retry = section({
  times: z.int().min(0).max(100).default(3).describe('How often it is tried again (default 3)'),
  backoff: duration
    .default(2_000)
    .describe('The wait before the first retry, doubled each time (default 2s)'),
});

const reaction = z
  .enum(['retry', 'climb', 'ask', 'stop'], {
    error: saying(
      'This is no answer to a failure.',
      'Write retry, climb (the ladder), ask (the owner), or stop (the run).',
    ),
  })
  .exactOptional();

const onFailure = section({
  'cannot-reach': reaction.describe('No connection, connection lost (default retry)'),
  'not-allowed': reaction.describe('Credentials or permissions (default climb)'),
  'target-mismatch': reaction.describe('Another system than declared (default stop)'),
  'timed-out': reaction.describe('No answer in time, or the timebox is spent (default retry)'),
  refused: reaction.describe('The system said no (default climb)'),
  'verification-failed': reaction.describe('Applied, and yet it does not hold (default retry)'),
  cancelled: reaction.describe('It was told to stop (default climb)'),
});

const manual = section({
  do: text.describe('What a person does'),
  'look-for': text.exactOptional().describe('What the person sees when it is done'),
  evidence: z
    .enum(['required', 'optional'])
    .default('optional')
    .describe('Whether evidence must be attached'),
});

const undo = z.union([
  section({ uses, with: desired }).transform((written) => ({ type: 'state' as const, ...written })),
  section({ manual }).transform((written) => ({ type: 'manual' as const, ...written.manual })),
]);

const common = {
  step: name,
  owner: name.describe('The role that answers for it'),
  contingency: name.exactOptional().describe('The role that takes over when the owner is silent'),
  'hand-over': positiveDuration
    .exactOptional()
    .describe('How long the owner may be silent (default half of the timebox)'),
  ladder: name.exactOptional().describe('Who is called (default the ladder of its owner)'),
  timebox: positiveDuration.describe('How long it may take'),
  for: entryFor,
  needs,
};

const stateStep = section({
  ...common,
  uses,
  with: desired,
  retry: retry.default({ times: 3, backoff: 2_000 }),
  'on-failure': onFailure
    .exactOptional()
    .describe('What a failure leads to, by its class: retry, climb, ask or stop'),
  destructive: section({
    names: text.describe('What is destroyed: a second person types this name'),
    'at-most': z.int().min(0).describe('How many rows or things it may touch'),
  }).exactOptional(),
  undo: undo.exactOptional().describe('How this step is undone, where the connector can not'),
}).transform((written) => {
  const {
    step,
    owner,
    contingency,
    'hand-over': handOver,
    ladder,
    timebox,
    for: of,
    needs,
    ...act
  } = written;
  const common = { step, owner, ...peopleOf(contingency, handOver, ladder), timebox };
  const scope = of === undefined ? {} : { for: of };
  return {
    ...{ type: 'step' as const, ...common, ...scope, needs },
    act: { type: 'state' as const, ...act },
  };
});

const manualStep = section({ ...common, manual }).transform((written) => {
  const { step, owner, contingency, 'hand-over': handOver, ladder, timebox } = written;
  const common = { step, owner, ...peopleOf(contingency, handOver, ladder), timebox };
  const scope = written.for === undefined ? {} : { for: written.for };
  return {
    ...{ type: 'step' as const, ...common, ...scope, needs: written.needs },
    act: { type: 'manual' as const, ...written.manual },
  };
});

/** What is not said stays unsaid: so a plan keeps its fingerprint when the language learns a word. */
function peopleOf(
  contingency: string | undefined,
  handOver: number | undefined,
  ladder: string | undefined,
) {
  return {
    ...(contingency === undefined ? {} : { contingency }),
    ...(handOver === undefined ? {} : { 'hand-over': handOver }),
    ...(ladder === undefined ? {} : { ladder }),
  };
}

const checkpointEntry = section({
  checkpoint: name,
  for: entryFor,
  needs,
  timebox: positiveDuration
    .default(300_000)
    .describe('How long its checks may take to pass (default 5m)'),
}).transform(({ checkpoint, for: of, needs, timebox }) => ({
  type: 'checkpoint' as const,
  checkpoint,
  timebox,
  ...(of === undefined ? {} : { for: of }),
  needs,
}));

const entry = z.union([stateStep, manualStep, checkpointEntry]).meta({
  id: 'entry',
  description: 'A step that uses a connector, a step for people (manual), or a checkpoint',
});

const stage = z
  .record(
    name,
    z
      .array(entry)
      .min(1, { error: saying('This stage is empty.', 'Give it a step or a checkpoint.') }),
  )
  .refine((written) => Object.keys(written).length === 1, {
    error: saying(
      'A stage is one name with its list of entries.',
      'Begin each stage with its own dash.',
    ),
  })
  .transform((written) => {
    const [[title, entries] = ['', []]] = Object.entries(written);
    // What is not said follows the entry before it; the first one starts with the stage.
    return {
      name: title,
      entries: entries.map((each, index) => {
        const before = entries[index - 1];
        const wanted =
          each.needs ?? (before ? [before.type === 'step' ? before.step : before.checkpoint] : []);
        const said = (each.needs ?? []).length > 0;
        return { ...each, needs: wanted, ...(said ? { 'needs-said': true as const } : {}) };
      }),
    };
  });

const verified = section({
  by: z.array(name).min(1).readonly().describe('The checkpoints that must hold'),
  hold: positiveDuration
    .default(300_000)
    .describe('How long they must hold without a break (default 5m)'),
  within: positiveDuration.default(1_800_000).describe('How long we try (default 30m)'),
});

/** Ordered stages of steps that restore the whole or a part. */
export const playbook = section({
  scope: playbookScope,
  'on-failure': onFailure
    .exactOptional()
    .describe('What a failure leads to where a step does not say otherwise'),
  'safe-to-return': safeToReturn,
  rings,
  stages: z
    .array(stage)
    .min(1, {
      error: saying('A playbook without stages does nothing.', 'Give it a stage with a step.'),
    })
    .readonly(),
  verified: verified.exactOptional().describe('What proves that the rollback worked'),
  'undo-verified': verified
    .exactOptional()
    .describe('What proves that an undo of the rollback worked'),
});

/** Something that must be true, by a condition or by a state that is observed and never applied. */
export const check = z.union([
  section({ holds: condition.describe('What must be true') }).transform((written) => ({
    type: 'condition' as const,
    ...written,
  })),
  section({ uses, with: desired }).transform((written) => ({ type: 'state' as const, ...written })),
]);

/** A named group of checks between stages. */
export const checkpoint = section({
  checks: z
    .array(name)
    .min(1, {
      error: saying(
        'A checkpoint without checks proves nothing.',
        'List a check or a probe signal.',
      ),
    })
    .readonly()
    .describe('Checks, or probe signals that must pass'),
  covers: z
    .array(text)
    .readonly()
    .default([])
    .describe('What customers can do again: authentication, billing'),
});

/** A stage of the migration with its own failure criteria. */
export const phase = section({
  name,
  rings: z
    .array(ratio)
    .readonly()
    .exactOptional()
    .describe('Shares of traffic, one after the other: [1%, 10%, 50%]'),
  soak: duration.exactOptional().describe('How long each ring must stay good'),
  window: duration.exactOptional().describe('How long rollback stays possible'),
  'abort-by': time.exactOptional().describe('The last moment at which the way back is started'),
  failure: z
    .array(name)
    .readonly()
    .default([])
    .describe('The triggers that are armed in this phase'),
  rollback: name.exactOptional().describe('The playbook that leads back from here'),
  'point-of-no-return': section({
    when: condition,
    'approved-by': name.exactOptional().describe('The person who may pass it'),
  }).exactOptional(),
});
