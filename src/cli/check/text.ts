// `check` for people: each problem with its frame, each finding with its mend, and a verdict.
import { type Finding, renderFinding, renderProblem } from '../../core/plan/problem.ts';
import { type Look, type Mark, markOf, paint } from '../view/marks.ts';
import type { Checked } from './checked.ts';

/** The text, plan by plan. */
export function asText(checked: readonly Checked[], look: Look): string {
  return checked.map((one) => textOf(one, look).join('\n')).join('\n\n');
}

function textOf(one: Checked, look: Look): readonly string[] {
  if (one.type === 'invalid') {
    const count = one.problems.length === 1 ? '1 problem' : `${one.problems.length} problems`;
    return [
      ...one.problems.map((problem) => colored(renderProblem(problem), look)),
      `${one.file} is not a valid plan: ${count}.`,
    ];
  }
  const { plan, fingerprint, findings } = one;
  const head = `${paint('bold', plan.name, look)}  plan ${fingerprint.slice(0, 6)}`;
  const notApplicable = plan['not-applicable'].map(
    ({ section, because }) =>
      `${markOf('deviation', look)} ${section}   not applicable: ${because}`,
  );
  return [
    head,
    ...findings.map((finding) => findingText(finding, look)),
    ...notApplicable,
    verdict(findings, look),
  ];
}

const markOfSeverity: { readonly [severity in Finding['severity']]: Mark } = {
  block: 'bad',
  warn: 'attention',
  hold: 'unknown',
};

function findingText(finding: Finding, look: Look): string {
  const [head = '', ...rest] = renderFinding(finding).split('\n');
  // The renderer's own mark is replaced by ours, which knows colour and ASCII.
  const text = head.replace(/^\S+ /, `${markOf(markOfSeverity[finding.severity], look)} `);
  return [text, ...rest.map((line) => paint('dim', line, look))].join('\n');
}

function verdict(findings: readonly Finding[], look: Look): string {
  const count = (severity: Finding['severity']): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const [blocks, warns, holds] = [count('block'), count('warn'), count('hold')];
  const rest = [
    warns > 0 ? `${warns} to look at` : '',
    holds > 0 ? `${holds} that this version does not judge` : '',
  ].filter((part) => part !== '');
  const beside = rest.length === 0 ? '' : ` (${rest.join(', ')})`;
  if (blocks > 0) return `${markOf('bad', look)} Not ready: ${blocks} to mend${beside}.`;
  return `${markOf('good', look)} Valid; the language finds nothing that must be mended${beside}.`;
}

function colored(text: string, look: Look): string {
  const [head = '', ...rest] = text.split('\n');
  return [head.replace(/^error/, paint('red', 'error', look)), ...rest].join('\n');
}
