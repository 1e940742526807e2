// Whether a value that somebody else's module exports has the parts of a connector, judged before any of them is used.

const names = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** The parts that a connector may have beside its states, and what each must hold. */
const kinds = {
  signal: { schema: 'query', does: ['read'] },
  channel: { schema: 'address', does: ['send'] },
  events: { schema: undefined, does: ['receive'] },
} as const;

/** What keeps it from being a connector, said in a few words; undefined when nothing does. */
export function complaintOf(value: unknown): string | undefined {
  if (!isObject(value)) return `it is ${value === null ? 'null' : typeof value}`;
  const { name, states } = value;
  if (typeof name !== 'string' || !names.test(name)) return 'its name is no kebab-case text';
  if (typeof value['summary'] !== 'string') return 'its summary is no text';
  if (!isSchema(value['options']))
    return 'its options are no schema (zod or another Standard Schema)';
  return (
    complaintOfDoing('', value, ['open'], ['close', 'identify', 'probe']) ??
    complaintOfStates(states) ??
    Object.entries(kinds)
      .filter(([kind]) => value[kind] !== undefined)
      .map(([kind, parts]) => complaintOfKind(kind, value[kind], parts))
      .find((complaint) => complaint !== undefined)
  );
}

function complaintOfStates(states: unknown): string | undefined {
  if (states === undefined) return undefined;
  if (!isObject(states)) return 'its states are no object';
  for (const [name, state] of Object.entries(states)) {
    if (!names.test(name)) return `the name of its state "${name}" is not kebab-case`;
    const wrong =
      complaintOfKind(`state ${name}`, state, { schema: 'desired', does: ['observe'] }) ??
      complaintOfDoing(
        `state ${name}`,
        state as object,
        [],
        ['apply', 'undo', 'cannotUndo', 'undone'],
      );
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function complaintOfKind(
  what: string,
  value: unknown,
  { schema, does }: { readonly schema: string | undefined; readonly does: readonly string[] },
): string | undefined {
  if (!isObject(value)) return `its ${what} is no object`;
  if (typeof value['summary'] !== 'string') return `its ${what} has no summary`;
  if (schema !== undefined && !isSchema(value[schema]))
    return `its ${what} has no schema "${schema}"`;
  return complaintOfDoing(what, value, does, []);
}

function complaintOfDoing(
  what: string,
  value: object,
  needed: readonly string[],
  optional: readonly string[],
): string | undefined {
  const parts = value as { readonly [part: string]: unknown };
  const whose = what === '' ? 'it' : `its ${what}`;
  const missing = needed.find((part) => typeof parts[part] !== 'function');
  if (missing !== undefined) return `${whose} has no function "${missing}"`;
  const odd = optional.find((part) => !['function', 'undefined'].includes(typeof parts[part]));
  return odd === undefined ? undefined : `"${odd}" of ${whose} is no function`;
}

function isSchema(value: unknown): boolean {
  // Schemas of some libraries are functions with properties.
  if (value === null || !['object', 'function'].includes(typeof value)) return false;
  const standard = (value as { readonly [part: string]: unknown })['~standard'];
  return isObject(standard) && typeof standard['validate'] === 'function';
}

function isObject(value: unknown): value is { readonly [part: string]: unknown } {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
