// The formats that `check` writes: one function each, from what was found to a text.
import type { Checked } from './checked.ts';
import { asGithub } from './github.ts';
import { asJunit } from './junit.ts';
import { asMarkdown } from './markdown.ts';
import { asSarif } from './sarif.ts';
import { asText } from './text.ts';
import type { Look } from '../view/marks.ts';

/** What a format may need to know beside what was found. */
export interface FormatContext {
  readonly look: Look;
  readonly version: string;
}

/** The names that --format takes. */
export const formats = ['text', 'json', 'github', 'sarif', 'junit', 'markdown'] as const;

/** One of them. */
export type CheckFormat = (typeof formats)[number];

/** By name. */
export const writers: {
  readonly [format in CheckFormat]: (checked: readonly Checked[], context: FormatContext) => string;
} = {
  text: (checked, { look }) => asText(checked, look),
  json: (checked) => JSON.stringify(checked.map(withoutPlan), null, 2),
  github: asGithub,
  sarif: (checked, { version }) => asSarif(checked, version),
  junit: asJunit,
  markdown: asMarkdown,
};

function withoutPlan(one: Checked): object {
  if (one.type === 'invalid') return { file: one.file, valid: false, problems: one.problems };
  const { file, plan, fingerprint, findings } = one;
  return { file, valid: true, name: plan.name, fingerprint, findings };
}
