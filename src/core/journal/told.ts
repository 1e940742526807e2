// Any event of the journal in words: the one place that knows which noun a stream is of.
import { tellNotice } from '../comms/told.ts';
import type { NoticeEvent } from '../comms/events.ts';
import type { MigrationEvent } from '../decision/migration/events.ts';
import { tellMigration } from '../decision/migration/told.ts';
import type { OperatorEvent } from '../governance/operators/events.ts';
import { tellOperator } from '../governance/operators/told.ts';
import type { EvidenceEvent } from '../learning/events.ts';
import { tellEvidence } from '../learning/told.ts';
import type { RunEvent } from '../rollback/events.ts';
import { tellRun } from '../rollback/told.ts';
import type { Said } from '../words/marks.ts';
import { type Manner, plainly, say } from '../words/phrases.ts';
import type { JournalEvent } from './event.ts';

/** What happened, in one sentence and with its mark. An event that this version does not know is told by its name. */
export function tell(event: JournalEvent, manner: Manner = plainly): Said {
  // The casts hold because a stream holds events of the noun that it is named after.
  const [kind] = event.stream.split('-', 1);
  switch (kind) {
    case 'run':
      return tellRun(event as JournalEvent<RunEvent>, manner);
    case 'migration':
      return tellMigration(event as JournalEvent<MigrationEvent>, manner);
    case 'notices':
      return tellNotice(event as JournalEvent<NoticeEvent>);
    case 'evidence':
      return tellEvidence(event as JournalEvent<EvidenceEvent>);
    case 'operators':
      return tellOperator(event as JournalEvent<OperatorEvent>);
    default:
      return say('unknown', event.body.type);
  }
}
