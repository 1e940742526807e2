// `check` as GitHub workflow commands. GitHub shows ten annotations per level and step, so errors come first and the rest is counted.
import { type Annotation, annotationsOf, type Checked } from './checked.ts';

/** How many annotations of one level GitHub shows for one step. */
const shownMax = 10;

/** The lines that a runner reads from the log; what it would not show is said in one line. */
export function asGithub(checked: readonly Checked[]): string {
  const annotations = annotationsOf(checked);
  const lines = annotations.map(commandOf);
  const hidden = (['error', 'warning', 'notice'] as const).flatMap((level) => {
    const count = annotations.filter((annotation) => annotation.level === level).length - shownMax;
    return count > 0
      ? [
          `${count} more of level ${level} stand in this log and not at their lines: GitHub shows ${shownMax}.`,
        ]
      : [];
  });
  const verdict = lines.length === 0 ? ['backout check: nothing found.'] : [];
  return [...lines, ...hidden, ...verdict].join('\n');
}

function commandOf({ level, rule, file, line, column, length, message, mend }: Annotation): string {
  const text = mend === undefined ? message : `${message} Mend: ${mend}`;
  const place = `file=${property(file)},line=${line},col=${column},endColumn=${column + length}`;
  return `::${level} ${place},title=${property(rule)}::${data(text)}`;
}

/** As the runner's own toolkit escapes. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
