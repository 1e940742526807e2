// Membership: how nodes know of each other. The store keeps it by locks that die with their node.

/** This node's place among the nodes that share one store. */
export interface Membership {
  readonly node: string;
  /** Aborts when the store can no longer vouch for this node: from then on its peers may take its work over. */
  readonly lost: AbortSignal;
  /** Takes a lease that dies with this node: `watch/<plan>`. False when a peer has it. */
  readonly tryLease: (name: string) => Promise<boolean>;
  readonly endLease: (name: string) => Promise<void>;
  readonly leave: () => Promise<void>;
}

/** The register of nodes. */
export interface Nodes {
  readonly join: (node: string) => Promise<Membership>;
  /** Nodes that joined, did not leave, and are gone: killed, cut off, or frozen for too long. */
  readonly dead: () => Promise<readonly string[]>;
  /** Nodes that hold their place and give signs of life. Left out: a node that nobody lists any more is not noticed. */
  readonly alive?: () => Promise<readonly string[]>;
  /** Their work is in other hands. */
  readonly forget: (node: string) => Promise<void>;
}
