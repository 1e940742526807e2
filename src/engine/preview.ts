// The preview of a run: every step observed on the real systems, nothing touched.
import type { Json } from '../connector.ts';
import type { Destructive, Graph, GraphNode } from '../core/rollback/graph.ts';
import { answerOf, callFor } from './calls.ts';
import { evidenceOfLooks, lookAtChecks } from './checks.ts';
import { effortOf } from './effort.ts';
import { known } from './observation.ts';
import type { Events } from './readings.ts';
import type { Snapshot, Systems } from './systems.ts';
import { assertTarget } from './target.ts';
import { type Trouble, troubleOf } from './trouble.ts';

/** What a run would do to one step now. */
export type PreviewLine =
  | {
      readonly step: string;
      readonly system: string;
      readonly says: 'already-so';
      readonly evidence: Json;
    }
  | {
      readonly step: string;
      readonly system: string;
      readonly says: 'would-change';
      readonly change: string;
      readonly evidence: Json;
      /** How many rows or things it would touch, where the system can count them. */
      readonly touches?: number;
      /** It destroys: what, and how much of it at the most. */
      readonly destructive?: Destructive;
    }
  | ({ readonly step: string; readonly system: string; readonly says: 'unknown' } & Trouble)
  | {
      readonly step: string;
      readonly system: string;
      readonly says: 'by-hand';
      readonly instruction: string;
    };

/** How long one system may take to answer. Milliseconds. */
const ASK_MS = 10_000;

/** Asks the real systems, all steps side by side, in the order of the playbook. */
export async function previewRun(
  systems: Systems,
  events: Events,
  snapshot: Snapshot,
  graph: Graph,
  now: number,
  signal?: AbortSignal,
): Promise<readonly PreviewLine[]> {
  const lines = graph.nodes
    .filter((node) => node.work.type !== 'verification' && node.work.type !== 'measure')
    .map((node) => previewNode(systems, events, snapshot, node, now, signal));
  return Promise.all(lines);
}

async function previewNode(
  systems: Systems,
  events: Events,
  snapshot: Snapshot,
  node: GraphNode,
  now: number,
  signal?: AbortSignal,
): Promise<PreviewLine> {
  const { id: step, work } = node;
  const call = callFor(ASK_MS, signal);
  switch (work.type) {
    case 'manual':
    case 'measure':
    case 'verification':
      return {
        step,
        system: 'people',
        says: 'by-hand',
        instruction: work.type === 'manual' ? work.instruction : '',
      };
    case 'checkpoint':
    case 'worsening': {
      const looks = await lookAtChecks(systems, events, snapshot, work.checks, now, call);
      const evidence = evidenceOfLooks(looks);
      const missing = looks
        .filter((look) => look.says !== 'holds')
        .map((look) => `${look.check} ${look.says}`);
      return missing.length === 0
        ? { step, system: 'checks', says: 'already-so', evidence }
        : {
            step,
            system: 'checks',
            says: 'would-change',
            change: `now: ${missing.join(', ')}`,
            evidence,
          };
    }
    case 'state':
    case 'undo':
      try {
        const effort = await effortOf(systems, snapshot, work, `step ${step}`);
        await answerOf(call, assertTarget(effort.system, call));
        const observation = known(await answerOf(call, effort.observe(call)));
        const evidence = systems.hideJson(observation.evidence);
        if (observation.type === 'holds')
          return { step, system: work.system, says: 'already-so', evidence };
        const change = systems.hide(observation.change ?? 'it differs');
        if (effort.act.type === 'by-system')
          return {
            step,
            system: work.system,
            says: 'would-change',
            change,
            evidence,
            ...(observation.touches === undefined ? {} : { touches: observation.touches }),
            ...(work.type === 'state' && work.destructive !== undefined
              ? { destructive: work.destructive }
              : {}),
          };
        const instruction = systems.hide(`${effort.act.because} Now: ${change}.`);
        return { step, system: work.system, says: 'by-hand', instruction };
      } catch (error) {
        const trouble = troubleOf(error, call.signal);
        return {
          step,
          system: work.system,
          says: 'unknown',
          class: trouble.class,
          because: systems.hide(trouble.because),
        };
      }
  }
}
