// The feed of the shop: copies what is written on one side to the other, late and in small batches.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  changedSettings,
  spoiled,
  type FeedDirection,
  type FeedSettings,
} from '../feed-settings.ts';
import { wayToLegacy, wayToNew, type FeedWay, type Pending } from '../feed-ways.ts';
import { databaseVariables, runPart } from '../part.ts';
import { refusal, type Answer, type Asked } from '../web.ts';

/** The pause between two rounds, in milliseconds. */
const roundMs = 50;

/** How often the feed measures itself, in milliseconds. */
const measureMs = 250;

await runPart('feed', ({ option, database, meters, onStop, report }) => {
  const legacy = database(databaseVariables.legacy);
  const ledger = database(databaseVariables.ledger);
  let settings: FeedSettings = firstSettings(option('direction'));
  const ways = {
    'to-new': wayToNew(legacy, ledger),
    'to-legacy': wayToLegacy(legacy, ledger, (one) => spoiled(one, settings.driftRatio)),
  } satisfies Record<string, FeedWay>;
  const names = ['to-new', 'to-legacy'] as const;
  let pending: Readonly<Record<string, Pending>> = {};
  let lastError = '';
  const stopping = new AbortController();
  let round: Promise<void> = Promise.resolve();

  const copied = meters.counter('feed_copied_rows', 'Rows that were copied.');
  const failures = meters.counter('feed_failures', 'Rounds that failed.');
  const gauge = (name: string, help: string, read: (one: Pending) => number) =>
    meters.gauge(name, help, () =>
      Object.entries(pending).map(([direction, one]) => ({
        labels: { direction },
        value: read(one),
      })),
    );
  gauge('feed_lag_seconds', 'Age of the oldest row not copied.', (one) => one.lagSeconds);
  gauge('feed_pending_rows', 'Rows not copied.', (one) => one.rows);

  const attempt = async (labels: Record<string, string>, work: () => Promise<void>) => {
    try {
      await work();
      lastError = '';
    } catch (error) {
      failures.add(labels);
      if (lastError !== String(error)) report(`cannot copy: ${String(error)}`);
      lastError = String(error);
    }
  };

  const copyOnce = async () => {
    for (const direction of names) {
      if (!goes(settings, direction)) continue;
      // One way after the other, so that the two never wait for each other's locks.
      await attempt({ direction }, async () => {
        const rows = await ways[direction].copy(settings.lagMs);
        if (rows > 0) copied.add({ direction }, rows);
      });
    }
  };

  const measure = async () => {
    const [toNew, toLegacy] = await Promise.all(names.map((name) => ways[name].pending()));
    if (toNew !== undefined && toLegacy !== undefined) {
      pending = { 'to-new': toNew, 'to-legacy': toLegacy };
    }
  };

  const loop = async () => {
    let measuredAt = 0;
    while (!stopping.signal.aborted) {
      round = copyOnce();
      await round;
      if (Date.now() - measuredAt >= measureMs) {
        await attempt({ direction: 'measure' }, measure);
        measuredAt = Date.now();
      }
      await sleep(roundMs);
    }
  };

  const read = async (): Promise<Answer> => {
    await measure();
    return { status: 200, json: { ...settings, pending } };
  };

  /** Answers when the round that was under way with the old settings has ended. */
  const change = async (asked: Asked): Promise<Answer> => {
    const wanted = changedSettings(settings, asked.body);
    if (wanted === undefined) return refusal(400, 'This is not a setting; GET them to compare.');
    settings = wanted;
    await round;
    return { status: 200, json: settings };
  };

  const looping = loop();
  onStop(async () => {
    stopping.abort();
    await looping;
  });
  return {
    routes: [
      { method: 'GET', path: '/admin', handle: read },
      { method: 'PUT', path: '/admin', handle: change },
    ],
  };
});

function goes(settings: FeedSettings, direction: FeedDirection): boolean {
  return !settings.broken && [direction, 'both'].includes(settings.direction);
}

function firstSettings(direction: string): FeedSettings {
  const first = { direction: 'off', lagMs: 300, broken: false, driftRatio: 0 } as const;
  const settings = changedSettings(first, { direction });
  if (settings === undefined) throw new Error(`[shop] Cannot start: --direction ${direction}.`);
  return settings;
}
