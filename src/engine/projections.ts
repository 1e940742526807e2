// What stands beside each stream, made anew from its events: `backout store check` compares, `--rebuild` writes.
import { type Aggregate, firstUnknown, fold } from '../core/journal/aggregate.ts';
import type { EventBody, JournalEvent } from '../core/journal/event.ts';
import { migrationAggregate } from '../core/decision/migration/migration.ts';
import { OPERATORS_STREAM, operatorsAggregate } from '../core/governance/operators/operators.ts';
import { runAggregate } from '../core/rollback/run.ts';
import type { Projection } from '../store/check.ts';

/** The summary and the deadline of a stream; null for streams that have none, and for those that only a newer Backout understands. */
export function project(stream: string, events: readonly JournalEvent[]): Projection | null {
  if (stream.startsWith(`${runAggregate.kind}-`)) return projectBy(runAggregate, events);
  if (stream.startsWith(`${migrationAggregate.kind}-`))
    return projectBy(migrationAggregate, events);
  if (stream === OPERATORS_STREAM) return projectBy(operatorsAggregate, events);
  return null;
}

function projectBy<State, Command, Body extends EventBody>(
  aggregate: Aggregate<State, Command, Body>,
  events: readonly JournalEvent[],
): Projection | null {
  if (firstUnknown(aggregate, events) !== null) return null;
  // The cast holds because a stream's name begins with its kind: it holds only events of its own aggregate.
  const state = fold(aggregate.evolve, aggregate.initial, events as readonly JournalEvent<Body>[]);
  return { summary: aggregate.summarise(state), deadline: aggregate.deadline(state) };
}
