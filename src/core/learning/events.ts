// Dated evidence about a plan: what was proven of its steps. Stream `evidence-<plan>`.

/** What a proof says of a step: applied again, or in the middle of a crash, it does no more than once. */
export type ProofSays = 'proven' | 'not-provable' | 'broken';

/** One trial of a proof: what was done to the step, and what was seen. */
export interface Trial {
  readonly name:
    | 'twice'
    | 'crash-before-apply'
    | 'crash-before-receipt'
    | 'crash-before-confirmation'
    | 'late-apply'
    | 'undo';
  readonly says: 'same' | 'differs';
  /** What was not as it should be; empty when it was. */
  readonly because: string;
}

export type EvidenceEvent = {
  readonly type: 'ProofRecorded';
  readonly plan: string;
  /** Of the whole plan that it was made with. */
  readonly fingerprint: string;
  readonly playbook: string;
  readonly step: string;
  /** The fingerprint of this step alone: the proof is worth nothing once the step is another. */
  readonly part: string;
  readonly system: string;
  readonly environment: string | null;
  readonly says: ProofSays;
  readonly because: string;
  readonly trials: readonly Trial[];
};

/** The stream of a plan's evidence. */
export function evidenceStream(plan: string): string {
  return `evidence-${plan}`;
}
