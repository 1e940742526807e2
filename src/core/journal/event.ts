// The envelope of a journal event: who did what, in which stream, at which place, when, chained to the event before.

/** Anything that JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Who caused an event: a person, a trigger that acted by itself, or Backout. */
export interface Actor {
  readonly kind: 'person' | 'trigger' | 'backout';
  /** The person's name, the trigger's name, or the node's id. */
  readonly name: string;
  /** How a person's name was proven; without it the name is what was claimed. */
  readonly proof?: Proof;
}

/** What can prove a name: the token of a named operator. A sign-in elsewhere will be another. */
export type Proof = 'token';

/** What happened: `type` is a noun and a past verb, `StepConfirmed`. Plain JSON. */
export interface EventBody {
  readonly type: string;
}

/** An event that is not in the journal yet. */
export interface NewEvent<Body extends EventBody = EventBody> {
  readonly actor: Actor;
  readonly body: Body;
}

/** An event as the journal holds it. */
export interface JournalEvent<Body extends EventBody = EventBody> extends NewEvent<Body> {
  /** Which noun and which one of it: `run-7`, `migration-ledger-cutover`. */
  readonly stream: string;
  /** Place in the stream, from 1 without gaps. */
  readonly seq: number;
  /** When it was appended: epoch milliseconds of the store's clock, never less than the event before in its stream. */
  readonly at: number;
  /** SHA-256 in hex over the previous hash and this event (see chain.ts). */
  readonly hash: string;
}
