// How a run ended, in one line: the outcome in words and its time against the RTO.
import { verificationOf } from '../../core/rollback/graph.ts';
import type { BegunRun } from '../../core/rollback/state.ts';
import { isVerified, outcomeMark, outcomeWords } from '../../core/rollback/told.ts';
import { spanOf, stopwatch } from '../../core/words/times.ts';
import { wrap } from './lines.ts';
import { type Look, markOf, paint } from './marks.ts';
import { timeOf } from './time.ts';

/** The last lines; none while it goes on. */
export function endOf(run: BegunRun, look: Look): readonly string[] {
  const { end } = run;
  if (end === null) return [];
  const verified = isVerified(end.outcome);
  const mark = markOf(outcomeMark(end.outcome), look);
  const words = paint(['bold', verified ? 'green' : 'red'], outcomeWords(end.outcome), look);
  const line = `${mark} ${words} at ${timeOf(end.at)}${verified ? heldOf(run) : ''}. ${timeSpent(run, end.at)}`;
  return verified
    ? [line]
    : [line, ...wrap(`  ${end.because}`, look.width - 2).map((text) => `  ${text}`)];
}

function heldOf(run: BegunRun): string {
  const work = verificationOf(run.graph)?.work;
  return work?.type === 'verification' ? ` (held ${spanOf(work.holdMs)})` : '';
}

function timeSpent(run: BegunRun, endedAt: number): string {
  const spent = stopwatch(endedAt - run.startedAt);
  const { rtoMs } = run.objectives;
  return rtoMs === undefined ? `It took ${spent}.` : `RTO ${spent} of ${stopwatch(rtoMs)}.`;
}
