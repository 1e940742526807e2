// Everything that can happen to operators: the people whose name an order can be proven to be. Stream `operators`.

/** What is kept of a token: enough to know it again, and nothing to make it from. */
export interface TokenMark {
  /** The public part of the token, by which it is found. */
  readonly id: string;
  /** SHA-256 of the whole token, in hex. It is 256 random bits, so nothing is gained by hashing it slowly. */
  readonly sha256: string;
}

export type OperatorEvent =
  | {
      readonly type: 'OperatorAdded';
      /** The key under `people:` of the plans. */
      readonly operator: string;
      /** What people call them. */
      readonly called?: string;
      /** May add, revoke and give tokens to others. */
      readonly manages: boolean;
      readonly token: TokenMark;
      /** Why, where it was done without a proof (`--recovery`). */
      readonly because?: string;
    }
  /** A new token; the one before it ends with this. */
  | {
      readonly type: 'OperatorTokenReplaced';
      readonly operator: string;
      readonly token: TokenMark;
      readonly because?: string;
    }
  /** From now on no token of theirs counts. */
  | { readonly type: 'OperatorRevoked'; readonly operator: string; readonly because?: string };

/** Every type of event that this version knows: what is not listed was written by a newer one. */
export const operatorEventTypes = {
  OperatorAdded: true,
  OperatorTokenReplaced: true,
  OperatorRevoked: true,
} as const satisfies Record<OperatorEvent['type'], true>;
