// What the doctor says of the store: can it be opened, as which role do we work, whose clock is off, who serves it?
import { defaultFolder } from '../../store/managed/folder.ts';
import type { Cli } from '../cli.ts';
import { connected, isStoreThere } from '../connection.ts';
import { keptToken } from '../operator-token.ts';
import type { Site } from '../platform.ts';
import type { Control } from '../../engine/control.ts';
import { spanOf } from '../../core/words/times.ts';
import type { Symptom } from './symptom.ts';

/** A machine's clock that is farther off than this from the store's is worth a word. Milliseconds. */
const skewMs = 500;

/** Opens the store, unless it would have to be made first: the doctor makes nothing. */
export async function* aboutStore(cli: Cli): AsyncGenerator<Symptom> {
  const { server, data, token } = cli.options;
  if (server !== undefined) {
    const { remoteControl } = await import('../remote.ts');
    yield* asked('server', async () => [
      { about: 'server', says: 'good', text: `${server} answers` },
      ...(await aboutReviews(remoteControl(server, keptToken(cli, server) ?? token))),
      await aboutClock(remoteControl(server, keptToken(cli, server) ?? token)),
    ]);
    return;
  }
  if (!isStoreThere(cli)) {
    yield {
      about: 'store',
      says: 'good',
      text: `no data in ${data ?? defaultFolder()} yet; the first backout serve or backout run makes it`,
    };
    return;
  }
  yield* asked('store', () =>
    connected(cli, async ({ site, control }) =>
      site === null
        ? []
        : [...(await aboutSite(site)), await aboutClock(control), ...(await aboutReviews(control))],
    ),
  );
}

async function aboutSite({ store }: Site): Promise<readonly Symptom[]> {
  const alive = (await store.nodes.alive()).length;
  const dead = (await store.nodes.dead()).length;
  const role: readonly Symptom[] =
    store.warnings.length === 0
      ? [
          {
            about: 'role',
            says: 'good',
            text: 'the journal is written by a role that cannot change or remove events',
          },
        ]
      : store.warnings.map((text) => ({ about: 'role', says: 'attention', text }));
  return [
    {
      about: 'store',
      says: 'good',
      text: `Postgres ${store.postgresVersion}, ${store.where}, reached directly (no pooler in the way)`,
    },
    ...role,
    {
      about: 'nodes',
      says: 'good',
      text: `${alive === 0 ? 'nobody serves this store now' : `${alive} serve this store`}${dead > 0 ? `; ${dead} are gone without a word, and the next node takes over` : ''}`,
    },
  ];
}

/** What was begun without approvals is looked at by somebody else, and in time. */
async function aboutReviews(control: Control): Promise<readonly Symptom[]> {
  const now = await control.now();
  return (await control.migrations()).flatMap(({ plan, reviews = [] }) =>
    reviews.map(({ run, until }): Symptom => {
      const late = until <= now;
      return {
        about: 'review',
        says: late ? 'bad' : 'attention',
        text: `run ${run} of ${plan} began without its approvals, and nobody else has reviewed it${late ? `; that was due ${spanOf(now - until)} ago` : `; due in ${spanOf(until - now)}`}`,
        mend: `somebody else than who began it: backout run reviewed ${run} --because "…"`,
      };
    }),
  );
}

async function aboutClock(control: Control): Promise<Symptom> {
  const before = Date.now();
  const now = await control.now();
  // The store read its clock somewhere between our two looks.
  const ahead = now - (before + Date.now()) / 2;
  if (Math.abs(ahead) <= skewMs)
    return { about: 'clock', says: 'good', text: `within ${skewMs} ms of the store's` };
  return {
    about: 'clock',
    says: 'attention',
    text: `${spanOf(Math.abs(ahead))} ${ahead > 0 ? 'behind' : 'ahead of'} the store's`,
    mend: "let both keep time by NTP; the store's clock counts",
  };
}

/** What cannot be opened is said in its own words; they hold the mend. */
async function* asked(
  about: string,
  look: () => Promise<readonly Symptom[]>,
): AsyncGenerator<Symptom> {
  try {
    yield* await look();
  } catch (error) {
    const unreachable = error instanceof Error && error.name === 'StoreUnreachable';
    yield {
      about,
      says: unreachable ? 'unknown' : 'bad',
      text: error instanceof Error ? error.message : String(error),
    };
  }
}
