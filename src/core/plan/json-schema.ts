// The JSON Schema of plan files, for editors: completion, explanations and errors while one writes.
import { z } from 'zod';
import { notApplicablePaths } from './not-applicable.ts';
import { planFileSchema } from './schema.ts';

/** Part of a JSON Schema, as zod makes it. */
interface Part {
  properties?: Record<string, Part>;
  additionalProperties?: Part | boolean;
  items?: Part;
  anyOf?: Part[];
  $ref?: string;
  [keyword: string]: unknown;
}

const notApplicable: Part = {
  type: 'object',
  properties: { 'not-applicable': { type: 'string', description: 'Why this does not apply' } },
  required: ['not-applicable'],
  additionalProperties: false,
};

/** The JSON Schema (draft 2020-12) of what a plan file may say. An included file may leave out backout and name. */
export function jsonSchema(): { readonly [keyword: string]: unknown } {
  // zod's answer is plain JSON; the copy is ours to change.
  const schema = z.toJSONSchema(planFileSchema, {
    io: 'input',
    // zod marks what is readonly in the program; in a file it means nothing, and editors would grey it out.
    override: ({ jsonSchema: part }) => {
      delete part.readOnly;
    },
  }) as Part;
  for (const path of notApplicablePaths) allowNotApplicable(schema, path.split('.'));
  return {
    ...schema,
    title: 'Backout plan',
    description: 'A backout plan: one migration and the way back out of it.',
  };
}

function allowNotApplicable(part: Part, [step, ...rest]: readonly string[]): void {
  if (step === undefined) return;
  const holder =
    part.anyOf?.find((branch) => branch.properties?.['not-applicable'] === undefined) ?? part;
  if (step === '*') {
    const inner = holder.items ?? holder.additionalProperties;
    if (typeof inner === 'object') allowNotApplicable(inner, rest);
    return;
  }
  const inner = holder.properties?.[step];
  if (!inner || !holder.properties) return;
  if (rest.length > 0) allowNotApplicable(inner, rest);
  else
    holder.properties[step] = {
      ...(typeof inner.description === 'string' ? { description: inner.description } : {}),
      anyOf: [inner, notApplicable],
    };
}
