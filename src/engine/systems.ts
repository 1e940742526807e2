// The real systems of a plan: opened once per plan snapshot and node, with secrets filled in at the last moment.
import {
  type AnyConnector,
  type AnyStateKind,
  ConnectorError,
  type Json,
  type Schema,
} from '../connector.ts';
import type { Plan, PlanSystem } from '../core/plan/plan.ts';
import { fillSecrets, redact, redactJson } from '../core/plan/secrets.ts';
import { callFor, answerOf } from './calls.ts';
import { type Clock, machineClock } from './clock.ts';
import { asJson } from './observation.ts';

/** Which connectors there are: chosen by main.ts, pretended in tests. */
export interface Connectors {
  /** The connector that a plan in this folder `uses`; undefined when there is none of that name. Throws when it is unusable. */
  readonly load: (uses: string, directory: string) => Promise<AnyConnector | undefined>;
  /** The kind of state that `uses: sql/holds` means on a system with this connector. */
  readonly state: (connector: AnyConnector, uses: string) => AnyStateKind | undefined;
}

/** A plan as it runs: the snapshot, its fingerprint, and where its relative paths start. */
export interface Snapshot {
  readonly plan: Plan;
  readonly fingerprint: string;
  readonly directory: string;
}

/** The cast holds because a snapshot is the Plan that the parser made, kept as JSON. */
export function planOf(snapshot: Json): Plan {
  return snapshot as unknown as Plan;
}

/** Closing a system may take so long; a node that drains waits no longer for it. Milliseconds. */
const CLOSE_MS = 2_000;

/** A system that can be asked. */
export interface OpenSystem {
  readonly name: string;
  readonly declared: PlanSystem;
  readonly connector: AnyConnector;
  /** What the connector's own `open` made; only the connector looks inside. */
  readonly client: unknown;
}

/** Opens systems and keeps them open. */
export class Systems {
  readonly connectors: Connectors;
  /** What the calls to these systems end by. */
  readonly clock: Clock;
  readonly #secret: (reference: string) => string | undefined;
  readonly #open = new Map<string, Promise<OpenSystem>>();
  readonly #secrets = new Set<string>();

  constructor(
    connectors: Connectors,
    secret: (reference: string) => string | undefined,
    clock: Clock = machineClock,
  ) {
    this.connectors = connectors;
    this.clock = clock;
    this.#secret = secret;
  }

  /** The system by its name in the plan. Throws a ConnectorError that says what is missing. */
  async open(snapshot: Snapshot, name: string): Promise<OpenSystem> {
    const key = `${snapshot.fingerprint}/${snapshot.directory}/${name}`;
    const opened = this.#open.get(key) ?? this.#connect(snapshot, name);
    this.#open.set(key, opened);
    // What could not be opened (a secret was missing) may be mended: ask again next time.
    opened.catch(() => {
      if (this.#open.get(key) === opened) this.#open.delete(key);
    });
    return opened;
  }

  /** Fills secrets into what a step or a signal asks for, and checks it by the connector's own schema. */
  async input<T>(schema: Schema<T>, value: unknown, what: string): Promise<T> {
    const filled = this.#fill(value, what);
    const result = await schema['~standard'].validate(filled);
    if (result.issues === undefined) return result.value;
    const issues = result.issues.map((issue) => `${pathOf(issue.path)}${issue.message}`).join('; ');
    throw new ConnectorError(
      'refused',
      this.hide(`[plan] ${what} is not as its connector wants it: ${issues}`),
    );
  }

  /** The text without any secret that was ever filled in. */
  hide(text: string): string {
    return redact(text, [...this.#secrets]);
  }

  /** JSON without secrets: evidence and receipts go through here on their way to the journal. */
  hideJson(value: Json): Json {
    return redactJson(asJson(value), [...this.#secrets]);
  }

  /** Closes every system. */
  async close(): Promise<void> {
    const all = await Promise.allSettled(this.#open.values());
    this.#open.clear();
    const call = callFor(CLOSE_MS, undefined, this.clock);
    await Promise.allSettled(
      all.map(async (each) => {
        if (each.status === 'fulfilled')
          await answerOf(
            call,
            Promise.resolve(each.value.connector.close?.(each.value.client)),
            this.clock,
          );
      }),
    );
  }

  async #connect(snapshot: Snapshot, name: string): Promise<OpenSystem> {
    const { plan, directory } = snapshot;
    const declared = Object.hasOwn(plan.systems, name) ? plan.systems[name] : undefined;
    if (declared === undefined)
      throw new ConnectorError(
        'refused',
        `[plan] There is no system ${name} in plan ${plan.name}.`,
      );
    const connector = await this.connectors.load(declared.uses, directory);
    if (connector === undefined) {
      throw new ConnectorError(
        'refused',
        `[plan] System ${name} uses ${declared.uses}, and there is no such connector.`,
      );
    }
    const options = await this.input(
      connector.options as Schema<unknown>,
      declared.options,
      `system ${name}`,
    );
    return {
      name,
      declared,
      connector,
      client: connector.open(options, { system: name, directory }),
    };
  }

  #fill(value: unknown, what: string): unknown {
    const filled = fillSecrets(value as Json, this.#secret);
    if (filled.type === 'missing') {
      const missing = filled.missing.join(', ');
      throw new ConnectorError(
        'refused',
        `[plan] ${what} needs ${missing}, and this node does not have it. Set it where backout runs.`,
      );
    }
    for (const secret of filled.secrets) this.#secrets.add(secret);
    return filled.value;
  }
}

function pathOf(
  path: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined,
): string {
  if (path === undefined || path.length === 0) return '';
  return `${path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.')}: `;
}
