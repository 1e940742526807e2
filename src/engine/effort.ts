// What a step does on its system, whether it brings a state about or undoes one: how to look, and how to act.
import {
  type AnyStateKind,
  type ApplyCall,
  type Call,
  ConnectorError,
  type Json,
  type Observation,
  type Schema,
} from '../connector.ts';
import { HIDDEN } from '../core/plan/secrets.ts';
import type { Work } from '../core/rollback/graph.ts';
import { stateKind } from './checks.ts';
import { known } from './observation.ts';
import type { OpenSystem, Snapshot, Systems } from './systems.ts';

/** A step on its system. */
export interface Effort {
  readonly system: OpenSystem;
  /** `holds` says that there is nothing (more) to do. */
  readonly observe: (call: Call) => Promise<Observation>;
  readonly act:
    | { readonly type: 'by-system'; readonly act: (call: ApplyCall) => Promise<Json> }
    | { readonly type: 'by-people'; readonly because: string };
}

/** Work that a connector carries out. */
type SystemWork = Work & { readonly type: 'state' | 'undo' };

/** So much of what was there before is told to people. Characters. */
const TOLD_MAX = 600;

/** Opens the system of a step and readies what is asked of it. `what` names it in messages: `step route-back`. */
export async function effortOf(
  systems: Systems,
  snapshot: Snapshot,
  work: SystemWork,
  what: string,
): Promise<Effort> {
  const system = await systems.open(snapshot, work.system);
  const kind = stateKind(systems, system.connector, work.uses);
  const desired = await systems.input(kind.desired as Schema<unknown>, work.desired, what);
  const { client } = system;
  if (work.type === 'undo') return { system, ...undoing(kind, client, desired, work) };
  const { apply } = kind;
  const because = `${work.uses} can only be observed; people must bring it about and confirm the step.`;
  return {
    system,
    observe: async (call) => kind.observe(client, desired, call),
    act:
      apply === undefined
        ? { type: 'by-people', because }
        : { type: 'by-system', act: async (call) => apply(client, desired, call) },
  };
}

function undoing(
  kind: AnyStateKind,
  client: unknown,
  desired: unknown,
  { uses, kept, change }: Work & { type: 'undo' },
): Omit<Effort, 'system'> {
  const { undo, undone } = kind;
  const observe = async (call: Call): Promise<Observation> =>
    undone === undefined
      ? inverted(known(await kind.observe(client, desired, call)), change)
      : undone(client, desired, kept, call);
  const byPeople = (why: string): Effort['act'] => ({
    type: 'by-people',
    because: `${uses} can't undo this by itself: ${why}. ${beforeIn(kept.before)} Bring it back by hand and confirm the step.`,
  });
  if (undo === undefined) return { observe, act: byPeople('its connector has no undo for it') };
  const cannot = kind.cannotUndo?.(desired);
  if (cannot !== undefined) return { observe, act: byPeople(cannot) };
  // A value that was hidden on its way to the journal must never be written back as dots.
  if (JSON.stringify(kept).includes(HIDDEN))
    return { observe, act: byPeople('what was kept of it held a secret, which is never kept') };
  const act = async (call: ApplyCall): Promise<Json> => {
    try {
      return await undo(client, desired, kept, call);
    } catch (error) {
      if (!(error instanceof ConnectorError) || error.class !== 'refused') throw error;
      throw new ConnectorError('refused', `${error.message} ${beforeIn(kept.before)}`, {
        facts: error.facts,
        cause: error,
      });
    }
  };
  return { observe, act: { type: 'by-system', act } };
}

/** Where nothing more exact is known, a state that no longer holds is undone. */
function inverted(seen: Exclude<Observation, { type: 'unknown' }>, change: string | null) {
  const { evidence } = seen;
  if (seen.type === 'differs') return { type: 'holds', evidence } as const;
  const words = change === null ? 'back to what was there before' : `takes back: ${change}`;
  return { type: 'differs', evidence, change: words } as const;
}

function beforeIn(before: Json): string {
  return `What was there before: ${JSON.stringify(before).slice(0, TOLD_MAX)}.`;
}
