// What must hold of every forecast, whatever the playbook and its history.
import { test } from 'node:test';
import fc from 'fast-check';
import { step } from '../../testing/playbooks.ts';
import { forecast } from './forecast.ts';
import type { GraphNode } from './graph.ts';

/** What the steps of these graphs do. */
const WORK = 'flags/flag on flags';

/** Any graph of up to eight steps: each may need any of those before it. */
const graphs = fc
  .array(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), { minLength: 1, maxLength: 8 })
  .map((rows): readonly GraphNode[] =>
    rows.map((row, index) => {
      const needs = row.flatMap((needed, other) => (needed && other < index ? [`s${other}`] : []));
      return step(`s${index}`, { needs });
    }),
  );

const samples = fc
  .array(fc.integer({ min: 1, max: 60_000 }), { maxLength: 12 })
  .map((all) => all.toSorted((a, b) => a - b));

const histories = fc
  .dictionary(
    fc.integer({ min: 0, max: 7 }).map((index) => `s${index}`),
    samples,
  )
  .map((took) =>
    Object.entries(took).map(([name, tookMs]) => ({ step: name, work: WORK, tookMs })),
  );

test('a forecast is ordered, bounded by the timeboxes, and the same each time it is asked', () => {
  fc.assert(
    fc.property(graphs, histories, fc.integer({ min: 1, max: 600_000 }), (nodes, steps, rtoMs) => {
      const ask = (): ReturnType<typeof forecast> =>
        forecast({ graph: { nodes }, durations: { runs: 1, drills: 0, steps }, rtoMs, now: 0 });
      const seen = ask();
      if (JSON.stringify(seen) !== JSON.stringify(ask())) return false;
      const bound = nodes.length * 60_000;
      return 0 <= seen.p50Ms && seen.p50Ms <= seen.p90Ms && seen.p90Ms <= bound;
    }),
    { numRuns: 60 },
  );
});

test('the order in which steps are written changes nothing that is foreseen of timeboxes', () => {
  fc.assert(
    fc.property(graphs, (nodes) => {
      const durations = { runs: 0, drills: 0, steps: [] };
      const ask = (list: readonly GraphNode[]): number =>
        forecast({ graph: { nodes: list }, durations, now: 0 }).p90Ms;
      return ask(nodes) === ask(nodes.toReversed());
    }),
    { numRuns: 60 },
  );
});
