// `check` as JUnit XML, which every CI system shows as tests: each finding is a failed or a skipped test of its plan.
import { type Annotation, annotationsOf, type Checked } from './checked.ts';

/** The XML. A plan without findings is one passed test. */
export function asJunit(checked: readonly Checked[]): string {
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="backout check">`,
    ...checked.map(suiteOf),
    `</testsuites>`,
  ].join('\n');
}

function suiteOf(one: Checked): string {
  const annotations = annotationsOf([one]);
  const failures = annotations.filter((each) => each.level === 'error').length;
  const skipped = annotations.length - failures;
  const name = one.type === 'valid' ? one.plan.name : one.file;
  const cases = [
    `    <testcase classname="${xml(name)}" name="is a valid plan"${one.type === 'valid' ? '/>' : `><failure message="not valid"/></testcase>`}`,
  ];
  const extra = one.type === 'valid' ? 0 : 1;
  const head = `  <testsuite name="${xml(name)}" tests="${annotations.length + 1}" failures="${failures + extra}" skipped="${skipped}">`;
  return [head, ...cases, ...annotations.map((each) => caseOf(name, each)), '  </testsuite>'].join(
    '\n',
  );
}

function caseOf(
  name: string,
  { level, rule, file, line, column, message, mend }: Annotation,
): string {
  const place = `${file}:${line}:${column}`;
  const inside =
    level === 'error'
      ? `<failure message="${xml(message)}">${xml([place, message, mend ?? ''].join('\n').trim())}</failure>`
      : `<skipped message="${xml(message)}"/>`;
  return `    <testcase classname="${xml(name)}" name="${xml(`${rule} ${place}`)}">${inside}</testcase>`;
}

const entities: { readonly [sign: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
};

function xml(text: string): string {
  // XML 1.0 has no way to hold control characters, not even escaped.
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '?')
      .replaceAll(/[&<>"\n]/g, (sign) => entities[sign] ?? sign)
  );
}
