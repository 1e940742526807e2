// Where the roles of a plan are in force: for people whose name is proven. A claimed name is recorded and believed.
import { type Rejected, reject } from '../journal/aggregate.ts';
import type { Actor } from '../journal/event.ts';
import type { Authority } from './authority.ts';
import { type Act, mayDo } from './may-do.ts';

/** Why this actor may not do it; null when they may, or when it is nobody whose name could be held against a plan. */
export function refusalOf(
  authority: Authority | undefined,
  actor: Actor,
  act: Act,
): Rejected | null {
  if (authority === undefined || actor.kind !== 'person' || actor.proof === undefined) return null;
  const may = mayDo(authority, actor.name, act);
  return may.type === 'yes' ? null : reject('not-yours', may.because);
}
