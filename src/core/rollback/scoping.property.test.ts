// What holds for every plan and every scope: a closure is one, graphs can be walked, and no need is lost without a word.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Plan, PlanEntry, PlanFor } from '../plan/plan.ts';
import { compileGraph } from './compile.ts';
import { flawOf } from './graph.ts';
import { type Scope, scopeKinds, scopeText, settledScope } from './scope.ts';
import { closureOf, isInScope, resolveScope, stepsOf } from './scoping.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const some = fc.subarray(names);

const parts = fc
  .array(some, { minLength: 5, maxLength: 5 })
  .map((on) =>
    Object.fromEntries(names.map((name, index) => [name, { 'depends-on': on[index] ?? [] }])),
  );

const of: fc.Arbitrary<PlanFor> = fc.record(
  {
    component: fc.oneof(fc.constant('each' as const), fc.subarray(names, { minLength: 1 })),
    region: fc.oneof(fc.constant('each' as const), fc.subarray(names, { minLength: 1 })),
  },
  { requiredKeys: [] },
);

const scope: fc.Arbitrary<Scope> = fc
  .record({ component: some, region: some, tenant: some })
  .map(settledScope);

interface Written {
  readonly stage: number;
  readonly for: PlanFor;
  readonly needs: number;
  readonly said: boolean;
}

/** A plan of up to eight steps in three stages, each with needs among the earlier ones. */
const plan: fc.Arbitrary<Plan> = fc
  .record({
    components: parts,
    regions: parts,
    entries: fc.array(
      fc.record({ stage: fc.nat(2), for: of, needs: fc.nat(255), said: fc.boolean() }),
      { minLength: 1, maxLength: 8 },
    ),
  })
  .map(({ components, regions, entries }) => {
    const ordered = entries.toSorted((one, other) => one.stage - other.stage);
    const made = ordered.map((written, index): PlanEntry => entryOf(written, index));
    const stages = [0, 1, 2]
      .map((number) => ({
        name: `stage-${number}`,
        entries: made.filter((_, index) => ordered[index]?.stage === number),
      }))
      .filter((stage) => stage.entries.length > 0);
    // The cast holds because these are all the parts of a plan that scopes and graphs look at.
    return {
      name: 'any',
      roles: { deputies: {} },
      ladders: {},
      scopes: { components, regions, tenants: {}, cohorts: {} },
      checkpoints: {},
      playbooks: { full: { scope: 'full', stages } },
    } as unknown as Plan;
  });

function entryOf({ for: own, needs, said }: Written, index: number): PlanEntry {
  const needed = Array.from({ length: index }, (_, at) => at).filter((at) => (needs >> at) & 1);
  return {
    type: 'step',
    step: `s${index}`,
    owner: 'owner',
    timebox: 1_000,
    ...(Object.keys(own).length === 0 ? {} : { for: own }),
    needs: needed.map((at) => `s${at}`),
    ...(said && needed.length > 0 ? { 'needs-said': true as const } : {}),
    act: { type: 'manual', do: 'it', evidence: 'optional' },
  };
}

test('a closure takes in what it is of, grows with it, and is its own closure', () => {
  fc.assert(
    fc.property(plan, scope, scope, (each, small, more) => {
      const closed = closureOf(each, small);
      for (const kind of scopeKinds)
        for (const name of small[kind] ?? []) assert.ok(closed[kind]?.includes(name));
      assert.equal(scopeText(closureOf(each, closed)), scopeText(closed));
      // A kind that is not narrowed has everything in already: growth is of the kinds that both narrow.
      const both = settledScope(
        Object.fromEntries(
          scopeKinds
            .filter((kind) => small[kind] !== undefined)
            .map((kind) => [kind, [...(small[kind] ?? []), ...(more[kind] ?? [])]]),
        ),
      );
      const wide = closureOf(each, both);
      for (const kind of scopeKinds)
        for (const name of closed[kind] ?? []) assert.ok(wide[kind]?.includes(name));
    }),
  );
});

test('whatever the scope, what depends on something that goes back goes back too', () => {
  fc.assert(
    fc.property(plan, scope, (each, wanted) => {
      const closed = closureOf(each, wanted);
      for (const [name, part] of Object.entries(each.scopes?.components ?? {}))
        if (part['depends-on'].some((other) => closed.component?.includes(other)))
          assert.ok(closed.component?.includes(name));
    }),
  );
});

test('every graph of every scope can be walked to its end', () => {
  fc.assert(
    fc.property(plan, scope, (each, wanted) => {
      const graph = compileGraph(each, 'full', wanted);
      assert.ok(graph);
      assert.equal(flawOf(graph), null);
      const playbook = each.playbooks['full'];
      assert.ok(playbook);
      assert.equal(graph.nodes.length, stepsOf(each, playbook, closureOf(each, wanted)));
    }),
    { numRuns: 1_000 },
  );
});

test('a scope never leaves out, without a word, what a step of it needs', () => {
  fc.assert(
    fc.property(plan, scope, (each, wanted) => {
      const scoping = resolveScope(each, 'full', wanted);
      if (scoping.type === 'rejected') return;
      const entries = each.playbooks['full']?.stages.flatMap((stage) => stage.entries) ?? [];
      const inside = entries.filter((entry) => isInScope(entry.for, scoping.scope));
      const graph = compileGraph(each, 'full', scoping.scope)?.nodes ?? [];
      for (const entry of inside) {
        if (entry['needs-said'] !== true) continue;
        for (const need of entry.needs)
          assert.ok(inside.some((other) => other.type === 'step' && other.step === need));
      }
      for (const entry of entries)
        if (!inside.includes(entry) && entry.type === 'step')
          assert.ok(scoping.leftOut.some((left) => left.step === entry.step));
      assert.ok(
        graph.every((node) =>
          inside.some((entry) => entry.type === 'step' && node.id.split('.')[0] === entry.step),
        ),
      );
    }),
    { numRuns: 1_000 },
  );
});

test('the order of the whole playbook is kept by every part of it', () => {
  fc.assert(
    fc.property(plan, scope, (each, wanted) => {
      const whole = before(compileGraph(each, 'full', {})?.nodes ?? []);
      const part = compileGraph(each, 'full', wanted)?.nodes ?? [];
      const own = before(part);
      for (const one of part)
        for (const other of part)
          if (whole.get(one.id)?.has(other.id)) assert.ok(own.get(one.id)?.has(other.id));
    }),
  );
});

/** Everything that must be over before each node. */
function before(
  nodes: readonly { readonly id: string; readonly needs: readonly string[] }[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, Set<string>>();
  for (const node of nodes) {
    const own = new Set(node.needs);
    for (const need of node.needs) for (const far of all.get(need) ?? []) own.add(far);
    all.set(node.id, own);
  }
  return all;
}
