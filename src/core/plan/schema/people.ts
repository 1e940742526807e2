// Who: people, roles, ladders, shifts, objectives, obligations, notices, communications and governance.
import { z } from 'zod';
import { duration, name, positiveDuration, saying, text, time } from '../scalars.ts';
import { json, named, oneOrMore, section } from './section.ts';

/** Somebody who can be reached. */
export const person = section({
  name: text.exactOptional(),
  email: text.exactOptional(),
  chat: text.exactOptional(),
  phone: text.exactOptional(),
  page: text.exactOptional().describe('The address of the pager'),
  timezone: text.exactOptional().describe('Such as Europe/London'),
});

const holders = z
  .union([z.null().transform((): readonly string[] => []), oneOrMore(name)], {
    error: saying('A person is wanted here.', 'Write a name of people:, a list of names, or null.'),
  })
  .describe('A person, a list of persons in their order, or null while nobody is found');

/** Owner, with final authority, and deputies. Each role is a list of people in their order. */
export const roles = section({
  owner: holders.exactOptional().describe('Final authority'),
  deputies: named(holders).describe('technical, security, communications and others'),
});

/** Who is called next, after how long. */
export const ladder = z
  .array(section({ page: name.describe('A role or a person'), after: duration.default(0) }))
  .min(1, {
    error: saying('A ladder without rungs calls nobody.', 'Begin with { page: technical }.'),
  })
  .readonly();

/** How many responders, when. */
export const shifts = section({ responders: z.int().min(1), hours: text.exactOptional() });

/** The promises that a rollback is measured against. */
export const objectives = section({
  rto: positiveDuration
    .exactOptional()
    .describe('Recovery time objective: how long the way back may take'),
  rpo: duration
    .exactOptional()
    .describe('Recovery point objective: how much data may be lost, in time'),
});

/** Who must hear what by when, by contract or law. */
export const obligation = section({
  to: name,
  within: positiveDuration,
  notice: name.exactOptional(),
  because: text.exactOptional(),
});

const moments = [
  'run-start',
  'decision-wanted',
  'approval-wanted',
  'call',
  'overdue',
  'run-end',
] as const;

/** Plain notices of a run, to a channel of a system. */
export const notices = section({
  to: z
    .array(
      section({
        channel: name.describe('The system that carries it'),
        address: json.exactOptional(),
        with: z.record(z.string(), json).default({}),
      }),
    )
    .readonly()
    .default([])
    .describe('Where everybody reads them'),
  calls: z
    .array(
      section({
        channel: name.describe('The system that carries it'),
        to: z
          .enum(['email', 'chat', 'phone', 'page'])
          .describe('Which address of people: it goes to'),
      }),
    )
    .readonly()
    .exactOptional()
    .describe('How the people who are called are reached, each by their own address'),
  on: z
    .array(z.enum(moments))
    .readonly()
    .default(moments)
    .describe('Which moments are told (default all)'),
});

/** Who hears from us, through what, how often. */
export const communications = section({
  audiences: named(
    section({
      channels: z.array(name).readonly().default([]),
      every: positiveDuration
        .exactOptional()
        .describe('The cadence: how often they hear from us at the least'),
      template: text.exactOptional(),
      language: text.exactOptional(),
      people: z.array(name).readonly().default([]),
    }),
  ),
  channels: named(
    section({
      system: name,
      address: json.exactOptional(),
      with: z.record(z.string(), json).default({}),
    }),
  ),
  mode: z
    .enum(['off', 'test', 'live'])
    .default('test')
    .describe('Whether notices leave the house (default test)'),
});

/** Approvals and approved, expiring deviations. */
export const governance = section({
  approvals: section({
    run: z
      .int()
      .min(0)
      .max(10)
      .exactOptional()
      .describe('How many others approve a run that a person orders (not said: none)'),
    deviation: z
      .int()
      .min(0)
      .max(10)
      .exactOptional()
      .describe('How many others approve that a step is skipped (not said: none)'),
    by: z
      .array(name)
      .min(1, { error: saying('Nobody could approve anything.', 'Name roles, or leave by: out.') })
      .readonly()
      .exactOptional()
      .describe('The roles that may approve (not said: every role)'),
    within: positiveDuration
      .default(900_000)
      .describe('How long people have; then it is not started (default 15m)'),
  })
    .exactOptional()
    .describe('Four eyes: how many others must agree; whoever asks never counts'),
  'pre-approved': z
    .array(
      section({
        playbooks: z.array(name).min(1).readonly(),
        kinds: z
          .array(z.enum(['live', 'drill']))
          .min(1)
          .readonly()
          .default(['live', 'drill']),
        until: time,
        'approved-by': name.describe('Their own orders are not covered by it'),
      }),
    )
    .readonly()
    .default([])
    .describe('Runs that need no approval until then, because somebody gave it beforehand'),
  'break-glass': section({
    'review-within': positiveDuration.describe('How soon somebody else reviews it'),
  })
    .exactOptional()
    .describe('What follows when approvals are skipped in an emergency (review within 24h)'),
  waivers: z
    .array(section({ rule: name, because: text, 'approved-by': name, until: time }))
    .readonly()
    .default([]),
});

/** How often the plan itself is looked at. */
export const planReview = section({ every: positiveDuration, last: time.exactOptional() });
