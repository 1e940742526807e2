// What the author of a connector gives to the contract suite: options, desired states and queries as a plan has them, and eyes on the real system.
import type { AnyConnector, Delivered, Json, Reading } from '../connector.ts';

/** One connector and the real system to try it on. */
export interface ConnectorCase {
  readonly connector: AnyConnector;
  readonly options: () => unknown;
  /** The secrets in the options: none of them may appear in anything that the connector says. */
  readonly secrets: readonly string[];
  /** Options of a system where nobody listens. */
  readonly unreachable?: () => unknown;
  /** Options of a system that takes the connection and never answers. */
  readonly silent?: () => unknown;
  /** Options with credentials that the system does not let in. */
  readonly forbidden?: () => unknown;
  /** Options that must be refused, each with the path that is complained of: `url`, `headers.x`. */
  readonly badOptions?: readonly { readonly value: unknown; readonly path: string }[];
  readonly states?: readonly StateCase[];
  readonly signals?: readonly SignalCase[];
  readonly channel?: ChannelCase;
  readonly events?: EventsCase;
  /** How long it may take until what was applied is seen to hold, where the system works by itself. Milliseconds; default 5000. */
  readonly settleMs?: number;
  /** How long a call may still take after its deadline or its cancel. Milliseconds; default 3000. */
  readonly graceMs?: number;
}

/** One desired state of the real system. */
export interface StateCase {
  /** The name of the state among `states` of the connector. */
  readonly name: string;
  readonly desired: () => unknown;
  /** Brings the real system to where the desired state does not hold. */
  readonly disturb: () => Promise<void>;
  /** What the real system looks like now, to see what was changed. */
  readonly picture: () => Promise<Json>;
  /** How many things differ between two pictures: needed when an observation says what it `touches`. */
  readonly changed?: (before: Json, after: Json) => number;
  /** Whether the desired state can be undone. */
  readonly undoes: boolean;
  /** `refused` when undo needs the receipt, and says so where it was lost. Default: what was observed is enough. */
  readonly withoutReceipt?: 'refused';
  readonly bad: readonly { readonly value: unknown; readonly path: string }[];
  readonly failures?: readonly FailureCase[];
}

/** A way to fail while applying, and the class that must come of it. */
export interface FailureCase {
  readonly title: string;
  readonly desired: unknown;
  readonly options?: unknown;
  readonly class: string;
  /** What the message must say beside. */
  readonly says?: RegExp;
  /** `half` where the system cannot do it in one piece: then undo must bring back what was there. Default: nothing is left. */
  readonly leaves?: 'half';
}

/** One question to a source, and the kind of answer that must come. */
export interface SignalCase {
  readonly title: string;
  readonly query: unknown;
  readonly options?: unknown;
  readonly arrange?: () => Promise<void>;
  readonly expect: Reading['type'];
  readonly value?: number;
  readonly class?: string;
}

/** One address to send to, and how to see what arrived there. */
export interface ChannelCase {
  readonly address: unknown;
  /** The ids of the notices that arrived, in order, as often as they arrived. */
  readonly arrived: () => Promise<readonly string[]>;
  /** What becomes of a second try of the same notice. Default: it arrives again, and can be told by its id. */
  readonly again?: 'dropped';
  /** What an answer that never comes means. Default: `timed-out`, for sending again does no harm. */
  readonly lost?: 'maybe';
}

/** What a system tells us, genuine and forged. */
export interface EventsCase {
  /** Each is accepted, and gives events with the same ids whenever it is delivered. */
  readonly genuine: readonly { readonly title: string; readonly delivered: () => Delivered }[];
  /** Each is rejected as unproved. */
  readonly forged: readonly { readonly title: string; readonly delivered: () => Delivered }[];
}
