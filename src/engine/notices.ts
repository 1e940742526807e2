// Plain notices: which ones a moment calls for, what they say, and their delivery with a receipt in the journal.
import type { Json, Notice, Schema } from '../connector.ts';
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { Migration } from '../core/decision/migration/state.ts';
import { writeEnd, writeNotice } from '../core/comms/notice.ts';
import type { EventBody, JournalEvent } from '../core/journal/event.ts';
import type { Job } from '../core/journal/journal.ts';
import type { NoticeMoment } from '../core/plan/plan.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import { answerOf, callFor } from './calls.ts';
import { type Office, backout, planOf } from './office.ts';
import type { Systems } from './systems.ts';
import { troubleOf } from './trouble.ts';

/** How long one delivery may take. Milliseconds. */
const DELIVERY_MS = 20_000;

/** One delivery: which notice through which channel of which plan. */
export interface NoticeJob {
  readonly plan: string;
  readonly fingerprint: string;
  /** Which entry of the plan's `notices.to`. */
  readonly channel: number;
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly facts: { readonly [key: string]: Json };
}

/** What became of deliveries: stream `notices-<plan>`. */
export type NoticeEvent =
  | { readonly type: 'NoticeSent'; readonly notice: string; readonly channel: string; readonly certainty: 'sent' | 'maybe'; readonly receipt: Json }
  | { readonly type: 'NoticeFailed'; readonly notice: string; readonly channel: string; readonly because: string };

/** A job for each notice that these events call for, one for each channel: one channel's failure stops no other. */
export function noticeJobs(
  migration: Migration,
  told: readonly { readonly stream: string; readonly body: RunEvent | MigrationEvent }[],
): readonly Job[] {
  if (migration.type === 'none') return [];
  const { notices } = planOf(migration.snapshot);
  if (notices === undefined) return [];
  return told.flatMap(({ stream, body }) => {
    const moment = momentOf(body);
    if (moment === undefined || !notices.on.includes(moment)) return [];
    const run = Number(stream.slice('run-'.length));
    const written = body.type === 'RunEnded' ? writeEnd(migration.plan, run, body) : writeNotice(migration.plan, body);
    if (written === undefined) return [];
    return notices.to.map((_, channel): Job => {
      const data = { plan: migration.plan, fingerprint: migration.fingerprint, channel, ...written };
      return { queue: 'notice', key: `${written.id}/${channel}`, data };
    });
  });
}

/** Is this a moment that people are told of? */
export function isTold(body: EventBody): boolean {
  return momentOf(body) !== undefined;
}

function momentOf(body: EventBody): NoticeMoment | undefined {
  switch (body.type) {
    case 'RunStarted':
      return 'run-start';
    case 'RunEnded':
      return 'run-end';
    case 'DecisionWanted':
      return 'decision-wanted';
    default:
      return undefined;
  }
}

/** Delivers one notice, unless the journal says that it was delivered. Throws to be tried again. */
export async function deliver(job: NoticeJob, office: Office, systems: Systems, signal: AbortSignal): Promise<void> {
  const stream = `notices-${job.plan}`;
  const past = (await office.streams.journal.read(stream)) as readonly JournalEvent<NoticeEvent>[];
  const snapshot = await office.snapshot(job.plan, job.fingerprint);
  const to = snapshot.plan.notices?.to[job.channel];
  if (to === undefined) return;
  const key = `${job.id}/${job.channel}`;
  if (past.some(({ body }) => body.type === 'NoticeSent' && body.notice === key)) return;
  const call = { ...callFor(DELIVERY_MS, signal), idempotencyKey: key, attempt: 1 };
  try {
    const system = await systems.open(snapshot, to.channel);
    const kind = system.connector.channel;
    if (kind === undefined) throw new Error(`[plan] System ${to.channel} (${system.declared.uses}) has no channel to send a notice through.`);
    const address = await systems.input(kind.address as Schema<unknown>, to.address ?? to.with, `notices.to ${to.channel}`);
    const notice: Notice = { id: key, subject: job.subject, text: job.text, facts: job.facts };
    const delivery = await answerOf(call, kind.send(system.client, address, notice, call));
    await record(office, stream, { type: 'NoticeSent', notice: key, channel: to.channel, certainty: delivery.type, receipt: systems.hideJson(delivery.receipt) });
  } catch (error) {
    const because = systems.hide(troubleOf(error, call.signal).because);
    await record(office, stream, { type: 'NoticeFailed', notice: key, channel: to.channel, because });
    throw new Error(because);
  }
}

async function record(office: Office, stream: string, body: NoticeEvent): Promise<void> {
  const { journal } = office.streams;
  for (let expected = (await journal.read(stream)).length; ; ) {
    const appended = await journal.append([{ stream, expected, events: [{ actor: backout, body }] }]);
    if (appended.type !== 'conflict') return;
    expected = appended.actual;
  }
}
