// Marks: the shape that stands for a state everywhere, so that nobody needs colour to read it.

/** What a state means to the person at 3 a.m. */
export type Mark =
  | 'good'
  | 'attention'
  | 'bad'
  | 'unknown'
  | 'working'
  | 'waiting'
  | 'already'
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

/** A state in shape and words. */
export interface Said {
  readonly mark: Mark;
  readonly words: string;
}
