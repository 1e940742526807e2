// Attempts that only look: a checkpoint that must pass once, and the verification that must hold for a while.
import { SAFE_TO_RETURN, type Work } from '../core/rollback/graph.ts';
import { callFor, pause } from './calls.ts';
import type { Clock } from './clock.ts';
import { type Look, evidenceOfLooks, lookAtChecks } from './checks.ts';
import { type AtWork, handBack, isUnderWay, report, tell } from './hands.ts';
import { waitOut } from './outage.ts';
import type { Snapshot } from './systems.ts';

/** Between two looks at a state that does not hold yet: from, doubled, to at most. Milliseconds. */
export const LOOK_AGAIN = { firstMs: 100, mostMs: 2_000 };

/** A verification looks so often. Milliseconds. */
const VERIFY_EVERY_MS = 1_000;

/** One look of a verification may take so long. Milliseconds. */
export const LOOK_MS = 5_000;

/** From one look to the next nobody may have been away for longer, or the hold begins anew. Milliseconds. */
const GAP_MS = LOOK_MS + 2 * VERIFY_EVERY_MS;

/** Looks until every check holds, or the timebox is spent. */
export async function passCheckpoint(
  what: Work & { type: 'checkpoint' },
  snapshot: Snapshot,
  at: AtWork,
): Promise<void> {
  const { call, hands } = at;
  const { journal } = hands.office.streams;
  const { clock } = hands.systems;
  let wait = LOOK_AGAIN.firstMs;
  let open = 'nobody could look';
  while (!call.signal.aborted) {
    const now = await waitOut(() => journal.now(), call.signal, hands.log, clock);
    const looks = await look(what.checks, snapshot, at, now, call.deadline - clock.now());
    const missing = looks.filter(({ says }) => says !== 'holds');
    if (missing.length === 0) {
      await report(at, { type: 'holds', evidence: evidenceOfLooks(looks) });
      return;
    }
    if (!call.signal.aborted)
      open = missing
        .map(({ check, says, evidence }) => `${check} ${says} (${JSON.stringify(evidence)})`)
        .join('; ');
    await pause(wait, call.signal, clock);
    wait = Math.min(LOOK_AGAIN.mostMs, wait * 2);
  }
  if (hands.signal.aborted) return handBack(at);
  await report(at, {
    type: 'failed',
    class: 'verification-failed',
    because:
      what.checkpoint === SAFE_TO_RETURN
        ? `What we go back to is not healthy: ${open}. Nothing was changed.`
        : `Checkpoint ${what.checkpoint} did not pass in its time: ${open}.`,
  });
}

/** Looks again and again; the run decides when that was long enough, and time when it took too long. */
export async function verify(
  what: Work & { type: 'verification' },
  snapshot: Snapshot,
  at: AtWork,
): Promise<void> {
  const { hands, call, job } = at;
  const { journal } = hands.office.streams;
  const { clock } = hands.systems;
  const gapless = new Gapless(clock);
  while (!call.signal.aborted) {
    const now = await waitOut(() => journal.now(), call.signal, hands.log, clock);
    gapless.begins(now);
    const looks = await look(what.checks, snapshot, at, now, LOOK_MS);
    if (call.signal.aborted) break;
    const all = looks.every(({ says }) => says === 'holds');
    // A good look that tells nothing is passed over; a bad one breaks the hold in any case.
    if (!gapless.ended() && all) continue;
    const told = await tell(at, {
      type: 'ReportVerification',
      attempt: job.attempt,
      holds: all,
      evidence: evidenceOfLooks(looks),
      gaplessSince: gapless.since,
      lookedAt: now,
    });
    if (told.type === 'rejected' || !isUnderWay(at, told.state)) return;
    await pause(lookEveryMs(what.holdMs), call.signal, clock);
  }
  if (hands.signal.aborted) await handBack(at);
}

/** Since when somebody has looked without a gap, by the store's clock. */
export class Gapless {
  since = 0;
  readonly #clock: Clock;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #endedAt: number;
  #beganAt = 0;
  #isFirst = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#endedAt = clock.steady();
  }

  /** A look begins, at this time of the store. */
  begins(now: number): void {
    this.#isFirst = now - this.#lookedAt > GAP_MS;
    if (this.#isFirst) this.since = now;
    this.#lookedAt = now;
    this.#beganAt = this.#clock.steady();
  }

  /**
   * A look has ended. False when it tells nothing: the node was held up after it had asked for the time, so that nobody
   * can say when this was seen. What is gapless then begins with the next look.
   */
  ended(): boolean {
    const { steady } = this.#clock;
    const wasAway = steady() - this.#endedAt > GAP_MS;
    this.#endedAt = steady();
    // What the first look saw was so when it ended, and nobody knows since when.
    if (this.#isFirst) this.since += steady() - this.#beganAt;
    if (wasAway) this.#lookedAt = Number.NEGATIVE_INFINITY;
    return !wasAway;
  }
}

/** A state that must last is looked at so often, more often when it must last only shortly. */
export function lookEveryMs(forMs: number): number {
  return Math.min(VERIFY_EVERY_MS, Math.max(100, forMs / 5));
}

async function look(
  checks: readonly string[],
  snapshot: Snapshot,
  at: AtWork,
  now: number,
  withinMs: number,
): Promise<readonly Look[]> {
  const { systems, events } = at.hands;
  return lookAtChecks(
    systems,
    events,
    snapshot,
    checks,
    now,
    callFor(withinMs, at.call.signal, systems.clock),
  );
}
