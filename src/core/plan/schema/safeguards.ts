// Safeguards: backups and their restore tests, reconciliations, reversible transformations.
import { z } from 'zod';
import { name, positiveDuration, text } from '../scalars.ts';
import { json, named, section } from './section.ts';

const backup = section({
  artefact: json
    .exactOptional()
    .describe('Where the backup is found, as its connector asks for it'),
  'max-age': positiveDuration.exactOptional(),
  'restore-test': section({ every: positiveDuration, into: name.exactOptional() }).exactOptional(),
});

const reconciliation = z
  .looseObject({ between: z.tuple([name, name]).readonly().describe('Two systems') })
  .catchall(json)
  .transform(({ between, ...options }) => ({
    between,
    options,
  }));

const transformation = section({
  forward: text,
  reverse: text,
  'round-trip': text
    .exactOptional()
    .describe('How it is proved that nothing is lost: sample 10000'),
});

/** What makes going back possible. */
export const safeguards = section({
  backups: named(backup).describe('By system'),
  reconciliations: named(reconciliation),
  transformations: named(transformation),
});
