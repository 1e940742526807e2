// `backout schema`: the JSON Schema of plans for editors, and `--explain triggers.when` for people.
import { jsonSchema } from '../core/plan/json-schema.ts';
import { didYouMean } from '../core/plan/nearest.ts';
import type { Cli } from './cli.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { paint } from './view/marks.ts';

/** Options of `schema`. */
export interface SchemaOptions {
  readonly explain?: string;
}

/** The part of a JSON Schema that is looked at here. */
interface Part {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Part };
  readonly required?: readonly string[];
  readonly additionalProperties?: Part | boolean;
  readonly items?: Part;
  readonly anyOf?: readonly Part[];
  readonly oneOf?: readonly Part[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly $ref?: string;
  readonly $defs?: { readonly [name: string]: Part };
}

/** Prints the schema, or explains one path of it. */
export async function schema({ out }: Cli, { explain }: SchemaOptions): Promise<Exit> {
  // The cast holds because zod writes nothing but JSON Schema.
  const root = jsonSchema() as Part;
  if (explain === undefined) {
    if (out.json) out.line({ type: 'schema', schema: root });
    else out.raw(`${JSON.stringify(root, null, 2)}\n`);
    return exits.fine;
  }
  const parts = find(root, explain === '.' ? [] : explain.split('.'));
  out.line({ type: 'explanation', path: explain, schema: parts });
  for (const line of explanation(explain, parts, root))
    out.say(line.startsWith('  ') ? line : paint('bold', line, out.look));
  return exits.fine;
}

function find(root: Part, path: readonly string[]): readonly Part[] {
  let parts = branches(root, root);
  for (const [index, step] of path.entries()) {
    const inside = parts.flatMap((part) => stepInto(part, step, root));
    if (inside.length === 0) {
      const here = [...new Set(parts.flatMap((part) => namesIn(part, root)))];
      const near = didYouMean(step, here) ?? `known here: ${here.join(', ') || 'nothing more'}`;
      const where = index === 0 ? 'a plan' : path.slice(0, index).join('.');
      throw new CliError(
        'BK-0105',
        `[schema] Cannot explain ${path.join('.')}: ${where} has no "${step}"; ${near}`,
      );
    }
    parts = inside;
  }
  return parts;
}

/** A name of a property; else, in a map of things by their names or in a list, what is meant lies one deeper. */
function stepInto(part: Part, step: string, root: Part): readonly Part[] {
  const property =
    part.properties !== undefined && Object.hasOwn(part.properties, step)
      ? part.properties[step]
      : undefined;
  if (property !== undefined) return branches(property, root);
  const inner = innerOf(part);
  if (inner === undefined) return [];
  const inside = branches(inner, root).flatMap((each) => stepInto(each, step, root));
  return inside.length > 0 || part.properties !== undefined
    ? inside
    : step === '*'
      ? branches(inner, root)
      : [];
}

function innerOf(part: Part): Part | undefined {
  if (part.items !== undefined) return part.items;
  return typeof part.additionalProperties === 'object' ? part.additionalProperties : undefined;
}

/** The part, or what it may be instead. */
function branches(part: Part, root: Part): readonly Part[] {
  const resolved = deref(part, root);
  const either = resolved.anyOf ?? resolved.oneOf;
  if (either === undefined) return [resolved];
  const described = resolved.description;
  return either
    .flatMap((branch) => branches(branch, root))
    .map((branch) =>
      described === undefined || branch.description !== undefined
        ? branch
        : { ...branch, description: described },
    );
}

function deref(part: Part, root: Part): Part {
  const name = part.$ref?.replace('#/$defs/', '');
  const target =
    name === undefined || name === '#'
      ? part.$ref === '#'
        ? root
        : undefined
      : root.$defs?.[name];
  return target === undefined
    ? part
    : { ...target, ...(part.description === undefined ? {} : { description: part.description }) };
}

function namesIn(part: Part, root: Part): readonly string[] {
  const inner = innerOf(part);
  return [
    ...Object.keys(part.properties ?? {}),
    ...(inner === undefined
      ? []
      : branches(inner, root).flatMap((each) => Object.keys(each.properties ?? {}))),
  ];
}

function explanation(path: string, parts: readonly Part[], root: Part): readonly string[] {
  const described = [...new Set(parts.flatMap((part) => part.description ?? []))];
  const shapes = parts.flatMap((part) => [`  ${kindOf(part)}`, ...members(part, root)]);
  return [
    path === '.' ? 'a plan' : path,
    ...described.map((text) => `  ${text}`),
    ...new Set(shapes),
  ];
}

function members(part: Part, root: Part): readonly string[] {
  const holder = part.properties === undefined ? innerOf(part) : part;
  if (holder === undefined) return [];
  return branches(holder, root).flatMap((each) =>
    Object.entries(each.properties ?? {}).map(([name, member]) => {
      const must = each.required?.includes(name) === true ? ' (must be said)' : '';
      const what = deref(member, root).description ?? kindOf(deref(member, root));
      return `    ${name.padEnd(20)} ${what}${must}`;
    }),
  );
}

function kindOf(part: Part): string {
  if (part.const !== undefined) return JSON.stringify(part.const);
  if (part.enum !== undefined)
    return `one of ${part.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  const said = part.default === undefined ? '' : `, default ${JSON.stringify(part.default)}`;
  if (part.type === 'object' && part.properties === undefined)
    return `things by their names${said}`;
  if (part.type === 'array') return `a list${said}`;
  return `${part.type === 'object' ? 'a map with' : (part.type ?? 'any value')}${said}`;
}
