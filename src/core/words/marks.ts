// Marks: the shape that stands for a state everywhere, so that nobody needs colour to read it.

/** What a state means to the person at 3 a.m. */
export type Mark =
  /** Healthy, holds, verified. */
  | 'good'
  /** Suspect, clearing, waiting for somebody. */
  | 'attention'
  /** Breached, failed, overdue. */
  | 'bad'
  /** Blind, could not be measured. */
  | 'unknown'
  /** At work: applying, verifying. */
  | 'working'
  /** Not begun. */
  | 'waiting'
  /** Was so before; nothing had to be done. */
  | 'already'
  /** Skipped or dismissed, with a reason. */
  | 'deviation';

/** The shape of each mark. A word always stands beside it. */
export const shapes: { readonly [mark in Mark]: string } = {
  good: '●',
  attention: '◐',
  bad: '▲',
  unknown: '?',
  working: '▶',
  waiting: '○',
  already: '=',
  deviation: '◇',
};

/** A state or an event in shape and words. */
export interface Said {
  readonly mark: Mark;
  readonly words: string;
}
