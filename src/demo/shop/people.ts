// The customers that the shop begins with: who they are and how their passwords are kept.
import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto';

/** One customer as legacy knows them: a name in one piece, an address in their own spelling. */
export interface Person {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

const firstNames = ['Ada', 'Ben', 'Chi', 'Dee', 'Eve', 'Femi', 'Gus', 'Hana', 'Ines', 'Jo'];
const lastNames = ['Byron', 'Okafor', 'Tanaka', 'Silva', 'Novak', 'Berg', 'Haddad', 'Quist'];

/** The customer with this number: always the same person. */
export function person(number: number): Person {
  const first = firstNames[number % firstNames.length] ?? 'Ada';
  const last = lastNames[Math.floor(number / firstNames.length) % lastNames.length] ?? 'Byron';
  return {
    email: `${first}.${last}.${number}@Example.com`,
    name: `${first} ${last}`,
    password: `tea-for-${number}`,
  };
}

/** Light on purpose: the shop is pretend, its passwords are public, and it shares the viewer's laptop. */
const cost = { N: 256, r: 8, p: 1 };

/** The form in which both databases keep a password. */
export function passwordHash(password: string): string {
  const salt = randomBytes(8);
  return `${salt.toString('hex')}:${scryptSync(password, salt, 16, cost).toString('hex')}`;
}

/** Tells whether the password is the one that was hashed. */
export function passwordMatches(password: string, hash: string): boolean {
  const [salt = '', kept = ''] = hash.split(':');
  const given = scryptSync(password, Buffer.from(salt, 'hex'), 16, cost);
  const expected = Buffer.from(kept, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
