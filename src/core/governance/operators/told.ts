// What happened to operators, told in words.
import type { JournalEvent } from '../../journal/event.ts';
import type { Said } from '../../words/marks.ts';
import { because, nameOf, say, unknownEvent } from '../../words/phrases.ts';
import type { OperatorEvent } from './events.ts';

/** One change: who may prove their name now, and whether it was done without a proof. */
export function tellOperator({ body, actor }: JournalEvent<OperatorEvent>): Said {
  const who = nameOf(actor);
  switch (body.type) {
    case 'OperatorAdded': {
      const called = body.called === undefined ? '' : ` (${body.called})`;
      const manages = body.manages ? ', who manages operators' : '';
      return said(`${who} made ${body.operator}${called} an operator${manages}`, body.because);
    }
    case 'OperatorTokenReplaced':
      return said(
        `${who} gave ${body.operator} a new token; the one before it ended`,
        body.because,
      );
    case 'OperatorRevoked':
      return said(`${who} revoked operator ${body.operator}`, body.because);
    default:
      return unknownEvent(body);
  }
}

/** Only what was done without a proof bears a reason. */
function said(words: string, reason: string | undefined): Said {
  return reason === undefined
    ? say('good', words)
    : say('deviation', `${words}, without a proof${because(reason)}`);
}
