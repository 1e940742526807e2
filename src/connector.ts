// The contract that a connector author implements: what Backout asks of a system, and nothing else. Imports nothing.

/** Anything that JSON can hold. Inputs, evidence and receipts are JSON, because they live in the journal. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/**
 * A validator in the shape of the Standard Schema (https://standardschema.dev), which zod, valibot and arktype satisfy.
 * With zod 4 the editor's completion and the reference pages are made from it.
 */
export interface Schema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

/** What a validator answers: the value, or the issues with their paths. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One complaint of a validator. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * Why a system could not do what was asked. The engine's policy hangs on the class, so choose it with care:
 * - `cannot-reach`: no connection, connection lost, 502/503/504, name not found: asking again may help;
 * - `not-allowed`: credentials or permissions;
 * - `target-mismatch`: this is not the system or environment that the plan declares;
 * - `timed-out`: asked, no answer before the deadline: it may or may not have happened;
 * - `refused`: the system understood and said no, or the input is wrong: asking again won't help;
 * - `verification-failed`: applied, and yet the state does not hold;
 * - `cancelled`: we were told to stop.
 */
export type ErrorClass =
  | 'cannot-reach'
  | 'not-allowed'
  | 'target-mismatch'
  | 'timed-out'
  | 'refused'
  | 'verification-failed'
  | 'cancelled';

/** The error that a connector throws; anything else thrown counts as a defect of the connector and as `refused`. */
export class ConnectorError extends Error {
  override readonly name = 'ConnectorError';
  readonly class: ErrorClass;
  readonly facts: { readonly [key: string]: Json };

  /** `message` is one sentence that a person can act on, begun by who speaks: `[postgres] Cannot …`. No secrets. */
  constructor(
    errorClass: ErrorClass,
    message: string,
    options: { readonly facts?: { readonly [key: string]: Json }; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.class = errorClass;
    this.facts = options.facts ?? {};
  }
}

/** What every call carries. A connector must stop soon after `signal` aborts and never outlive `deadline`. */
export interface Call {
  /** Aborts at the deadline, when a person aborts, and when the node loses its lock. */
  readonly signal: AbortSignal;
  /** When the answer is no longer of use: epoch milliseconds on this node's clock. */
  readonly deadline: number;
}

/** What a call that changes something carries beside. */
export interface ApplyCall extends Call {
  /** The same for every attempt of one step of one run; hand it to systems that deduplicate by key. */
  readonly idempotencyKey: string;
  /** Counts from 1. */
  readonly attempt: number;
  /**
   * The step destroys, and so many rows or things may be touched: what was shown to the person who consented. Where the
   * system can count in the moment of the change, more than that is `refused` and nothing is touched.
   */
  readonly atMost?: number;
}

/** What a connector is told when a system of a plan is opened. */
export interface OpenContext {
  /** The system's name in the plan, for messages. */
  readonly system: string;
  /** The folder of the plan: relative paths start here. */
  readonly directory: string;
}

/** What a system says it is. A field that it cannot tell is left out; it is then asserted by nobody. */
export interface Identity {
  readonly environment?: string;
  readonly role?: string;
  readonly id?: string;
  readonly evidence: Json;
}

/** Whether we could do our work there: said without any side effect. */
export type ProbeAnswer =
  | { readonly type: 'ready'; readonly evidence: Json }
  | { readonly type: 'not-ready'; readonly class: ErrorClass; readonly because: string };

/** One answer of a source. `at` is the source's own time where it tells one: epoch milliseconds. */
export type Reading =
  | {
      readonly type: 'number';
      readonly at: number;
      readonly value: number;
      readonly evidence?: Json;
    }
  | { readonly type: 'event'; readonly at: number; readonly id: string; readonly data: Json }
  /** Asked well, nothing there: empty answer, NaN, infinity, null, 0/0. Never a guess. */
  | { readonly type: 'no-data'; readonly at: number; readonly because: string }
  /** Could not measure. */
  | {
      readonly type: 'error';
      readonly at: number;
      readonly class: ErrorClass;
      readonly because: string;
    };

/** Which instants are asked for; the same question must give the same answer live and later. Epoch milliseconds. */
export type When =
  | { readonly type: 'at'; readonly at: number }
  | { readonly type: 'range'; readonly from: number; readonly to: number; readonly stepMs: number };

/** How a connector reads one signal. */
export interface SignalKind<Client, Query = never> {
  readonly summary: string;
  readonly query: Schema<Query>;
  /** Never throws for what may happen in the world: no data and errors are readings. */
  readonly read: (
    client: Client,
    query: Query,
    when: When,
    call: Call,
  ) => Promise<readonly Reading[]>;
}

/** Whether a desired state holds on the real system now. */
export type Observation =
  | { readonly type: 'holds'; readonly evidence: Json }
  /**
   * `change` says in a few words what applying would do: `ledger 100 -> 0 %, legacy 0 -> 100 %`. `touches` says how many
   * rows, keys or things it would change, where the system can count them: the limit of a destructive step is held by it.
   */
  | {
      readonly type: 'differs';
      readonly evidence: Json;
      readonly change?: string;
      readonly touches?: number;
    }
  | { readonly type: 'unknown'; readonly class: ErrorClass; readonly because: string };

/** What an apply leaves behind: all that `undo` needs, and nothing secret. */
export type Receipt = Json;

/** One kind of state that a connector can observe, and mostly also bring about. */
export interface StateKind<Client, Desired = never> {
  readonly summary: string;
  readonly desired: Schema<Desired>;
  /** No side effect. May answer `unknown` or throw a ConnectorError; both mean the same. */
  readonly observe: (client: Client, desired: Desired, call: Call) => Promise<Observation>;
  /** Left out: Backout can see whether it holds, but people must bring it about. */
  readonly apply?: (client: Client, desired: Desired, call: ApplyCall) => Promise<Receipt>;
  /**
   * Brings back what was there before the first apply, from what was kept. Doing it twice changes nothing more. Throws
   * `refused` when what was kept is not enough: what was there before is then for people to bring back.
   */
  readonly undo?: (
    client: Client,
    desired: Desired,
    kept: Kept,
    call: ApplyCall,
  ) => Promise<Receipt>;
  /**
   * Why `undo` could not bring back what was there before this desired state, in a few words that say how to mend it: `the
   * plan gives no undo request`. Undefined when it can. Asks nobody. Left out: what has `undo` can always be undone.
   */
  readonly cannotUndo?: (desired: Desired) => string | undefined;
  /**
   * Whether what was there before is there again: `holds` or `differs`, without side effect. Left out: a state that no
   * longer holds counts as undone, which is less exact where more than two states are possible.
   */
  readonly undone?: (
    client: Client,
    desired: Desired,
    kept: Kept,
    call: Call,
  ) => Promise<Observation>;
}

/** What a run kept of a step, to go back behind it. */
export interface Kept {
  /** The evidence of the observation before the first apply; null when nothing was observed to differ. */
  readonly before: Json;
  /** What apply left behind; null when its answer was lost with the node that waited for it. */
  readonly receipt: Receipt | null;
}

/** A message to people, already written. */
export interface Notice {
  /** The same for every try at this delivery. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  /** The facts it was made of, for channels that other programs read. */
  readonly facts: { readonly [key: string]: Json };
}

/** What became of a delivery. `maybe` is for channels that cannot tell whether a lost answer was a lost message. */
export type Delivery =
  | { readonly type: 'sent'; readonly receipt: Receipt }
  | { readonly type: 'maybe'; readonly receipt: Receipt };

/** How a connector reaches people. */
export interface ChannelKind<Client, Address = never> {
  readonly summary: string;
  readonly address: Schema<Address>;
  /**
   * The address of one person, from what the plan says of them (`people.ada.email`): so people are called. Left out: the
   * channel reaches no single person.
   */
  readonly person?: (contact: string) => Json;
  readonly send: (
    client: Client,
    address: Address,
    notice: Notice,
    call: ApplyCall,
  ) => Promise<Delivery>;
  /** Where the system can tell: did it arrive? */
  readonly confirm?: (
    client: Client,
    receipt: Receipt,
    call: Call,
  ) => Promise<'arrived' | 'on-its-way' | 'failed'>;
}

/** An HTTP request that a system sent to us, body unparsed because signatures are made over bytes. */
export interface Delivered {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string };
  readonly body: Uint8Array;
  /** When it reached us: epoch milliseconds. */
  readonly receivedAt: number;
}

