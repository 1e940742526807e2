// Identity: answers what a request presents with a person. Tokens of named operators are one kind; a sign-in elsewhere fits in beside.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { TokenMark } from '../core/governance/operators/events.ts';
import { byTokenId, proofIsWanted } from '../core/governance/operators/operators.ts';
import type { Actor, Proof } from '../core/journal/event.ts';
import type { Office } from './office.ts';

/** Somebody whose name is proven. */
export interface Person {
  /** The key under `people:` of the plans. */
  readonly name: string;
  readonly proof: Proof;
}

/** Who gives an order: a proven person, or a name that is only claimed. */
export type Who = Person | string;

/** What can say who somebody is. */
export interface Identity {
  /** Whether orders must be proven. */
  readonly wanted: () => Promise<boolean>;
  /** Whether what is presented is of this kind at all, so that it is not taken for something else. */
  readonly knows: (presented: string) => boolean;
  /** Whose it is; null for nobody's (any more). */
  readonly personOf: (presented: string) => Promise<Person | null>;
}

/** `bko_`, twelve letters by which it is found, and 256 random bits. The first letters let scanners for leaked secrets see it. */
const TOKEN = /^bko_([A-Za-z0-9]{12})_[A-Za-z0-9_-]{43}$/;

/** A new token: said once, and kept only as its mark. */
export function mintToken(): { readonly token: string; readonly mark: TokenMark } {
  const id = randomBytes(6).toString('hex');
  const token = `bko_${id}_${randomBytes(32).toString('base64url')}`;
  return { token, mark: { id, sha256: digest(token).toString('hex') } };
}

/** Operators by their tokens, as the journal has them now: a revoked token ends with the append that says so. */
export function operatorIdentity(office: Office): Identity {
  return {
    wanted: async () => proofIsWanted((await office.operators()).state),
    knows: (presented) => TOKEN.test(presented),
    personOf: async (presented) => {
      const id = TOKEN.exec(presented)?.[1];
      if (id === undefined) return null;
      const found = byTokenId((await office.operators()).state, id);
      // As long for a token that nobody has as for one that is almost right.
      const kept = Buffer.from(found?.token?.sha256 ?? '0'.repeat(64), 'hex');
      const same = timingSafeEqual(digest(presented), kept);
      return found !== undefined && same ? { name: found.operator, proof: 'token' } : null;
    },
  };
}

/** Who it was, as it stands in the journal. */
export function actorOf(who: Who): Actor {
  return typeof who === 'string'
    ? { kind: 'person', name: who }
    : { kind: 'person', name: who.name, proof: who.proof };
}

/** The name alone. */
export function nameIn(who: Who): string {
  return typeof who === 'string' ? who : who.name;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
