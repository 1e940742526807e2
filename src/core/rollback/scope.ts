// What goes back: all of a migration, or named components, regions, tenants and cohorts of it; and the one text that stands for it.

/** The kinds of things that a scope may be narrowed to, in the order in which they are always said. */
export const scopeKinds = ['component', 'region', 'tenant', 'cohort'] as const;

/** One kind of thing that a scope may be narrowed to. */
export type ScopeKind = (typeof scopeKinds)[number];

/**
 * What goes back. Of a kind that is left out, everything goes back; the scope that leaves all of them out is full.
 * Runs and decisions bear it as {@link settledScope} gives it, so that the same scope is always the same JSON.
 */
export type Scope = { readonly [Kind in ScopeKind]?: readonly string[] };

/** All of it. */
export const fullScope: Scope = {};

/** Whether only a part of it goes back. */
export function isNarrowed(scope: Scope | undefined): scope is Scope {
  return scopeText(scope) !== 'full';
}

/** The same scope in its one form: kinds in their order, names sorted and each there once, nothing empty. */
export function settledScope(scope: Scope): Scope {
  return Object.fromEntries(
    scopeKinds.flatMap((kind) => {
      const names = [...new Set(scope[kind])].toSorted();
      return names.length === 0 ? [] : [[kind, names] as const];
    }),
  );
}

/**
 * The canonical text: `full`, or `component=accounts,billing region=eu`. Two scopes are the same exactly when their
 * texts are: approvals and fingerprints are bound to it. Names are kebab-case, so that no name can look like another scope.
 */
export function scopeText(scope: Scope | undefined): string {
  const parts = Object.entries(settledScope(scope ?? fullScope)).map(
    ([kind, names]) => `${kind}=${names.join(',')}`,
  );
  return parts.length === 0 ? 'full' : parts.join(' ');
}
