// What a server tells in its own lines of the plans that it was given: breaches, decisions wanted and made, runs begun and ended.
import { migrationStream } from '../core/decision/migration/migration.ts';
import type { Control } from '../engine/control.ts';
import type { Log } from '../engine/log.ts';
import { sentenceOf } from './view/sentences.ts';

/** Tells each new event of a plan's migration until the signal aborts; the plan itself is carried on without it. */
export async function tellPlan(
  control: Control,
  plan: string,
  from: number,
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const event of control.follow(migrationStream(plan), from, signal)) {
      const { mark, text } = sentenceOf(event);
      const level = mark === 'bad' ? 'error' : mark === 'attention' ? 'warn' : 'info';
      log(level, `${plan}: ${text}`);
    }
  } catch (error) {
    if (signal.aborted) return;
    const because = error instanceof Error ? error.message : String(error);
    log(
      'warn',
      `${plan} is told no more here, though it is served: ${because} See: backout watch --plan ${plan}`,
    );
  }
}

/** The number that the next event of a plan's migration will have. */
export async function nextEvent(control: Control, plan: string): Promise<number> {
  return ((await control.events(migrationStream(plan))).at(-1)?.seq ?? 0) + 1;
}
