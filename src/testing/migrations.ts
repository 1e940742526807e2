// Migrations under watch for tests: triggers in a line each, and what the watch says of them.
import type { MigrationCommand } from '../core/decision/migration/commands.ts';
import type { Guards, MigrationEvent } from '../core/decision/migration/events.ts';
import { migrationAggregate } from '../core/decision/migration/migration.ts';
import type { KnownMigration, Migration } from '../core/decision/migration/state.ts';
import type { Trigger, TriggerMode, Verdict } from '../core/decision/trigger.ts';
import type { Json } from '../core/journal/event.ts';
import type { Change } from '../core/decision/watch.ts';
import { type Story, storyOf } from './given.ts';

/** A migration that a test tells. */
export type MigrationStory = Story<Migration, MigrationCommand, MigrationEvent>;

const noGuards: Guards = { cooldownMs: 0, atMost: null };

/** A trigger that asks the technical deputy for five minutes and then goes back, unless said otherwise. */
export function trigger(name: string, mode: TriggerMode, over: Partial<Trigger> = {}): Trigger {
  return {
    name,
    class: 'availability',
    when: { type: 'not-judged', because: 'the test says what the watch saw' },
    mode,
    blind: { type: 'hold' },
    review: { by: 'technical', withinMs: 300_000, silence: 'roll-back' },
    playbook: 'full',
    ...over,
  };
}

/** A migration in its cutover, with these triggers armed. */
export function watched(
  triggers: readonly Trigger[],
  guards: Partial<Guards> = {},
  snapshot: Json = {},
): MigrationStory {
  const story = storyOf(migrationAggregate, { type: 'Tick', newRun: 99 });
  story.when(armPlan(triggers, { ...noGuards, ...guards }, 'f1', snapshot));
  story.when({ type: 'EnterPhase', phase: 'cutover', armed: triggers.map((each) => each.name) });
  return story;
}

/** The command that arms the plan with these triggers. */
export function armPlan(
  triggers: readonly Trigger[],
  guards: Guards = noGuards,
  fingerprint = 'f1',
  snapshot: Json = {},
): MigrationCommand {
  return {
    type: 'ArmPlan',
    plan: 'ledger-cutover',
    fingerprint,
    snapshot,
    directory: 'plans',
    triggers,
    guards,
  };
}

/** The migration of a story that is watched. */
export function known(story: MigrationStory): KnownMigration {
  if (story.state.type === 'migration') return story.state;
  throw new Error('The plan is not armed.');
}

/** What the watch says of a trigger. */
export function verdict(name: string, says: Verdict): Change {
  return { type: 'verdict', trigger: name, verdict: says, evidence: { [name]: { value: 0.04 } } };
}

/** The watch tells of these changes at once. A run that follows has the number 7 unless said otherwise. */
export function saw(
  story: MigrationStory,
  changes: readonly Change[],
  newRun = 7,
): readonly string[] {
  return story.when({ type: 'RecordChanges', changes, newRun });
}

/** These triggers are breached at one instant. */
export function breach(story: MigrationStory, ...names: readonly string[]): readonly string[] {
  return saw(
    story,
    names.map((name) => verdict(name, { type: 'breached', why: 'condition' })),
  );
}

/** A trigger is healthy. */
export function heal(story: MigrationStory, name: string): readonly string[] {
  return saw(story, [verdict(name, { type: 'healthy' })]);
}

/** A trigger can not see. */
export function blind(
  story: MigrationStory,
  name: string,
  cause: 'no-data' | 'source-out' = 'no-data',
): readonly string[] {
  return saw(story, [verdict(name, { type: 'blind', cause })]);
}
