// Findings about definitions that nothing uses.
import { scopeKinds } from '../rollback/scope.ts';
import type { Definitions, Kind } from './definitions.ts';
import { placeOf } from './problem.ts';
import type { Finding } from './problem.ts';
import type { Reference } from './references.ts';
import { at, entriesOf } from './tree.ts';
import type { Tree } from './tree.ts';

const useWords: { readonly [K in Kind]: string } = {
  person: 'holds no role',
  role: 'is asked by nobody',
  system: 'is used by nothing',
  signal: 'is watched by nothing',
  trigger: 'is armed in no phase',
  playbook: 'is run by no trigger and no phase',
  check: 'stands in no checkpoint',
  checkpoint: 'is passed by no playbook',
  reconciliation: 'is used by nothing',
  ladder: 'is climbed by nothing',
  component: 'has no step',
  region: 'has no step',
  tenant: 'has no step',
  cohort: 'has no step',
};

/** Roles and their ladders may wait for their hour, reconciliations are proofs in themselves, and triggers and scopes have their own rules. */
const mayBeUnused: ReadonlySet<Kind> = new Set<Kind>([
  'role',
  'ladder',
  'trigger',
  'reconciliation',
  ...scopeKinds,
]);

/** A warning for each definition that no reference names. */
export function unusedDefinitions(
  tree: Tree,
  definitions: Definitions,
  references: readonly Reference[],
): readonly Finding[] {
  const usedNames = namesInSteps(tree);
  return (Object.keys(definitions) as Kind[])
    .filter((kind) => !mayBeUnused.has(kind))
    .flatMap((kind) =>
      [...definitions[kind]].flatMap(([name, span]): readonly Finding[] => {
        const used = references.some(
          (reference) => reference.name === name && reference.kinds.includes(kind),
        );
        if (used || (kind === 'system' && usedNames.has(name))) return [];
        return [
          {
            rule: `${kind}-is-used`,
            severity: 'warn',
            message: `${kind.charAt(0).toUpperCase()}${kind.slice(1)} ${name} ${useWords[kind]}.`,
            mend: 'Use it, or take it out.',
            ...placeOf(span),
          },
        ];
      }),
    );
}

/** Texts in the inputs of steps and checks: connectors name systems there (`from: ledger, to: legacy`). */
function namesInSteps(tree: Tree): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (inner: Tree | undefined, inside: boolean): void => {
    if (inner?.type === 'scalar' && inside && typeof inner.value === 'string')
      names.add(inner.value);
    if (inner?.type === 'list') for (const item of inner.items) visit(item, inside);
    for (const [key, entry] of entriesOf(inner)) visit(entry.value, inside || key === 'with');
  };
  visit(at(tree, 'playbooks'), false);
  visit(at(tree, 'checks'), false);
  return names;
}
