// Plain notices: a moment of a migration told in sentences made of its facts, and nothing else.
import type { MigrationEvent } from '../decision/migration/events.ts';
import { silenceWords } from '../decision/migration/told.ts';
import type { Evidence } from '../decision/watch.ts';
import type { Json } from '../journal/event.ts';
import type { RunEvent } from '../rollback/events.ts';
import { scopeText } from '../rollback/scope.ts';
import { outcomeWords } from '../rollback/told.ts';
import { withoutStop } from '../words/phrases.ts';
import { utcMinute } from '../words/times.ts';
import { evidenceWords } from '../words/values.ts';

/** A notice as it is written, before anybody knows through which channel it goes. */
export interface WrittenNotice {
  /** The same for the same moment, however often it is told. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly facts: { readonly [key: string]: Json };
}

/** The notice that this event calls for; undefined when it is none that people are told of. */
export function writeNotice(
  plan: string,
  body: RunEvent | MigrationEvent,
  who: string,
  /** Of an event of a run: which one. */
  run: number,
): WrittenNotice | undefined {
  switch (body.type) {
    case 'RunStarted':
      return {
        id: `run-${body.run}-start`,
        subject: `[${plan}] ${body.undoes === undefined ? 'Rolling back' : `Undoing run ${body.undoes.run}`}: run ${body.run} (${body.playbook}) has begun`,
        text: lines(
          body.undoes === undefined
            ? `Backout is rolling ${plan} back by playbook ${body.playbook}.`
            : `Backout is taking back what run ${body.undoes.run} of ${plan} changed (playbook ${body.playbook}).`,
          `Why: ${withoutStop(body.because)}.`,
          ...(body.scope === undefined ? [] : [`Only this goes back: ${scopeText(body.scope)}.`]),
          `Steps: ${body.graph.nodes.map((node) => node.id).join(', ')}.`,
          `Follow it: backout watch ${body.run}`,
        ),
        facts: {
          plan,
          run: body.run,
          playbook: body.playbook,
          kind: body.kind,
          because: body.because,
          decision: body.decision,
          ...(body.scope === undefined ? {} : { scope: scopeText(body.scope) }),
          ...(body.undoes === undefined ? {} : { undoes: body.undoes.run }),
        },
      };
    case 'DecisionWanted':
      return {
        id: `decision-${plan}-${body.decision}`,
        subject: `[${plan}] Decision ${body.decision} wanted by ${utcMinute(body.until)}: roll back (${body.playbook})?`,
        text: lines(
          `Wanted from ${body.by}: ${withoutStop(body.because)}.`,
          ...seenLine(body.evidence),
          `If nobody answers by ${utcMinute(body.until)}: ${silenceWords(body.silence, body.playbook)}.`,
          `Roll back: backout approve ${plan}/${body.decision}`,
          `Hold:      backout hold ${plan}/${body.decision} 10m`,
        ),
        facts: {
          plan,
          decision: body.decision,
          trigger: body.trigger,
          playbook: body.playbook,
          until: body.until,
          silence: body.silence,
          evidence: body.evidence,
        },
      };
    case 'ApprovalWanted': {
      const name = `${plan}/${body.decision}`;
      const what =
        body.undoes === undefined
          ? `a ${body.kind} run of ${body.playbook}`
          : `to undo run ${body.undoes.run}`;
      return {
        id: `approval-${plan}-${body.decision}`,
        subject: `[${plan}] Approval wanted by ${utcMinute(body.until)}: ${who} wants ${what}`,
        text: lines(
          `${who} wants ${what}: ${withoutStop(body.because)}.`,
          `It begins when ${body.wanted === 1 ? 'one other approves' : `${body.wanted} others approve`}. Until ${utcMinute(body.until)}; else it is not started.`,
          `Approve: backout approve ${name}`,
        ),
        facts: {
          plan,
          decision: body.decision,
          playbook: body.playbook,
          kind: body.kind,
          requester: who,
          wanted: body.wanted,
          until: body.until,
        },
      };
    }
    case 'StepSkipWanted':
      return {
        id: `run-${run}-skip-${body.step}-${body.until}`,
        subject: `[${plan}] Approval wanted by ${utcMinute(body.until)}: ${who} wants to skip ${body.step} of run ${run}`,
        text: lines(
          `${who} wants to skip step ${body.step} of run ${run}: ${withoutStop(body.because)}.`,
          `It is skipped when ${body.wanted === 1 ? 'one other approves' : `${body.wanted} others approve`}. Until ${utcMinute(body.until)}; else it is not.`,
          `Approve: backout run step approve ${run} ${body.step}`,
        ),
        facts: { plan, run, step: body.step, requester: who, wanted: body.wanted },
      };
    case 'ApprovalVoided':
      return {
        id: `approval-${plan}-${body.decision}-void-${body.why}`,
        subject: `[${plan}] Decision ${body.decision} is approved no more`,
        text: lines(
          `What was asked for and approved as decision ${body.decision} of ${plan} counts no more: ${withoutStop(body.because)}.`,
          'Whoever still wants the run asks again.',
        ),
        facts: { plan, decision: body.decision, why: body.why, because: body.because },
      };
    case 'ReviewOwed':
      return {
        id: `run-${body.run}-glass-broken`,
        subject: `[${plan}] ALARM: ${who} began run ${body.run} without its approvals`,
        text: lines(
          `${who} broke the glass: run ${body.run} of ${plan} began without the approvals that the plan wants.`,
          `Somebody else reviews it by ${utcMinute(body.until)}: backout run reviewed ${body.run} --because "…"`,
          `Follow it: backout watch ${body.run}`,
        ),
        facts: { plan, run: body.run, by: who, until: body.until },
      };
    default:
      return undefined;
  }
}

/** The notice of a run's end, which knows its number from the stream and not from the event. */
export function writeEnd(
  plan: string,
  run: number,
  body: RunEvent & { type: 'RunEnded' },
): WrittenNotice {
  const word = outcomeWords(body.outcome);
  return {
    id: `run-${run}-end`,
    subject: `[${plan}] Run ${run} ended: ${word}`,
    text: lines(
      `Run ${run} of ${plan} ended: ${word}.`,
      `Why: ${withoutStop(body.because)}.`,
      `Record: backout journal run-${run}`,
    ),
    facts: { plan, run, outcome: body.outcome, because: body.because },
  };
}

function seenLine(evidence: Evidence): readonly string[] {
  const seen = evidenceWords(evidence);
  return seen === '' ? [] : [`Seen: ${seen}.`];
}

function lines(...sentences: readonly string[]): string {
  return `${sentences.join('\n')}\n`;
}
