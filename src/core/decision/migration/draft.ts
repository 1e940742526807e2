// A draft: events as they are being decided, with the state that they lead to, so that each decision sees the one before.
import type { Context, Decided } from '../../journal/aggregate.ts';
import type { NewEvent } from '../../journal/event.ts';
import type { MigrationEvent } from './events.ts';
import { evolve } from './evolve.ts';
import type { KnownMigration } from './state.ts';

/** The answer to one command, while it is being written. */
export class Draft {
  migration: KnownMigration;
  readonly context: Context;
  readonly #events: NewEvent<MigrationEvent>[] = [];

  /** Begins with the migration as it stands. */
  constructor(migration: KnownMigration, context: Context) {
    this.migration = migration;
    this.context = context;
  }

  /** One more event, by whoever gave the command unless said otherwise. */
  add(body: MigrationEvent, actor = this.context.actor): void {
    this.#events.push({ actor, body });
    const next = evolve(this.migration, {
      actor,
      body,
      stream: '',
      seq: 0,
      at: this.context.now,
      hash: '',
    });
    if (next.type === 'migration') this.migration = next;
  }

  /** The command is accepted, with all that was added. */
  accepted(): Decided<MigrationEvent> {
    return { type: 'accepted', events: this.#events };
  }
}
