// What watches the migration: systems, signals, triggers, guards and the baseline.
import { z } from 'zod';
import { duration, name, positiveDuration, rate, saying, text, time } from '../scalars.ts';
import { condition } from './condition.ts';
import { json, section } from './section.ts';

/** A built-in connector by its name; one of the plan's own by its file or its package, and by nothing else. */
const usesPattern =
  /^(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*|\.\.?\/[^\\:?#]+\.m?[jt]s|@[a-z0-9][a-z0-9._-]*\/[a-z0-9][a-z0-9._-]*)$/;

const uses = z
  .string({
    error: saying('A system uses a connector.', 'Write its name, such as uses: postgres.'),
  })
  .max(214, { error: saying('This is longer than any name of a connector.', 'Shorten it.') })
  .regex(usesPattern, {
    error: saying(
      'This names no connector.',
      'Write a built-in one (postgres), a file beside the plan (./connectors/pbx.ts), or a package (backout-connector-pbx, @acme/pbx).',
    ),
  })
  .describe(
    'The connector: a built-in one such as postgres, a file (./connectors/pbx.ts), or a package (backout-connector-pbx, @acme/pbx)',
  );

/** A real system behind a connector. What the language does not know is the connector's and passed through. */
export const system = z
  .looseObject({
    uses,
    environment: text
      .exactOptional()
      .describe('What the system must say it is before anything is applied there'),
    id: text.exactOptional().describe('The identity that the system must answer with'),
  })
  .catchall(json)
  .transform(({ uses, environment, id, ...options }) => ({
    uses,
    ...(environment === undefined ? {} : { environment }),
    ...(id === undefined ? {} : { id }),
    options,
  }))
  .describe('A system: uses, environment, id, and the options of its connector');

/** A named measurement. What the language does not know is the connector's query and passed through. */
export const signal = z
  .looseObject({
    from: name.describe('The system that is asked'),
    unit: text.exactOptional().describe('What the number counts: ratio, rows, requests, ms'),
    every: positiveDuration.default(10_000).describe('How often it is asked (default 10s)'),
    independent: z
      .boolean()
      .default(false)
      .describe('Whether it stays alive when the migrated system dies'),
    new: json.exactOptional().describe('Two-sided: the query of the new side'),
    legacy: json.exactOptional().describe('Two-sided: the query of the legacy side'),
    volume: section({ new: json, legacy: json })
      .exactOptional()
      .describe('Two-sided: how much each side serves'),
  })
  .catchall(json)
  .transform(({ from, unit, every, independent, new: fresh, legacy, volume, ...query }) => ({
    from,
    ...(unit === undefined ? {} : { unit }),
    every,
    independent,
    ...(fresh === undefined || legacy === undefined
      ? {}
      : { sides: { new: fresh, legacy, ...(volume === undefined ? {} : { volume }) } }),
    query,
  }))
  .describe('A signal: from, unit, every, independent, and the query of its connector');

const noData = section({
  after: duration
    .default(30_000)
    .describe('How long nothing is heard before this counts (default 30s)'),
  is: z
    .union(
      [
        z.enum(['hold', 'review', 'roll-back']),
        section({ 'ignore-until': time.describe('Until when silence is ignored') }),
      ],
      {
        error: saying(
          'This is not what silence can mean.',
          'Write hold, review, roll-back or { ignore-until: 2026-12-01 }.',
        ),
      },
    )
    .default('hold')
    .describe('What silence means (default hold)'),
});

const review = section({
  by: name.default('owner').describe('The role that is asked (default owner)'),
  within: positiveDuration.default(300_000).describe('How long people have to answer (default 5m)'),
  silence: z
    .enum(['roll-back', 'hold'])
    .default('hold')
    .describe('What happens when nobody answers (default hold)'),
});

/** A rule over signals, with a mode, that names the playbook to run. */
export const trigger = section({
  class: name.describe(
    'What kind of failure it sees: availability, latency, auth, data, parity, cost, security',
  ),
  when: condition,
  'no-data': noData
    .default({ after: 30_000, is: 'hold' })
    .describe('What happens when the signals fall silent'),
  mode: z
    .enum(['automatic', 'review', 'advise', 'shadow'])
    .describe('automatic rolls back; review asks people; advise tells them; shadow only records'),
  review: review
    .default({ by: 'owner', within: 300_000, silence: 'hold' })
    .describe('Who is asked, for how long, and what silence means'),
  playbook: name.describe('The playbook that it runs'),
});

/** What keeps triggers from overcorrecting. */
export const guards = section({
  cooldown: duration
    .default(0)
    .describe('How long after a rollback no trigger starts another (default 0s)'),
  'at-most': rate.exactOptional().describe('How many automatic rollbacks are allowed: 1 per 6h'),
  'minimum-samples': z.int().min(1).default(1).describe('Fewer samples judge nothing (default 1)'),
  quiet: z
    .array(section({ during: text.describe('What goes on meanwhile, such as deploy') }))
    .readonly()
    .default([])
    .describe('When triggers hold their breath'),
});

/** The known-good state before the migration. */
export const baseline = section({
  window: positiveDuration,
  signals: z.array(name).readonly().default([]),
  schemas: z.array(name).readonly().default([]).describe('Systems whose schema is recorded'),
  integrations: z.array(text).readonly().default([]),
});
