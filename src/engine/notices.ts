// Notices: which ones a moment calls for, to which channels and which people. Their delivery is in delivery.ts.
import type { Json } from '../connector.ts';
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import { peopleCalled, writeCall } from '../core/comms/call.ts';
import { type WrittenNotice, writeEnd, writeNotice } from '../core/comms/notice.ts';
import type { EventBody } from '../core/journal/event.ts';
import type { Job } from '../core/journal/journal.ts';
import type { ContactField, NoticeMoment, Plan } from '../core/plan/plan.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import { called } from '../core/rollback/people-of-step.ts';
import type { BegunRun } from '../core/rollback/state.ts';
import type { Snapshot } from './systems.ts';

/** One delivery: which notice through which channel of which plan. */
export interface NoticeJob {
  readonly plan: string;
  readonly fingerprint: string;
  /** Which entry of the plan's `notices.to`; with `person`, of its `notices.calls`. */
  readonly channel: number;
  /** Who is reached by their own address. */
  readonly person?: string;
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
  /** When it was decided: epoch milliseconds. */
  readonly at: number;
  /** The run as it stands after it, where it is the run's own event. */
  readonly run?: BegunRun;
}

/** A job for each delivery that these events call for, one for each channel and person: one's failure stops no other. */
export function noticeJobs({ plan, fingerprint }: Snapshot, told: readonly Told[]): readonly Job[] {
  const { notices } = plan;
  if (notices === undefined) return [];
  return told.flatMap((each) => {
    const moment = momentOf(each.body);
    const written = moment === undefined ? undefined : write(plan.name, each);
    if (moment === undefined || written === undefined) return [];
    const job = (to: Pick<NoticeJob, 'channel' | 'person'>): Job => {
      const data: NoticeJob = { plan: plan.name, fingerprint, ...to, ...written };
      return { queue: 'notice', key: keyOf(data), data: { ...data } };
    };
    const isRead = moment === 'glass-broken' || notices.on.includes(moment);
    return [
      ...(isRead ? notices.to.map((_, channel) => job({ channel })) : []),
      ...(notices.calls ?? []).flatMap(({ to }, channel) =>
        peopleOf(plan, each)
          .filter((person) => contactOf(plan, person, to) !== undefined)
          .map((person) => job({ channel, person })),
      ),
    ];
  });
}

/** The same for every try of one delivery. */
export function keyOf({ id, channel, person }: NoticeJob): string {
  return person === undefined ? `${id}/${channel}` : `${id}/call-${channel}/${person}`;
}

/** The address that a plan gives of a person. */
export function contactOf(plan: Plan, person: string, field: ContactField): string | undefined {
  return Object.hasOwn(plan.people, person) ? plan.people[person]?.[field] : undefined;
}

function write(plan: string, { stream, body, who, at, run }: Told): WrittenNotice | undefined {
  switch (body.type) {
    case 'RunEnded':
      return writeEnd(plan, Number(stream.slice('run-'.length)), body);
    case 'StepCalled':
    case 'StepHandedOver':
    case 'StepOverdue':
      return run === undefined ? undefined : writeCall(plan, run, body, at);
    default:
      return writeNotice(plan, body, who, Number(stream.slice('run-'.length)));
  }
}

/** Who must hear of it by themselves: whoever is called, asked or must agree, each once. */
function peopleOf(plan: Plan, { body, who, run }: Told): readonly string[] {
  const { approvals } = plan.governance;
  const holders = (roles: readonly string[]): readonly string[] => [
    ...new Set(roles.flatMap((role) => called(plan, role).people)),
  ];
  switch (body.type) {
    case 'StepCalled':
    case 'StepHandedOver':
    case 'StepOverdue':
      return run === undefined ? [] : [...new Set(peopleCalled(run, body))];
    case 'DecisionWanted':
      return holders([body.by]);
    case 'ApprovalWanted':
    case 'StepSkipWanted':
      return holders(approvals?.by ?? ['owner', ...Object.keys(plan.roles.deputies)]).filter(
        (person) => person !== who,
      );
    case 'ReviewOwed':
      return holders(['owner']).filter((person) => person !== who);
    default:
      return [];
  }
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
    case 'StepSkipWanted':
    case 'ApprovalVoided':
      return 'approval-wanted';
    case 'StepCalled':
    case 'StepHandedOver':
      return 'call';
    case 'StepOverdue':
      return 'overdue';
    case 'ReviewOwed':
      return 'glass-broken';
    default:
      return undefined;
  }
}
