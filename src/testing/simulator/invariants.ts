// What must hold in every simulated world, each promise with its name and in a sentence.

/** The promises. A violation names one of them; docs/reliability.md lists them all. */
export const invariants = {
  'acknowledged-is-kept': 'What somebody was told has happened is in the journal.',
  'applies-once': 'An attempt applies at most once.',
  'observes-first': 'Nothing is applied that was not just observed to differ.',
  'observes-between': 'No effect is applied twice without an observation between.',
  'tells-first': 'What was there before is in the journal before anything is applied.',
  'keeps-what-was': 'What a run keeps of a step is what was there before its first apply.',
  'one-key': 'Every attempt at a step carries the key of its run and step.',
  'target-asserted': 'Nothing is applied on a system that is not the declared one.',
  'stops-when-lost': 'A node that knows that it lost its place applies nothing.',
  'one-attempt-counts':
    'One attempt at a step counts, on one node, and only its news change the step.',
  'late-is-only-recorded':
    'A result of an attempt that no longer counts is recorded and changes nothing.',
  'order-is-kept': 'A step begins when everything that it needs is over, and not before.',
  'done-is-so': 'A step is only done when it was seen to hold on the real system.',
  'verified-is-so':
    'A run is only verified when its checks were seen to hold for the declared time without a gap.',
  'terminal-is-terminal': 'A run that has ended never changes again.',
  'one-run-per-target': 'A target has at most one run, and the run holds the claim.',
  'target-let-go': 'A run that has ended holds nothing.',
  'deadlines-are-kept': 'The store knows when each stream must be looked at, and somebody looks.',
  'time-of-decision':
    'Events bear the time of their decision: never the future, never before the event before.',
  'ends-or-waits': 'A run ends, or says whom or what it waits for.',
  'taken-over': 'What a node had in hand that is gone is soon in other hands.',
  'everything-ends': 'Once nothing goes wrong any more and people answer, every run ends.',
  'fold-is-state': 'What a node believes of a run is what its events say.',
  'no-blind-rollback': 'Nothing goes back by itself unless something was measured to be bad.',
  'no-defect': 'No part of the engine fails in a way that nobody foresaw.',
} as const;

/** A promise by its name. */
export type Invariant = keyof typeof invariants;
