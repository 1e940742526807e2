// The page of all connectors: what each takes, from the very schemas that judge plans.
import { z } from 'zod';
import type { AnyConnector, Schema } from '../../src/connector.ts';
import { loadConnectors } from '../../src/connectors/index.ts';
import { code, table } from './table.ts';

/** The part of a JSON Schema that is read here. */
interface Part {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Part };
  readonly required?: readonly string[];
  readonly additionalProperties?: Part | boolean;
  readonly items?: Part;
  readonly anyOf?: readonly Part[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly $ref?: string;
}

/** Parts below this depth are explained by the part that they are in. */
const depthMax = 3;

/** The page without its title. */
export async function connectorsPage(): Promise<string> {
  const connectors = await loadConnectors();
  const sections = connectors
    .toSorted((one, other) => one.name.localeCompare(other.name))
    .map(sectionOf);
  return `How to use them, with examples: [connectors](../connectors.md). Durations are written \`250ms\`, \`90s\`, \`15m\`. A field that is not here is refused.\n\n${sections.join('\n')}`;
}

function sectionOf(connector: AnyConnector): string {
  const { name, summary, options, signal, states = {}, channel, events } = connector;
  const parts = [
    `## ${name}\n${summary}.\n`,
    `### systems: \`uses: ${name}\`\n${fields(options)}`,
    signal && `### signals\n${signal.summary}.\n\n${fields(signal.query)}`,
    ...Object.entries(states).map(([state, kind]) => {
      const can = [
        'observes',
        kind.apply === undefined ? '' : 'applies',
        kind.undo === undefined ? '' : 'undoes',
      ];
      return `### state \`${name}/${state}\`\n${kind.summary}. It ${can.filter(Boolean).join(', ')}.\n\n${fields(kind.desired)}`;
    }),
    channel &&
      `### notices\n${channel.summary}. The \`address\` of an entry of \`notices.to\`:\n\n${fields(channel.address)}`,
    events &&
      `### events\n${events.summary}. Sent to \`/hooks/<plan>/<system>\` of \`backout serve\`.\n`,
    `${identity(connector)}\n`,
  ];
  return parts.filter(Boolean).join('\n');
}

function identity({ identify, probe }: AnyConnector): string {
  const asserts =
    identify === undefined
      ? 'It cannot say which system answers'
      : 'It can say which system answers, so that `environment` and `id` are asserted before every apply';
  return `${asserts}; ${probe === undefined ? 'there is nothing to ask beforehand' : '`backout doctor` asks it beforehand'}.`;
}

function fields(schema: Schema<unknown>): string {
  // The cast holds because our own connectors declare all their schemas with zod.
  const part = z.toJSONSchema(schema as unknown as z.ZodType, {
    io: 'input',
    unrepresentable: 'any',
  });
  const rows = rowsOf(part as Part, '', 1);
  return rows.length === 0 ? 'Nothing more.\n' : table(['field', 'is', 'default', 'means'], rows);
}

function rowsOf(part: Part, before: string, depth: number): readonly (readonly string[])[] {
  return Object.entries(part.properties ?? {}).flatMap(([name, field]) => {
    const path = `${before}${name}`;
    const needed = part.required?.includes(name) === true ? ', needed' : '';
    const row = [
      code(path),
      `${typeOf(field)}${needed}`,
      defaultOf(field),
      field.description ?? '',
    ];
    const inner = field.items?.properties === undefined ? field : field.items;
    const dots = inner === field ? '.' : '[].';
    return [row, ...(depth < depthMax ? rowsOf(inner, `${path}${dots}`, depth + 1) : [])];
  });
}

function defaultOf(part: Part): string {
  if (part.default === undefined || JSON.stringify(part.default) === '{}') return '';
  return code(JSON.stringify(part.default));
}

function typeOf(part: Part): string {
  if (part.$ref !== undefined) return 'any JSON';
  if (part.enum !== undefined) return part.enum.map((each) => code(String(each))).join(', ');
  if (part.anyOf !== undefined) return [...new Set(part.anyOf.map(typeOf))].join(' or ');
  if (part.type === 'array') return `list of ${typeOf(part.items ?? {})}`;
  if (part.type === 'object') return part.properties === undefined ? 'map' : 'section';
  if (part.pattern?.includes('(ms|s|m|h|d)') === true) return 'duration';
  if (part.format === 'uri') return 'URL';
  if (part.type === 'string') return 'text';
  return [part.type ?? 'any JSON']
    .flat()
    .map((each) => (each === 'string' ? 'text' : each))
    .join(' or ');
}
