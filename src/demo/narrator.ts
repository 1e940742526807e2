// Tells the journal's events in words while they happen.
import type { MigrationEvent } from '../core/decision/migration/events.ts';
import type { JournalEvent } from '../core/journal/event.ts';
import type { RunEvent } from '../core/rollback/events.ts';
import { seconds } from './facts.ts';

/** One sentence about an event; undefined for those that a viewer need not hear. `since` is when the story began, `nameOf` what a node is called. */
export function tell(event: JournalEvent, since: number, nameOf: (node: string) => string): string | undefined {
  // The cast holds because the demo follows only streams of runs and migrations.
  const said = sentence(event.body as MigrationEvent | RunEvent, nameOf);
  return said === undefined ? undefined : `${`+${seconds(event.at - since)}`.padStart(8)}  ${said}`;
}

function sentence(body: MigrationEvent | RunEvent, nameOf: (node: string) => string): string | undefined {
  switch (body.type) {
    case 'SignalChanged':
      return body.to === 'suspect' ? `◐ ${body.signal} is suspect: ${valueOf(body.evidence)}` : undefined;
    case 'TriggerBreached':
      return `▲ ${body.trigger} is breached: ${Object.values(body.evidence).map(valueOf).join(', ')} (${body.mode})`;
    case 'TriggerCleared':
      return `● ${body.trigger} has cleared`;
    case 'TriggerBlinded':
      return `? ${body.trigger} is blind: ${body.cause}. Blind is never green, and never by itself a rollback`;
    case 'TriggerSighted':
      return `● ${body.trigger} sees again`;
    case 'DecisionWanted':
      return `◐ decision ${body.decision} wanted from ${body.by}: ${body.because}. If nobody answers: ${body.silence}`;
    case 'DecisionMade':
      return `● decision ${body.decision}: ${body.answer} (${body.how}), because ${body.because}`;
    case 'RunStarted':
      return `▶ run ${body.run} begins: playbook ${body.playbook}`;
    case 'StepObserved':
      return `▶ ${body.step}: ${body.change ?? 'applying'}`;
    case 'StepConfirmed':
      return body.done === 'already-so' ? `= ${body.step}: already so` : `● ${body.step}${body.done === 'passed' ? ' passed' : ''}`;
    case 'StepAttemptFailed':
      return `▲ ${body.step}, attempt ${body.attempt}: ${body.because}`;
    case 'StepAttemptLost':
      return `▲ ${body.step}: ${nameOf(body.node)} is gone in the middle of attempt ${body.attempt}; it goes on elsewhere`;
    case 'StepBlocked':
      return `▲ ${body.step} is blocked: ${body.because}`;
    case 'VerificationHeld':
      return '▶ all checks hold; they must hold for a while';
    case 'VerificationBroken':
      return '▲ a check no longer holds';
    case 'RunEnded':
      return `${body.outcome === 'rolled-back-verified' ? '●' : '▲'} ${body.outcome.replaceAll('-', ' ')}: ${body.because}`;
    default:
      return undefined;
  }
}

function valueOf(evidence: { readonly [key: string]: unknown }): string {
  const { value, above, below, because } = evidence;
  if (typeof value !== 'number') return typeof because === 'string' ? because : 'unknown';
  const limit = typeof above === 'number' ? `, limit ${round(above)}` : typeof below === 'number' ? `, at least ${round(below)}` : '';
  return `${round(value)}${limit}`;
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
