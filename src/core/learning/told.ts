// Evidence about a plan told in words.
import type { JournalEvent } from '../journal/event.ts';
import type { Mark, Said } from '../words/marks.ts';
import { because, say } from '../words/phrases.ts';
import type { EvidenceEvent, ProofSays } from './events.ts';

/** A proof: the step, what it says and why. */
export function tellEvidence({ body }: JournalEvent<EvidenceEvent>): Said {
  const { step, playbook, says } = body;
  return say(
    proofMark(says),
    `${step} (${playbook}) is ${proofWords(says)}${because(body.because)}`,
  );
}

/** `proven idempotent`. */
export function proofWords(says: ProofSays): string {
  switch (says) {
    case 'proven':
      return 'proven idempotent';
    case 'not-provable':
      return 'not provable';
    case 'broken':
      return 'broken';
  }
}

/** What is not provable is not known, and never green. */
export function proofMark(says: ProofSays): Mark {
  switch (says) {
    case 'proven':
      return 'good';
    case 'not-provable':
      return 'unknown';
    case 'broken':
      return 'bad';
  }
}
