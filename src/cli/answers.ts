// The answer to an order on the command line: what it led to, or an error with the exit code of a no.
import type { Answer } from '../engine/control.ts';
import { CliError } from './exit.ts';

/** The events of an answer; a rejection ends the command. */
export function accepted(answer: Answer): Answer & { type: 'done' } {
  if (answer.type === 'done') return answer;
  throw new CliError('BK-0108', `[backout] ${answer.because}`);
}
