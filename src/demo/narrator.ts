// Tells the demo's viewer what the journal says, while it happens: the events that carry the story, by seconds since the break.
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import { tell as tellEvent } from '../core/journal/told.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import { shapes } from '../core/words/marks.ts';
import { plainly } from '../core/words/phrases.ts';
import { seconds } from './facts.ts';

/** One sentence about an event; undefined for those that a viewer need not hear. `since` is when the story began, `nameOf` what a node is called. */
export function tell(
  event: JournalEvent,
  since: number,
  nameOf: (node: string) => string,
): string | undefined {
  // The cast holds because the demo follows only streams of runs and migrations.
  if (!carriesTheStory(event.body as MigrationEvent | RunEvent)) return undefined;
  const { mark, words } = tellEvent(event, { ...plainly, nodeOf: nameOf });
  return `${`+${seconds(event.at - since)}`.padStart(8)}  ${shapes[mark]} ${words}`;
}

/** What a viewer would miss. The live view of the run shows the rest. */
function carriesTheStory(body: MigrationEvent | RunEvent): boolean {
  switch (body.type) {
    case 'SignalChanged':
      return body.to === 'suspect';
    case 'StepAttemptBegan':
      // The first attempt is what everybody expects.
      return body.attempt > 1;
    case 'TriggerBreached':
    case 'TriggerCleared':
    case 'TriggerBlinded':
    case 'TriggerSighted':
    case 'DecisionWanted':
    case 'DecisionMade':
    case 'DecisionOvertaken':
    case 'RunStarted':
    case 'RunAbortRequested':
    case 'RunEnded':
    case 'StepObserved':
    case 'StepConfirmed':
    case 'StepAttemptFailed':
    case 'StepAttemptLost':
    case 'StepBlocked':
    case 'StepSkipped':
    case 'VerificationHeld':
    case 'VerificationBroken':
      return true;
    default:
      return false;
  }
}
