// Authority: what a plan says of who may do what, in the small form that a run carries with it.
import { approvalRulesOf } from './approvals.ts';
import type { Named, Plan, PlanPerson } from '../plan/plan.ts';

/** Who holds which role, and how each person is reached. Plain JSON, so that a run keeps what it began with. */
export interface Authority {
  /** Final authority. */
  readonly owner: readonly string[];
  readonly deputies: Named<readonly string[]>;
  /** By role: the roles and people that its ladder calls. Who is called may also answer. */
  readonly ladders: Named<readonly string[]>;
  /** The roles that may approve; every role when it is left out. */
  readonly approvers?: readonly string[];
  /** How many others approve that a step is left out, and how long they have; nobody when it is left out. */
  readonly deviation?: { readonly wanted: number; readonly withinMs: number };
  /** By the name under `people:` of the plan: what they are called, and how they are reached. */
  readonly people: Named<{ readonly name: string; readonly reach: string }>;
}

/** The authority that a plan declares. */
export function authorityOf(plan: Partial<Plan>): Authority {
  const { roles, ladders = {}, people = {} } = plan;
  const approvers = plan.governance?.approvals?.by;
  const { deviation, withinMs } = approvalRulesOf(plan);
  return {
    ...(approvers === undefined ? {} : { approvers }),
    ...(deviation === 0 ? {} : { deviation: { wanted: deviation, withinMs } }),
    owner: roles?.owner ?? [],
    deputies: roles?.deputies ?? {},
    ladders: mapped(ladders, (rungs) => rungs.map(({ page }) => page)),
    people: mapped(people, (person, key) => ({ name: person.name ?? key, reach: reachOf(person) })),
  };
}

/** Who holds a role: `owner`, or a deputy's. */
export function holdersOf({ owner, deputies }: Authority, role: string): readonly string[] {
  if (role === 'owner') return owner;
  return Object.hasOwn(deputies, role) ? (deputies[role] ?? []) : [];
}

/** Every role that a person holds, the owner's first. */
export function rolesOf(authority: Authority, person: string): readonly string[] {
  return everyRole(authority).filter((role) => holdersOf(authority, role).includes(person));
}

/** All roles of the plan, the owner's first. */
export function everyRole({ deputies }: Authority): readonly string[] {
  return ['owner', ...Object.keys(deputies)];
}

/** A person as one says it to somebody who must reach them: `Ada (ada@example.com, @ada)`. */
export function personWords({ people }: Authority, person: string): string {
  const known = Object.hasOwn(people, person) ? people[person] : undefined;
  if (known === undefined) return person;
  return known.reach === '' ? known.name : `${known.name} (${known.reach})`;
}

function reachOf({ email, chat, phone, page }: PlanPerson): string {
  return [chat, phone, page, email].filter((each) => each !== undefined).join(', ');
}

function mapped<Value, Result>(
  named: Named<Value>,
  how: (value: Value, key: string) => Result,
): Named<Result> {
  return Object.fromEntries(Object.entries(named).map(([key, value]) => [key, how(value, key)]));
}
