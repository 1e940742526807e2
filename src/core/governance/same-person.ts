// Whether two names are one person's: one name is one pair of eyes.

/** Claimed names are written as people please: Ada and ada are one person, who can never be a second pair of eyes. */
export function samePerson(one: string, other: string): boolean {
  return one.trim().toLowerCase() === other.trim().toLowerCase();
}
