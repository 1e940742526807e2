// Approvals: how many others must agree before a run or a deviation, and what was agreed to beforehand.
import type { Plan } from '../plan/plan.ts';
import type { RunKind } from '../rollback/events.ts';
import { samePerson } from './same-person.ts';

/** What the plan says of approvals. */
export interface ApprovalRules {
  /** How many others approve a run that a person orders; 0 when the plan does not say. */
  readonly run: number;
  /** How many others approve that a step is left out; 0 when the plan does not say. */
  readonly deviation: number;
  /** How long people have to approve. Then it is not started, or not left out. */
  readonly withinMs: number;
  readonly envelopes: readonly Envelope[];
  /** How long the review of a broken glass may be owed. */
  readonly reviewWithinMs: number;
}

/** What needs no approval, because somebody gave it beforehand. */
export interface Envelope {
  readonly playbooks: readonly string[];
  readonly kinds: readonly RunKind[];
  readonly until: number;
  readonly approvedBy: string;
}

/** How long people have where the plan says nothing. Milliseconds. */
const WITHIN_DEFAULT_MS = 15 * 60_000;

/** A review is owed for so long where the plan says nothing. Milliseconds. */
const REVIEW_DEFAULT_MS = 24 * 3_600_000;

/** The rules of a plan. */
export function approvalRulesOf({ governance }: Partial<Plan>): ApprovalRules {
  const approvals = governance?.approvals;
  return {
    run: approvals?.run ?? 0,
    deviation: approvals?.deviation ?? 0,
    withinMs: approvals?.within ?? WITHIN_DEFAULT_MS,
    envelopes: (governance?.['pre-approved'] ?? []).map((each) => ({
      playbooks: each.playbooks,
      kinds: each.kinds,
      until: each.until,
      approvedBy: each['approved-by'],
    })),
    reviewWithinMs: governance?.['break-glass']?.['review-within'] ?? REVIEW_DEFAULT_MS,
  };
}

/** A run that somebody wants. */
export interface Asked {
  readonly playbook: string;
  readonly kind: RunKind;
  /** Null when a trigger asked. */
  readonly requester: string | null;
  readonly now: number;
}

/** The envelope that a run lies in; null when there is none. Nobody's own envelope saves them the second pair of eyes. */
export function envelopeFor(rules: ApprovalRules, asked: Asked): Envelope | null {
  return (
    rules.envelopes.find(
      ({ playbooks, kinds, until, approvedBy }) =>
        playbooks.includes(asked.playbook) &&
        kinds.includes(asked.kind) &&
        asked.now < until &&
        (asked.requester === null || !samePerson(approvedBy, asked.requester)),
    ) ?? null
  );
}

/** `pre-approved by ada until 2026-12-01T00:00:00.000Z`: as it stands in the decision. */
export function envelopeWords({ approvedBy, until }: Envelope): string {
  return `pre-approved by ${approvedBy} until ${new Date(until).toISOString()}`;
}
