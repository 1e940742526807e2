// Plain notices: which ones a moment calls for, and what they say. Their delivery is in delivery.ts.
import type { Json } from '../connector.ts';
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import { writeEnd, writeNotice } from '../core/comms/notice.ts';
import type { EventBody } from '../core/journal/event.ts';
import type { Job } from '../core/journal/journal.ts';
import type { NoticeMoment } from '../core/plan/plan.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import type { Snapshot } from './systems.ts';

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

/** An event that was just decided, and the stream that it goes into. */
export interface Told {
  readonly stream: string;
  readonly body: RunEvent | MigrationEvent;
  /** Who caused it. */
  readonly who: string;
}

/** A job for each notice that these events call for, one for each channel: one channel's failure stops no other. */
export function noticeJobs({ plan, fingerprint }: Snapshot, told: readonly Told[]): readonly Job[] {
  const { notices } = plan;
  if (notices === undefined) return [];
  return told.flatMap(({ stream, body, who }) => {
    const moment = momentOf(body);
    if (moment === undefined || (moment !== 'glass-broken' && !notices.on.includes(moment)))
      return [];
    const run = Number(stream.slice('run-'.length));
    const written =
      body.type === 'RunEnded' ? writeEnd(plan.name, run, body) : writeNotice(plan.name, body, who);
    if (written === undefined) return [];
    return notices.to.map((_, channel): Job => {
      const data = { plan: plan.name, fingerprint, channel, ...written };
      return { queue: 'notice', key: `${written.id}/${channel}`, data };
    });
  });
}

/** Is this a moment that people are told of? */
export function isTold(body: EventBody): boolean {
  return momentOf(body) !== undefined;
}

/** A broken glass is an alarm: it is told whatever the plan leaves out. */
function momentOf(body: EventBody): NoticeMoment | 'glass-broken' | undefined {
  switch (body.type) {
    case 'RunStarted':
      return 'run-start';
    case 'RunEnded':
      return 'run-end';
    case 'DecisionWanted':
      return 'decision-wanted';
    case 'ApprovalWanted':
    case 'ApprovalVoided':
      return 'approval-wanted';
    case 'ReviewOwed':
      return 'glass-broken';
    default:
      return undefined;
  }
}
