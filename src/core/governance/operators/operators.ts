// Named local operators: who could prove their name when. Adding, replacing a token, revoking.
import {
  type Aggregate,
  type Context,
  type Decided,
  accept,
  reject,
} from '../../journal/aggregate.ts';
import type { JournalEvent } from '../../journal/event.ts';
import { type OperatorEvent, type TokenMark, operatorEventTypes } from './events.ts';

/** One operator as they stand now. */
export interface Operator {
  readonly operator: string;
  readonly called: string | null;
  readonly manages: boolean;
  /** Null once revoked. */
  readonly token: TokenMark | null;
  readonly addedAt: number;
  readonly tokenAt: number;
  readonly revokedAt: number | null;
}

/** All operators by name, those that were revoked among them. */
export interface Operators {
  readonly all: { readonly [operator: string]: Operator };
}

/** What may be asked. With `recovery`, whoever can reach the store may do it without a proof, and the journal says so. */
export type OperatorCommand = { readonly recovery?: { readonly because: string } } & (
  | {
      readonly type: 'AddOperator';
      readonly operator: string;
      readonly called?: string;
      readonly manages: boolean;
      readonly token: TokenMark;
    }
  | { readonly type: 'ReplaceToken'; readonly operator: string; readonly token: TokenMark }
  | { readonly type: 'RevokeOperator'; readonly operator: string }
);

/** The one stream of operators. */
export const OPERATORS_STREAM = 'operators';

/** The operators as a noun of the journal. */
export const operatorsAggregate: Aggregate<Operators, OperatorCommand, OperatorEvent> = {
  kind: OPERATORS_STREAM,
  initial: { all: {} },
  eventTypes: operatorEventTypes,
  decide,
  evolve,
  deadline: () => null,
  summarise: (operators) => ({ active: activeOf(operators).map(({ operator }) => operator) }),
};

/** Those whose token counts. */
function activeOf({ all }: Operators): readonly Operator[] {
  return Object.values(all).filter(({ token }) => token !== null);
}

/** From the first operator on, every order must be proven. The last one who manages cannot be revoked, so it stays so. */
export function proofIsWanted({ all }: Operators): boolean {
  return Object.keys(all).length > 0;
}

/** The operator as they stand; undefined when there never was one of this name. */
function operatorOf({ all }: Operators, name: string): Operator | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

/** The operator whose token has this public part; undefined when it is nobody's any more. */
export function byTokenId(operators: Operators, id: string): Operator | undefined {
  return activeOf(operators).find(({ token }) => token?.id === id);
}

function decide(
  command: OperatorCommand,
  operators: Operators,
  context: Context,
): Decided<OperatorEvent> {
  const no = mayManage(command, operators, context);
  if (no !== null) return no;
  const known = operatorOf(operators, command.operator);
  const because = command.recovery === undefined ? {} : { because: command.recovery.because };
  switch (command.type) {
    case 'AddOperator': {
      if (known !== undefined && known.token !== null)
        return reject(
          'operator-exists',
          `${command.operator} is an operator already. A new token: backout operator token ${command.operator}`,
        );
      const { operator, called, token } = command;
      // Somebody must be able to manage from the first one on.
      const manages = command.manages || activeOf(operators).length === 0;
      return accept(context.actor, [
        {
          type: 'OperatorAdded',
          operator,
          ...(called === undefined ? {} : { called }),
          manages,
          token,
          ...because,
        },
      ]);
    }
    case 'ReplaceToken':
      if (known === undefined || known.token === null) return nobody(command.operator, operators);
      return accept(context.actor, [
        {
          type: 'OperatorTokenReplaced',
          operator: command.operator,
          token: command.token,
          ...because,
        },
      ]);
    case 'RevokeOperator':
      if (known === undefined) return nobody(command.operator, operators);
      if (known.token === null) return accept(context.actor, []);
      if (known.manages && activeOf(operators).filter((each) => each.manages).length === 1)
        return reject(
          'last-manager',
          `${command.operator} is the last operator who manages the others. Add another first: backout operator add <name> --manages`,
        );
      return accept(context.actor, [
        { type: 'OperatorRevoked', operator: command.operator, ...because },
      ]);
  }
}

/** The first is added by whoever sets Backout up; then those who manage, and each their own token. */
function mayManage(
  command: OperatorCommand,
  operators: Operators,
  { actor }: Context,
): (Decided<never> & { type: 'rejected' }) | null {
  if (command.recovery !== undefined) {
    return command.recovery.because.trim() === ''
      ? no('reason-missing', 'Without a proof this needs a reason (--because "…").')
      : null;
  }
  if (!proofIsWanted(operators)) return null;
  const self = actor.proof === undefined ? undefined : operatorOf(operators, actor.name);
  if (self === undefined || self.token === null)
    return no(
      'proof-wanted',
      'There are operators, so this must be proven by the token of one who manages them (BACKOUT_OPERATOR_TOKEN, or backout operator login). If nobody has one any more: --recovery --because "…"; the journal then says that it was done without a proof.',
    );
  if (self.manages) return null;
  if (command.type !== 'AddOperator' && command.operator === self.operator) return null;
  const who = activeOf(operators)
    .filter((each) => each.manages)
    .map(({ operator, called }) => called ?? operator)
    .join(', ');
  return no('not-yours', `${self.operator} does not manage operators. Who does: ${who}.`);
}

function no(code: string, because: string): Decided<never> & { type: 'rejected' } {
  return { type: 'rejected', code, because };
}

function nobody(name: string, operators: Operators): Decided<never> {
  const names = activeOf(operators).map(({ operator }) => operator);
  const known = names.length === 0 ? 'There is none yet' : `There are: ${names.join(', ')}`;
  return reject('no-such-operator', `There is no operator ${name}. ${known}.`);
}

function evolve(operators: Operators, event: JournalEvent<OperatorEvent>): Operators {
  const { body, at } = event;
  switch (body.type) {
    case 'OperatorAdded':
      return set(operators, {
        operator: body.operator,
        called: body.called ?? null,
        manages: body.manages,
        token: body.token,
        addedAt: at,
        tokenAt: at,
        revokedAt: null,
      });
    case 'OperatorTokenReplaced':
      return change(operators, body.operator, { token: body.token, tokenAt: at });
    case 'OperatorRevoked':
      return change(operators, body.operator, { token: null, revokedAt: at });
    default:
      return ignored(operators, body);
  }
}

/** Reached only by events of a newer Backout: the `never` lets the compiler see that none of ours is forgotten. */
function ignored(operators: Operators, _body: never): Operators {
  return operators;
}

function change(operators: Operators, name: string, how: Partial<Operator>): Operators {
  const known = operatorOf(operators, name);
  return known === undefined ? operators : set(operators, { ...known, ...how });
}

function set({ all }: Operators, operator: Operator): Operators {
  return { all: { ...all, [operator.operator]: operator } };
}
