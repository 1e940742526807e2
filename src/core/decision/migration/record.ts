// What a migration makes of what the watch saw: breaches that act, ask, advise or are only noted; blindness by its policy.
import { type Action, actionOf } from '../trigger.ts';
import type { Change } from '../watch.ts';
import type { Draft } from './draft.ts';
import { objectionOf } from './guards.ts';
import { ask, isHeld, orderRun } from './order.ts';
import { standingOf } from './state.ts';

/** Records one change, and what follows from it. Triggers that are not armed in this phase rest. */
export function record(draft: Draft, change: Change, newRun: number): void {
  const trigger = draft.migration.triggers.find((each) => each.name === change.trigger);
  if (trigger === undefined || !draft.migration.armed.includes(change.trigger)) return;
  if (change.type === 'signal') {
    draft.add({ ...change, type: 'SignalChanged' });
    return;
  }
  if (!isNews(draft, change)) return;
  const { now } = draft.context;
  const action = actionOf(trigger, change.verdict, objectionOf(draft.migration, now), now);
  if (action !== null) follow(draft, change, action, newRun);
}

/** Records what the verdict says that was not known; is there anything new that somebody might have to act on? */
function isNews(
  draft: Draft,
  { trigger: name, verdict, evidence }: Change & { type: 'verdict' },
): boolean {
  const { migration } = draft;
  const { blind, breach } = standingOf(migration, name);
  const sees = verdict.type !== 'blind';
  if (blind && sees) draft.add({ type: 'TriggerSighted', trigger: name });
  switch (verdict.type) {
    case 'healthy':
    case 'suspect':
      if (breach !== null) draft.add({ type: 'TriggerCleared', trigger: name, breach });
      return false;
    case 'breached': {
      if (breach !== null) return false;
      const mode = migration.triggers.find((each) => each.name === name)?.mode ?? 'shadow';
      draft.add({
        type: 'TriggerBreached',
        trigger: name,
        breach: migration.breaches + 1,
        mode,
        evidence,
      });
      return true;
    }
    case 'blind':
      if (blind) return false;
      draft.add({ type: 'TriggerBlinded', trigger: name, cause: verdict.cause, evidence });
      return true;
  }
}

function follow(
  draft: Draft,
  change: Change & { type: 'verdict' },
  action: Action,
  newRun: number,
): void {
  const { trigger, evidence } = change;
  const { migration } = draft;
  switch (action.type) {
    case 'roll-back': {
      // A person said to hold: while that lasts, the trigger neither acts nor asks.
      if (isHeld(draft, trigger)) return;
      const playbook = migration.triggers.find((each) => each.name === trigger)?.playbook ?? '';
      const { because } = action;
      orderRun(
        draft,
        migration.decisions + 1,
        { trigger, playbook, evidence },
        { how: 'automatic', because, newRun, kind: 'live' },
        { kind: 'trigger', name: trigger },
      );
      return;
    }
    case 'ask':
      ask(draft, trigger, action.because);
      return;
    case 'advise':
      draft.add({ type: 'TriggerAdvised', trigger, breach: migration.breaches, mode: 'advise' });
      return;
    case 'note':
      draft.add({ type: 'TriggerAdvised', trigger, breach: migration.breaches, mode: 'shadow' });
  }
}
