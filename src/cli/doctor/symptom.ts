// One line of the doctor: what was looked at, what it says, and how to mend it.

/** What was found of one thing. */
export interface Symptom {
  readonly about: string;
  readonly says: 'good' | 'attention' | 'bad' | 'unknown';
  readonly text: string;
  readonly mend?: string;
}
