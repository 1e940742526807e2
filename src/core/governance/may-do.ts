// Who may do what: one pure function over the roles of a plan, with a refusal that says who may, and how to reach them.
import { type Authority, everyRole, holdersOf, personWords, rolesOf } from './authority.ts';
import { samePerson } from './same-person.ts';

/** What somebody wants to do. `roles` are those that answer for the step, or for the steps of the playbook. */
export type Act =
  /** What every holder of a role may do: going back must never wait for the right person. */
  | {
      readonly type:
        | 'arm the plan'
        | 'enter a phase'
        | 'order a run'
        | 'break the glass'
        | 'pause the run';
    }
  /** Approve, hold or dismiss a question that was put to a role. */
  | { readonly type: 'answer the decision'; readonly role: string }
  | {
      readonly type: 'resume the run' | 'abort the run' | 'undo the run';
      readonly roles: readonly string[];
    }
  | {
      readonly type: 'take the step' | 'confirm the step' | 'retry the step' | 'skip the step';
      readonly roles: readonly string[];
    }
  /** The owner's alone: the plan says that it should not go on. */
  | { readonly type: 'overrule the step'; readonly roles: readonly string[] }
  /** What wants a second pair of eyes: any holder of a role, but never those who asked for it. */
  | {
      readonly type:
        | 'approve the run'
        | 'approve the deviation'
        | 'confirm what is destroyed'
        | 'close the review';
      readonly not: readonly string[];
    };

/** The answer. A no says why, and who may: by their names under `people:`. */
export type May =
  | { readonly type: 'yes' }
  | { readonly type: 'no'; readonly because: string; readonly who: readonly string[] };

/** May this person do it? The owner has final authority over everything but their own second pair of eyes. */
export function mayDo(authority: Authority, person: string, act: Act): May {
  const { roles, not } = wantedFor(authority, act);
  const own = rolesOf(authority, person);
  const holds =
    isOpen(authority) ||
    roles.some((role) => own.includes(role)) ||
    isCalled(authority, person, act);
  const excluded = not.some((other) => samePerson(other, person));
  if (holds && !excluded) return { type: 'yes' };
  const who = [...new Set(roles.flatMap((role) => holdersOf(authority, role)))].filter(
    (each) => !not.some((other) => samePerson(other, each)),
  );
  const why = excluded
    ? `${person} asked for it, and it wants a second pair of eyes`
    : own.length === 0
      ? `${person} holds no role in this plan`
      : `${person} is ${own.join(' and ')} here`;
  const open =
    who.length === 0
      ? 'The plan names nobody who may.'
      : `Who may: ${who.map((each) => whoWords(authority, each)).join('; ')}.`;
  return { type: 'no', because: `Cannot ${act.type}: ${why}. ${open}`, who };
}

function wantedFor(
  authority: Authority,
  act: Act,
): { readonly roles: readonly string[]; readonly not: readonly string[] } {
  switch (act.type) {
    case 'arm the plan':
    case 'enter a phase':
    case 'order a run':
    case 'break the glass':
    case 'pause the run':
      return { roles: everyRole(authority), not: [] };
    case 'answer the decision':
      return { roles: withOwner([act.role]), not: [] };
    case 'resume the run':
    case 'abort the run':
    case 'undo the run':
    case 'take the step':
    case 'confirm the step':
    case 'retry the step':
    case 'skip the step':
    case 'overrule the step':
      return { roles: withOwner(act.roles), not: [] };
    case 'approve the run':
    case 'approve the deviation':
      return { roles: authority.approvers ?? everyRole(authority), not: act.not };
    case 'confirm what is destroyed':
    case 'close the review':
      return { roles: everyRole(authority), not: act.not };
  }
}

/** A plan whose roles nobody holds restricts nobody: it must not lock its own people out at three in the morning. */
function isOpen(authority: Authority): boolean {
  return everyRole(authority).every((role) => holdersOf(authority, role).length === 0);
}

/** The ladder of the role that is asked calls others when it is silent; whoever it calls may answer. */
function isCalled(authority: Authority, person: string, act: Act): boolean {
  const asked = act.type === 'answer the decision' ? [act.role] : 'roles' in act ? act.roles : [];
  const called = asked.flatMap((role) =>
    Object.hasOwn(authority.ladders, role) ? (authority.ladders[role] ?? []) : [],
  );
  return called.some((each) => each === person || holdersOf(authority, each).includes(person));
}

function withOwner(roles: readonly string[]): readonly string[] {
  return [...new Set(['owner', ...roles])];
}

/** `Ada (ada@example.com), owner`. */
function whoWords(authority: Authority, person: string): string {
  return `${personWords(authority, person)}, ${rolesOf(authority, person).join(' and ')}`;
}
