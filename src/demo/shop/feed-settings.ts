// What the feed is told: which way it copies, how late, and what is wrong with it.
import { createHash } from 'node:crypto';
import type { Purchase } from './landing.ts';
import { fieldsOf } from './web.ts';

/** Which way the feed copies; `both` is for rings, when each side has customers of its own. */
export type FeedDirection = 'to-new' | 'to-legacy' | 'both' | 'off';

/** Everything that can be set while the feed runs. */
export interface FeedSettings {
  readonly direction: FeedDirection;
  /** A row is copied when it is at least this old, in milliseconds. */
  readonly lagMs: number;
  /** The feed reads but copies nothing. */
  readonly broken: boolean;
  /** The share of rows that reach legacy with a wrong total: converted twice from currency units. */
  readonly driftRatio: number;
}

const directions = ['to-new', 'to-legacy', 'both', 'off'];

/** The settings with what the body changes; `undefined` when the body is no setting. */
export function changedSettings(current: FeedSettings, body: unknown): FeedSettings | undefined {
  const wanted = { ...current, ...fieldsOf(body) };
  const isKnown = Object.keys(wanted).every((key) => key in current);
  const isWithin = (value: unknown, most: number) =>
    typeof value === 'number' && value >= 0 && value <= most;
  const isRight =
    directions.includes(wanted.direction) &&
    isWithin(wanted.lagMs, 60_000) &&
    isWithin(wanted.driftRatio, 1) &&
    typeof wanted.broken === 'boolean';
  return isKnown && isRight ? wanted : undefined;
}

/** Spoils the given share of purchases, always the same ones. */
export function spoiled(purchase: Purchase, ratio: number): Purchase {
  const hash = createHash('sha256').update(purchase.request_id).digest();
  const isSpoiled = hash.readUInt16BE(0) / 65_536 < ratio;
  const twiceConverted = Math.floor(purchase.total_cents * 0.98);
  return isSpoiled ? { ...purchase, total_cents: twiceConverted } : purchase;
}
