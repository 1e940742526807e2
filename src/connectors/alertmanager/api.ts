// The parts of Alertmanager's API v2 that are used here: silences and alerts, as its OpenAPI description has them.
import { z } from 'zod';
import type { Call } from '../../connector.ts';
import { classOfStatus } from '../exchange.ts';
import { apiError, ask, type ApiRequest } from '../json-api.ts';
import type { AlertmanagerClient } from './client.ts';
import { spell, type Matcher } from './matchers.ts';

const silences = z.array(
  z.object({
    id: z.string(),
    status: z.object({ state: z.enum(['active', 'pending', 'expired']) }),
    // Versions before 0.22 know no negative matchers and leave isEqual out.
    matchers: z.array(
      z.object({
        name: z.string(),
        value: z.string(),
        isRegex: z.boolean(),
        isEqual: z.boolean().default(true),
      }),
    ),
    startsAt: z.iso.datetime({ offset: true }),
    endsAt: z.iso.datetime({ offset: true }),
    comment: z.string(),
  }),
);

/** A silence, as it is there. */
export type Silence = z.output<typeof silences>[number];

/** What a silence is made of. */
export interface NewSilence {
  /** Given to change one that is there. */
  readonly id?: string;
  readonly matchers: readonly Matcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

/** All silences that have not ended. */
export async function listSilences(
  client: AlertmanagerClient,
  does: string,
  call: Call,
): Promise<readonly Silence[]> {
  const all = await answered(
    client,
    does,
    { method: 'GET', path: '/api/v2/silences' },
    silences,
    call,
  );
  return all.filter(({ status }) => status.state !== 'expired');
}

/** Makes or changes a silence; gives its id. */
export async function postSilence(
  client: AlertmanagerClient,
  does: string,
  silence: NewSilence,
  call: Call,
): Promise<string> {
  const json = { ...silence, matchers: silence.matchers.map((each) => ({ ...each })) };
  const made = z.object({ silenceID: z.string() });
  const request = { method: 'POST', path: '/api/v2/silences', json } as const;
  return (await answered(client, does, request, made, call)).silenceID;
}

/** Ends a silence; one that is not there has ended. */
export async function expireSilence(
  client: AlertmanagerClient,
  does: string,
  id: string,
  call: Call,
): Promise<void> {
  const path = `/api/v2/silence/${encodeURIComponent(id)}`;
  const { status } = await ask(client, does, { method: 'DELETE', path }, call);
  if (status === 404 || status < 300) return;
  throw apiError(client, classOfStatus(status), does, `status ${status}`);
}

/** How many alerts are active and match. */
export async function countAlerts(
  client: AlertmanagerClient,
  wanted: readonly Matcher[],
  withSilenced: boolean,
  call: Call,
): Promise<number> {
  const query = new URLSearchParams(
    wanted.map((each): [string, string] => ['filter', spell(each)]),
  );
  query.set('active', 'true');
  query.set('silenced', String(withSilenced));
  query.set('inhibited', String(withSilenced));
  const request = { method: 'GET', path: `/api/v2/alerts?${query.toString()}` } as const;
  return (await answered(client, 'count the alerts of', request, z.array(z.unknown()), call))
    .length;
}

/** Which Alertmanager it is. */
export async function readStatus(
  client: AlertmanagerClient,
  does: string,
  call: Call,
): Promise<{ readonly version: string }> {
  const status = z.object({ versionInfo: z.object({ version: z.string() }) });
  const found = await answered(
    client,
    does,
    { method: 'GET', path: '/api/v2/status' },
    status,
    call,
  );
  return { version: found.versionInfo.version };
}

async function answered<T>(
  client: AlertmanagerClient,
  does: string,
  request: ApiRequest,
  schema: z.ZodType<T>,
  call: Call,
): Promise<T> {
  const { status, json } = await ask(client, does, request, call);
  if (status >= 300) {
    // What is wrong with a silence is said as a JSON text.
    const says = typeof json === 'string' ? `: ${json}` : '';
    throw apiError(client, classOfStatus(status), does, `status ${status}${says}`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw apiError(
    client,
    'refused',
    does,
    'its answer is not that of an Alertmanager. Check the url',
  );
}
