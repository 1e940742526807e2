// Delivery: one notice through one channel, with what became of it in the journal. One channel's failure stops no other.
import type { ApplyCall, Json, Notice, Schema } from '../connector.ts';
import type { NoticeEvent } from '../core/comms/events.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import { answerOf, callFor } from './calls.ts';
import type { Clock } from './clock.ts';
import { type NoticeJob, contactOf, keyOf } from './notices.ts';
import { type Office, backout } from './office.ts';
import { waitOut } from './outage.ts';
import type { Snapshot, Systems } from './systems.ts';
import { sentenceOf, troubleOf } from './trouble.ts';

/** How long one delivery may take. Milliseconds. */
const DELIVERY_MS = 20_000;

/** What became of a delivery is kept in hand for so long while the store is away. Milliseconds. */
const RECORD_WITHIN_MS = 60_000;

/** Delivers one notice, unless the journal says that it was delivered. Throws to be tried again. */
export async function deliver(
  job: NoticeJob,
  office: Office,
  systems: Systems,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  const stream = `notices-${job.plan}`;
  const key = keyOf(job);
  const past = (await office.streams.journal.read(stream)) as readonly JournalEvent<NoticeEvent>[];
  if (past.some(({ body }) => body.type === 'NoticeSent' && body.notice === key)) return;
  const snapshot = await office.snapshot(job.plan, job.fingerprint);
  const to = recipientOf(job, snapshot);
  if (to === undefined) return;
  const tries = past.filter(
    ({ body }) => body.type === 'NoticeFailed' && body.notice === key,
  ).length;
  const call = {
    ...callFor(DELIVERY_MS, signal, systems.clock),
    idempotencyKey: key,
    attempt: tries + 1,
  };
  const outcome = await send(job, to, snapshot, systems, call);
  await record(office, systems.clock, stream, { ...outcome, notice: key, channel: to.channel });
  if (outcome.type === 'NoticeFailed')
    throw new Error(`Notice ${key} through ${to.channel}: ${outcome.because}`);
}

/** Where a notice goes: an address of the channel, or a person by their own. */
interface Recipient {
  readonly channel: string;
  readonly address: Json;
  readonly person?: string;
}

function recipientOf(
  { channel: index, person }: NoticeJob,
  { plan }: Snapshot,
): Recipient | undefined {
  if (person === undefined) {
    const to = plan.notices?.to[index];
    return to && { channel: to.channel, address: to.address ?? to.with };
  }
  const call = plan.notices?.calls?.[index];
  const contact = call && contactOf(plan, person, call.to);
  return call && contact !== undefined
    ? { channel: call.channel, address: contact, person }
    : undefined;
}
type Became<Event extends NoticeEvent> = Event extends NoticeEvent
  ? Omit<Event, 'notice' | 'channel'>
  : never;

async function send(
  job: NoticeJob,
  to: Recipient,
  snapshot: Snapshot,
  systems: Systems,
  call: ApplyCall,
): Promise<Became<NoticeEvent>> {
  try {
    const system = await systems.open(snapshot, to.channel);
    const kind = system.connector.channel;
    if (kind === undefined) {
      const because = `[plan] System ${to.channel} (${system.declared.uses}) has no channel to send a notice through.`;
      return { type: 'NoticeFailed', because };
    }
    const personally = to.person !== undefined;
    if (personally && kind.person === undefined) {
      const because = `[plan] System ${to.channel} (${system.declared.uses}) reaches no single person.`;
      return { type: 'NoticeFailed', because };
    }
    const address = await systems.input(
      kind.address as Schema<unknown>,
      // The cast holds because a person's contact is the text that the plan gives of them.
      personally ? kind.person?.(to.address as string) : to.address,
      personally ? `the address of ${to.person} for ${to.channel}` : `notices.to ${to.channel}`,
    );
    const notice: Notice = {
      id: call.idempotencyKey,
      subject: systems.hide(job.subject),
      text: systems.hide(job.text),
      facts: job.facts,
    };
    const delivery = await answerOf(
      call,
      kind.send(system.client, address, notice, call),
      systems.clock,
    );
    // Anything but a plain yes is a maybe.
    const certainty = delivery?.type === 'sent' ? 'sent' : 'maybe';
    return { type: 'NoticeSent', certainty, receipt: systems.hideJson(delivery?.receipt) };
  } catch (error) {
    const { because } = troubleOf(error, call.signal);
    return { type: 'NoticeFailed', because: systems.hide(because || sentenceOf(error)) };
  }
}

async function record(
  office: Office,
  clock: Clock,
  stream: string,
  body: NoticeEvent,
): Promise<void> {
  const { journal } = office.streams;
  const writeDown = async (): Promise<void> => {
    for (let expected = (await journal.read(stream)).length; ;) {
      const appended = await journal.append([
        { stream, expected, events: [{ actor: backout, body }] },
      ]);
      if (appended.type !== 'conflict') return;
      expected = appended.actual;
    }
  };
  await waitOut(writeDown, clock.timeout(RECORD_WITHIN_MS), undefined, clock);
}
