// The desk of the operators: the list, and what changes it. It works on the store itself, never over HTTP.
import type { OperatorCommand } from '../core/governance/operators/operators.ts';
import { type Operator, type Operators } from '../core/governance/operators/operators.ts';
import type { Answer } from './control.ts';
import { type Who, actorOf, mintToken } from './identity.ts';
import type { Office } from './office.ts';

/** What a change led to; a new token is said here and nowhere else. */
export type OperatorAnswer =
  | { readonly type: 'done'; readonly token: string | null; readonly changed: boolean }
  | (Answer & { type: 'rejected' });

/** A change that somebody orders, before its token is drawn. */
export type OperatorOrder = OperatorCommand extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'token'>
    : never
  : never;

/** The operators of a store. */
export interface OperatorDesk {
  readonly list: () => Promise<readonly Operator[]>;
  readonly order: (order: OperatorOrder, who: Who) => Promise<OperatorAnswer>;
}

/** The desk on the store that this process has open. */
export function operatorDesk(office: Office): OperatorDesk {
  return {
    list: async () => inOrder((await office.operators()).state),
    order: async (order, who) => {
      const { token, mark } = mintToken();
      // The cast holds because a token is all that an order lacks to be a command.
      const command = { ...order, token: mark } as OperatorCommand;
      const outcome = await office.commandOperators(command, actorOf(who));
      if (outcome.type === 'rejected') return outcome;
      const changed = outcome.events.length > 0;
      return {
        type: 'done',
        token: changed && order.type !== 'RevokeOperator' ? token : null,
        changed,
      };
    },
  };
}

function inOrder({ all }: Operators): readonly Operator[] {
  return Object.values(all).toSorted((a, b) => a.addedAt - b.addedAt);
}
