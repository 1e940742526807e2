// `check` as Markdown, for the summary of a CI step or a comment on a pull request.
import { type Annotation, annotationsOf, type Checked } from './checked.ts';

const shapes = { error: '▲', warning: '◐', notice: '?' } as const;

/** One table for each plan. */
export function asMarkdown(checked: readonly Checked[]): string {
  return checked.map(sectionOf).join('\n');
}

function sectionOf(one: Checked): string {
  const title =
    one.type === 'valid'
      ? `### ${one.plan.name} (plan ${one.fingerprint.slice(0, 6)})`
      : `### ${one.file}: not a valid plan`;
  const annotations = annotationsOf([one]);
  if (annotations.length === 0) return `${title}\n\n● Nothing found.\n`;
  return [
    title,
    '',
    '|  | rule | where | what | mend |',
    '| --- | --- | --- | --- | --- |',
    ...annotations.map(rowOf),
    '',
  ].join('\n');
}

function rowOf({ level, rule, file, line, message, mend }: Annotation): string {
  return `| ${shapes[level]} | ${cell(rule)} | ${cell(`${file}:${line}`)} | ${cell(message)} | ${cell(mend ?? '')} |`;
}

function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
