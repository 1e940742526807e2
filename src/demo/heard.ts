// What the demo has heard from the journal so far, by the type of the event.
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import type { RunEvent } from '../core/rollback/events.ts';

/** What can be heard: the demo follows only streams of runs and of its migration. */
export type StoryBody = MigrationEvent | RunEvent;

type Of<Type extends StoryBody['type']> = Extract<StoryBody, { type: Type }>;

/** The events in the order in which they were heard. */
export class Heard {
  readonly #events: JournalEvent<StoryBody>[] = [];

  /** Remembers an event. */
  add(event: JournalEvent<StoryBody>): void {
    this.#events.push(event);
  }

  /** Every event of this type. */
  all<Type extends StoryBody['type']>(type: Type): readonly JournalEvent<Of<Type>>[] {
    return this.#events.filter(
      (event): event is JournalEvent<Of<Type>> => event.body.type === type,
    );
  }

  /** The newest event of this type that fits. */
  last<Type extends StoryBody['type']>(
    type: Type,
    fits: (body: Of<Type>) => boolean = () => true,
  ): JournalEvent<Of<Type>> | undefined {
    return this.all(type).findLast((event) => fits(event.body));
  }
}
