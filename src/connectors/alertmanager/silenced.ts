// The state alertmanager/silenced: a silence with these matchers is active, and stays so for long enough.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { defineState, type Json, type Receipt } from '../../connector.ts';
import { duration } from '../duration.ts';
import { apiError } from '../json-api.ts';
import { expireSilence, listSilences, postSilence, type Silence } from './api.ts';
import type { AlertmanagerClient } from './client.ts';
import { matchers, sameMatchers, spell } from './matchers.ts';

const desired = z
  .strictObject({
    matchers: matchers.meta({
      description: 'Which alerts are silenced: [ service="billing" ]; all must match',
    }),
    for: duration.meta({ description: 'How long a new silence lasts' }),
    'at-least': duration
      .optional()
      .meta({ description: 'A silence that still lasts so long is enough. Default: half of for' }),
    comment: z
      .string()
      .min(1)
      .default('A rollback is under way')
      .meta({ description: 'Why, for people' }),
  })
  .refine((wanted) => (wanted['at-least'] ?? 0) <= wanted.for, {
    error: 'must not be longer than for',
    path: ['at-least'],
  });

type Desired = z.output<typeof desired>;

/** How far our clock may be ahead of Alertmanager's without a silence waiting for its start. Milliseconds. */
const clockSlackMs = 300_000;

/** Silences, and ends only silences of our own. */
export const silenced = defineState({
  summary: 'A silence with exactly these matchers is active for long enough',
  desired,
  observe: async (client: AlertmanagerClient, wanted: Desired, call) => {
    const found = await matching(client, 'see the silences of', wanted, call);
    const evidence = { silences: found.map(({ id, endsAt }) => ({ id, endsAt })) };
    if (found.some((silence) => isEnough(silence, wanted))) return { type: 'holds', evidence };
    const change = `silence ${wanted.matchers.map(spell).join(', ')} for ${minutes(wanted.for)} min`;
    return { type: 'differs', evidence, change, touches: 1 };
  },
  apply: async (client, wanted, call): Promise<Receipt> => {
    const does = 'silence the alerts of';
    const marker = markerOf(call.idempotencyKey);
    // Without a key in its API, Alertmanager would take a repeat for a second silence: ours are known by their comment.
    const mine = (await matching(client, does, wanted, call)).find(({ comment }) =>
      comment.endsWith(marker),
    );
    if (mine !== undefined && isEnough(mine, wanted)) return { id: mine.id };
    const now = Date.now();
    const id = await postSilence(
      client,
      does,
      {
        ...(mine === undefined ? {} : { id: mine.id }),
        matchers: wanted.matchers,
        // A start in the past is taken as now, also where the clocks of both differ: the silence is active at once.
        startsAt: mine?.startsAt ?? new Date(now - clockSlackMs).toISOString(),
        endsAt: new Date(now + wanted.for).toISOString(),
        createdBy: client.createdBy,
        comment: `${client.conceal.text(wanted.comment)} ${marker}`,
      },
      call,
    );
    return { id };
  },
  undo: async (client, wanted, { before, receipt }, call): Promise<Receipt> => {
    const does = 'end the silence of';
    const earlier = idsIn(before);
    if (earlier === undefined && receipt === null) {
      throw apiError(
        client,
        'refused',
        does,
        'nobody saw which silences were there before. Look at its page of silences',
      );
    }
    const ours = (await matching(client, does, wanted, call)).filter(
      ({ id, comment }) => markerPattern.test(comment) && earlier?.includes(id) !== true,
    );
    for (const { id } of ours) await expireSilence(client, does, id, call);
    return { expired: ours.map(({ id }) => id) };
  },
});

/** The silences with these matchers that have not ended. One that is pending begins by itself: it counts when it does. */
async function matching(
  client: AlertmanagerClient,
  does: string,
  wanted: Desired,
  call: Parameters<typeof listSilences>[2],
): Promise<readonly Silence[]> {
  const all = await listSilences(client, does, call);
  return all.filter((silence) => sameMatchers(silence.matchers, wanted.matchers));
}

function isEnough({ status, endsAt }: Silence, wanted: Desired): boolean {
  const leastMs = wanted['at-least'] ?? wanted.for / 2;
  return status.state === 'active' && Date.parse(endsAt) - Date.now() >= leastMs;
}

/** A step of a run is told by its key; the key itself would say more than a comment must. */
function markerOf(key: string): string {
  return `[backout:${createHash('sha256').update(key).digest('hex').slice(0, 16)}]`;
}

const markerPattern = /\[backout:[0-9a-f]{16}\]$/;

function idsIn(before: Json): readonly Json[] | undefined {
  if (before === null || typeof before !== 'object' || !('silences' in before)) return undefined;
  const { silences } = before as { readonly silences: readonly { readonly id: string }[] }; // as observe wrote it
  return silences.map(({ id }) => id);
}

function minutes(ms: number): number {
  return Math.round(ms / 60_000);
}
