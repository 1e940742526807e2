// What a rollback may be narrowed to: the components, regions, tenants and cohorts of a plan, and which of them a step is for.
import { z } from 'zod';
import { name, saying } from '../scalars.ts';
import { named, oneOrMore, section } from './section.ts';

/** The word that makes one step of an entry for each name of a kind; nothing can be called so. */
export const EACH = 'each';

const part = section({
  'depends-on': z
    .array(name)
    .readonly()
    .default([])
    .describe('What it works with: when that goes back, this must go back too'),
});

/** What there is to narrow a rollback to. */
export const scopes = section({
  components: named(part),
  regions: named(part),
  tenants: named(part),
  cohorts: named(part),
});

const some = oneOrMore(name);
const eachOrSome = z.union([z.literal(EACH), some], {
  error: saying('This is not what a step can be for.', 'Write each, a name, or a list of names.'),
});

/** What an entry of a stage is for; it is left out of runs whose scope has none of it. */
export const entryFor = section({
  component: eachOrSome.exactOptional(),
  region: eachOrSome.exactOptional(),
  tenant: eachOrSome.exactOptional(),
  cohort: eachOrSome.exactOptional(),
})
  .exactOptional()
  .describe('What it is for (default: every scope); each makes one of it for each name');

/** full, or the part that a playbook restores. */
export const playbookScope = z
  .union(
    [
      z.literal('full'),
      section({
        component: some.exactOptional(),
        region: some.exactOptional(),
        tenant: some.exactOptional(),
        cohort: some.exactOptional(),
      }),
    ],
    { error: saying('This is not a scope.', 'Write full, or { component: name }.') },
  )
  .describe('full, or what it restores');
