// Reads the demo's plan as `backout serve` would.
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fingerprint } from '../core/plan/canonical.ts';
import { parsePlan } from '../core/plan/parse.ts';
import { renderProblem } from '../core/plan/problem.ts';
import type { Snapshot } from '../engine/systems.ts';

/** A plan with its fingerprint. */
export type Fingerprinted = Snapshot;

/** The plan in this file; throws with every problem when it has any. */
export async function readPlan(file: string): Promise<Fingerprinted> {
  const parsed = parsePlan({ file, text: await readFile(file, 'utf8') });
  if (parsed.type === 'problems') throw new Error(parsed.problems.map(renderProblem).join('\n'));
  return { plan: parsed.plan, fingerprint: fingerprint(parsed.plan), directory: dirname(file) };
}
