// What a run waits for from people, each with the commands to type: a blocked run must say so loudly.
import type { BegunRun } from '../../core/rollback/state.ts';
import { type Wait, waitsFor } from '../../core/rollback/waits.ts';
import { wrap } from './lines.ts';
import { type Look, markOf, paint } from './marks.ts';
import { timeOf } from './time.ts';

/** The lines; none while nobody needs to do anything. */
export function waitsOf(run: BegunRun, look: Look): readonly string[] {
  return waitsFor(run)
    .filter((wait) => wait.for === 'a person' || wait.for === 'an approval' || wait.step === '')
    .flatMap((wait) => linesOf(wait, look));
}

function linesOf(wait: Wait, look: Look): readonly string[] {
  const { mark, sentence, orders, otherwise } = wait;
  const words = mark === 'bad' ? paint('bold', sentence, look) : sentence;
  const silent =
    wait.who === null || orders.length === 0
      ? []
      : wrap(
          `If nobody answers${otherwise.at === null ? '' : ` by ${timeOf(otherwise.at)}`}: ${otherwise.words}.`,
          look.width - 2,
          '',
        );
  return [
    ...wrap(`${markOf(mark, look)} ${words}`, look.width, '  '),
    ...silent.map((line) => `  ${paint('dim', line, look)}`),
    // A command is never wrapped: people copy it.
    ...orders.map((order) => `    ${paint('cyan', order, look)}`),
  ];
}
