// The looks around a ring: what the signals are before it, and whether it is worse after it.
import type { Json } from '../connector.ts';
import type { Work } from '../core/rollback/graph.ts';
import { type Measured, judgeRing } from '../core/rollback/rings.ts';
import { stepOf } from '../core/rollback/state.ts';
import { callFor, pause } from './calls.ts';
import { evidenceOfLooks, lookAtChecks } from './checks.ts';
import { type AtWork, handBack, isUnderWay, report, tell } from './hands.ts';
import { Gapless, LOOK_AGAIN, LOOK_MS, lookEveryMs } from './looking.ts';
import { waitOut } from './outage.ts';
import { evidenceOf, readSignal } from './readings.ts';
import type { Snapshot } from './systems.ts';

/** Reads until every signal gave a number, so that there is something to compare with, or the timebox is spent. */
export async function measureBefore(
  what: Work & { type: 'measure' },
  snapshot: Snapshot,
  at: AtWork,
): Promise<void> {
  const { call, hands } = at;
  const { clock } = hands.systems;
  let wait = LOOK_AGAIN.firstMs;
  let open = 'nobody could look';
  while (!call.signal.aborted) {
    const { measured, evidence } = await read(what.signals, snapshot, at);
    const unknown = Object.entries(measured).flatMap(([name, each]) =>
      each.type === 'number' ? [] : [`${name} (${each.because})`],
    );
    if (unknown.length === 0) {
      await report(at, { type: 'holds', evidence });
      return;
    }
    if (!call.signal.aborted) open = unknown.join(', ');
    await pause(wait, call.signal, clock);
    wait = Math.min(LOOK_AGAIN.mostMs, wait * 2);
  }
  if (hands.signal.aborted) return handBack(at);
  const because = `Before the ring could not be measured: ${open}. What is not known cannot be compared.`;
  await report(at, { type: 'failed', class: 'verification-failed', because });
}

/** Looks again and again; the run decides when it was good, or worse, for long enough. */
export async function watchRing(
  what: Work & { type: 'worsening' },
  snapshot: Snapshot,
  at: AtWork,
): Promise<void> {
  const { hands, call, job } = at;
  const { journal } = hands.office.streams;
  const { clock } = hands.systems;
  const before = stepOf(at.run, what.before)?.evidence ?? null;
  const gapless = new Gapless(clock);
  while (!call.signal.aborted) {
    const now = await waitOut(() => journal.now(), call.signal, hands.log, clock);
    gapless.begins(now);
    const { says, because, evidence } = await look(what, before, snapshot, at, now);
    if (call.signal.aborted) break;
    if (!gapless.ended()) continue;
    const told = await tell(at, {
      type: 'ReportRing',
      step: job.step,
      attempt: job.attempt,
      says,
      because: hands.systems.hide(because),
      evidence,
      gaplessSince: gapless.since,
      lookedAt: now,
    });
    if (told.type === 'rejected' || !isUnderWay(at, told.state)) return;
    await pause(lookEveryMs(Math.min(what.soakMs, what.forMs)), call.signal, clock);
  }
  if (hands.signal.aborted) await handBack(at);
}

async function look(
  what: Work & { type: 'worsening' },
  before: Json,
  snapshot: Snapshot,
  at: AtWork,
  now: number,
) {
  const { systems, events } = at.hands;
  const call = callFor(LOOK_MS, at.call.signal, systems.clock);
  const names = what.signals.map(({ signal }) => signal);
  const [looks, { measured, evidence }] = await Promise.all([
    lookAtChecks(systems, events, snapshot, what.checks, now, call),
    read(names, snapshot, at),
  ]);
  const seen: Json = { checks: evidenceOfLooks(looks), signals: evidence, before };
  return { ...judgeRing(what, before, looks, measured), evidence: seen };
}

async function read(
  names: readonly string[],
  snapshot: Snapshot,
  { hands, call }: AtWork,
): Promise<{
  readonly measured: { readonly [signal: string]: Measured };
  readonly evidence: Json;
}> {
  const { clock } = hands.systems;
  const { journal } = hands.office.streams;
  const now = await waitOut(() => journal.now(), call.signal, hands.log, clock);
  const readings = await Promise.all(
    names.map(async (name) => {
      const own = callFor(LOOK_MS, call.signal, clock);
      return [
        name,
        await readSignal(hands.systems, hands.events, snapshot, name, now, own),
      ] as const;
    }),
  );
  return {
    measured: Object.fromEntries(readings),
    evidence: Object.fromEntries(readings.map(([name, each]) => [name, evidenceOf(each)])),
  };
}