/** What a connector makes of a delivered request. Deduplication by event id is the engine's, replay windows are here. */
export type Received =
  | {
      readonly type: 'accepted';
      readonly events: readonly (Reading & { readonly type: 'event' })[];
    }
  | { readonly type: 'rejected'; readonly status: 400 | 401 | 409 | 413; readonly because: string };

/** How a system tells us of events. */
export interface EventKind<Client> {
  readonly summary: string;
  readonly receive: (client: Client, delivered: Delivered) => Promise<Received>;
}

/** A kind of state whatever its inputs are: what the engine holds. */
// `any` is how TypeScript spells "for some type"; the engine validates by the schema before it calls.
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyStateKind = StateKind<any, any>;

/** A connector whatever its types are: what the engine holds. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyConnector = Connector<any, any>;

/** Everything that Backout can ask of one kind of system. What is left out cannot be asked: that is a declaration. */
export interface Connector<Options, Client> {
  /** What `uses:` says: kebab-case. */
  readonly name: string;
  readonly summary: string;
  readonly options: Schema<Options>;
  /** Makes a client. Does no I/O yet, so that opening a plan never fails for a system that is down. */
  readonly open: (options: Options, context: OpenContext) => Client;
  readonly close?: (client: Client) => Promise<void>;
  /** Who is there? Asked before every apply, to assert the target. */
  readonly identify?: (client: Client, call: Call) => Promise<Identity>;
  /** Are credentials and permissions good enough for our work? No side effect. */
  readonly probe?: (client: Client, call: Call) => Promise<ProbeAnswer>;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly signal?: SignalKind<Client, any>;
  /** By the part of `uses:` after the slash. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly states?: { readonly [name: string]: StateKind<Client, any> };
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly channel?: ChannelKind<Client, any>;
  readonly events?: EventKind<Client>;
}

/** Gives a connector its types by inference. */
export function defineConnector<Options, Client>(
  connector: Connector<Options, Client>,
): Connector<Options, Client> {
  return connector;
}

/** Gives a kind of state its types by inference. */
export function defineState<Client, Desired>(
  state: StateKind<Client, Desired>,
): StateKind<Client, Desired> {
  return state;
}

/** Gives a signal its types by inference. */
export function defineSignal<Client, Query>(
  signal: SignalKind<Client, Query>,
): SignalKind<Client, Query> {
  return signal;
}

/** Gives a channel its types by inference. */
export function defineChannel<Client, Address>(
  channel: ChannelKind<Client, Address>,
): ChannelKind<Client, Address> {
  return channel;
}
