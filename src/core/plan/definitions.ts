// What a plan defines, by kind and name, with the places of the definitions.
import type { ScopeKind } from '../rollback/scope.ts';
import type { Span } from './problem.ts';
import { at, entriesOf, itemsOf, textOf } from './tree.ts';
import type { Tree } from './tree.ts';

/** The kinds of things that a plan defines and refers to by name. */
export type Kind =
  | 'person'
  | 'role'
  | 'system'
  | 'signal'
  | 'trigger'
  | 'playbook'
  | 'check'
  | 'checkpoint'
  | 'reconciliation'
  | 'ladder'
  | ScopeKind;

/** Names with the places of their definitions, by kind. */
export type Definitions = { readonly [K in Kind]: ReadonlyMap<string, Span> };

/** Reads the definitions of a plan, valid or not. */
export function readDefinitions(tree: Tree): Definitions {
  const roles = keysOf(at(tree, 'roles', 'deputies'));
  const owner = at(tree, 'roles', 'owner');
  if (owner) roles.set('owner', owner.span);
  return {
    person: keysOf(at(tree, 'people')),
    role: roles,
    system: keysOf(at(tree, 'systems')),
    signal: keysOf(at(tree, 'signals')),
    trigger: keysOf(at(tree, 'triggers')),
    playbook: keysOf(at(tree, 'playbooks')),
    check: keysOf(at(tree, 'checks')),
    checkpoint: keysOf(at(tree, 'checkpoints')),
    reconciliation: keysOf(at(tree, 'safeguards', 'reconciliations')),
    component: keysOf(at(tree, 'scopes', 'components')),
    region: keysOf(at(tree, 'scopes', 'regions')),
    tenant: keysOf(at(tree, 'scopes', 'tenants')),
    cohort: keysOf(at(tree, 'scopes', 'cohorts')),
    ladder: keysOf(at(tree, 'ladders')),
  };
}

function keysOf(tree: Tree | undefined): Map<string, Span> {
  return new Map(entriesOf(tree).map(([key, entry]) => [key, entry.key]));
}

/** A playbook's entry with where it stands. */
export interface EntryAt {
  readonly playbook: string;
  readonly stage: number;
  readonly index: number;
  readonly tree: Tree;
  /** The step's or checkpoint's name. */
  readonly name: string | undefined;
  readonly nameSpan: Span;
}

/** The entries of a playbook in their order, of a plan that may be invalid. */
export function entriesOfPlaybook(playbook: string, tree: Tree): readonly EntryAt[] {
  return itemsOf(at(tree, 'stages')).flatMap((stageTree, stage) =>
    entriesOf(stageTree).flatMap(([, entries]) =>
      itemsOf(entries.value).map((entry, index) => {
        const named = at(entry, 'step') ?? at(entry, 'checkpoint');
        return {
          playbook,
          stage,
          index,
          tree: entry,
          name: textOf(named),
          nameSpan: named?.span ?? entry.span,
        };
      }),
    ),
  );
}
