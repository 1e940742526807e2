// What a plan file may say, section by section, and the Plan that comes of it.
import { z } from 'zod';
import type { Plan } from './plan.ts';
import { name, saying, text } from './scalars.ts';
import {
  communications,
  governance,
  ladder,
  notices,
  objectives,
  obligation,
  person,
  planReview,
  roles,
  shifts,
} from './schema/people.ts';
import { check, checkpoint, phase, playbook } from './schema/rollback.ts';
import { safeguards } from './schema/safeguards.ts';
import { scopes } from './schema/scope.ts';
import { named, oneOrMore, section } from './schema/section.ts';
import { baseline, guards, signal, system, trigger } from './schema/watching.ts';

const sections = {
  backout: z.literal(1, {
    error: saying(
      'This Backout speaks version 1 of the plan language.',
      'Begin the plan with: backout: 1',
    ),
  }),
  name: name.describe('The name of the migration'),
  title: text.exactOptional(),
  maintainer: text.exactOptional(),
  review: planReview
    .exactOptional()
    .describe('How often the plan is looked at, and when it was last'),
  objectives: objectives.exactOptional(),
  obligations: z.array(obligation).readonly().default([]),
  people: named(person),
  roles: roles.default({ deputies: {} }),
  ladders: named(ladder),
  shifts: shifts.exactOptional(),
  systems: named(system),
  baseline: baseline.exactOptional(),
  signals: named(signal),
  phases: z.array(phase).readonly().default([]),
  triggers: named(trigger),
  guards: guards.default({ cooldown: 0, 'minimum-samples': 1, quiet: [] }),
  scopes: scopes
    .exactOptional()
    .describe('The components, regions, tenants and cohorts that a rollback may be narrowed to'),
  playbooks: named(playbook),
  checks: named(check),
  checkpoints: named(checkpoint),
  safeguards: safeguards.default({ backups: {}, reconciliations: {}, transformations: {} }),
  notices: notices.exactOptional(),
  communications: communications.exactOptional(),
  governance: governance.default({ 'pre-approved': [], waivers: [] }),
};

/** What a plan file may say: a plan, and the files it takes in. */
export const planFileSchema = section({
  ...sections,
  include: oneOrMore(text)
    .exactOptional()
    .describe('Files that belong to this plan, relative to this one'),
});

/** The schema of a plan after its includes are merged and what does not apply is taken out. */
export const planSchema = section(sections);

/** What the schema gives is a Plan, but for what does not apply: the compiler proves it here. */
export function asPlan(
  parsed: z.output<typeof planSchema>,
  notApplicable: Plan['not-applicable'],
): Plan {
  return { ...parsed, 'not-applicable': notApplicable };
}
