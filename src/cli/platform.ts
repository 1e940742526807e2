// The real parts as commands see them. Only main.ts makes one.
import type { Control } from '../engine/control.ts';
import type { Identity } from '../engine/identity.ts';
import type { Inbox } from '../engine/inbox.ts';
import type { Log } from '../engine/log.ts';
import type { Node } from '../engine/node.ts';
import type { OperatorDesk } from '../engine/operators.ts';
import type { Systems } from '../engine/systems.ts';
import type { Store } from '../store/store.ts';

/** Which database: a URL, or the folder of the managed one; without both, the managed one in its usual place. */
export interface StoreChoice {
  readonly database?: string;
  readonly data?: string;
}

/** An open store with everything that stands on it. */
export interface Site {
  readonly store: Store;
  readonly control: Control;
  readonly identity: Identity;
  readonly operators: OperatorDesk;
  readonly inbox: Inbox;
  /** Joins the nodes of this store and begins to work. A node that was drained can be followed by another. */
  readonly startNode: () => Promise<Node>;
  /** Lets go of everything. Drain nodes first. */
  readonly close: () => Promise<void>;
}

/** Where the command line gets everything that is not pure from. */
export interface Platform {
  readonly version: string;
  readonly environment: { readonly [name: string]: string | undefined };
  /** The name that orders are given under when nobody says another. */
  readonly who: () => string;
  readonly openSite: (choice: StoreChoice, log: Log) => Promise<Site>;
  /** A plan's systems by themselves, for what needs no journal: previews and probes. */
  readonly systems: () => Promise<Systems>;
  readonly secret: (reference: string) => string | undefined;
}
