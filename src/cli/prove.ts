// `backout prove`: each step of a playbook brought about again and again, through crashes, on the systems of a drill; what comes of it is dated evidence.
import { compileGraph } from '../core/rollback/compile.ts';
import { type GraphNode, changesSystem } from '../core/rollback/graph.ts';
import { type EvidenceEvent, evidenceStream } from '../core/learning/events.ts';
import { proofMark, proofWords } from '../core/learning/told.ts';
import type { Journal } from '../core/journal/journal.ts';
import { callFor } from '../engine/calls.ts';
import { type Who, actorOf } from '../engine/identity.ts';
import type { Snapshot, Systems } from '../engine/systems.ts';
import type { Cli } from './cli.ts';
import { onStore } from './connection.ts';
import { CliError, exits, type Exit } from './exit.ts';
import { whoAt } from './people.ts';
import { choosePlan, type LoadedPlan } from './plan-file.ts';
import { Bench } from './prove/bench.ts';
import { type Proof, prove as proveStep } from './prove/proof.ts';
import { markOf, paint } from './view/marks.ts';

/** Options of `prove`. */
export interface ProveOptions {
  readonly playbook?: string;
  readonly systemEnvironment?: string;
  readonly onProduction?: string;
  readonly who?: string;
}

/** How long a system may take to say what it is. Milliseconds. */
const IDENTIFY_MS = 10_000;

/** Others may append evidence at the same time; so often it is tried. */
const TRIES = 20;

/** Proves and records. Exit 1 when a step is broken. */
export async function prove(
  cli: Cli,
  wanted: string | undefined,
  options: ProveOptions,
): Promise<Exit> {
  const loaded = withEnvironment(choosePlan(wanted, cli.folder), options.systemEnvironment);
  const playbooks = playbooksOf(loaded, options.playbook);
  return onStore(cli, 'prove a plan', async (site) => {
    const who = await whoAt(cli, site, options.who);
    const systems = await cli.platform.systems();
    cli.interrupt.listen();
    try {
      const steps = playbooks.flatMap((playbook) =>
        (compileGraph(loaded.plan, playbook)?.nodes ?? []).map((node) => ({ playbook, node })),
      );
      const environments = await assertDrill(loaded, systems, steps, options.onProduction);
      const open = (): Promise<Systems> => cli.platform.systems();
      const bench = await Bench.make(loaded, open, cli.interrupt.signal);
      const proofs: Proof[] = [];
      for (const { playbook, node } of steps) {
        if (!changesSystem(node.work) && node.work.type !== 'manual') continue;
        if (cli.interrupt.signal.aborted) break;
        const proof = await proveStep(node, bench, loaded, systems);
        proofs.push(proof);
        const environment = environments.get(proof.system) ?? null;
        const event = eventOf(loaded, playbook, node, proof, environment);
        await record(site.store.journal, event, who);
        say(cli, event);
      }
      return conclude(cli, loaded, proofs);
    } finally {
      await systems.close();
    }
  });
}

/** The plan with every system where the drill has it; each must then say so itself before anything is applied. */
function withEnvironment(loaded: LoadedPlan, environment: string | undefined): LoadedPlan {
  if (environment === undefined) return loaded;
  const systems = Object.fromEntries(
    Object.entries(loaded.plan.systems).map(([name, system]) => [name, { ...system, environment }]),
  );
  return { ...loaded, plan: { ...loaded.plan, systems } };
}

function playbooksOf({ plan, file }: LoadedPlan, wanted: string | undefined): readonly string[] {
  if (wanted === undefined) return Object.keys(plan.playbooks);
  if (Object.hasOwn(plan.playbooks, wanted)) return [wanted];
  const names = Object.keys(plan.playbooks).join(', ');
  throw new CliError('BK-0105', `[prove] ${file} has no playbook ${wanted}. It has: ${names}.`);
}

/** Where each system is, by what it says, else by what the plan says. Refuses production, and what can't be told from it. */
async function assertDrill(
  loaded: Snapshot,
  systems: Systems,
  steps: readonly { readonly node: GraphNode }[],
  typed: string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const names = [
    ...new Set(steps.flatMap(({ node: { work } }) => (changesSystem(work) ? [work.system] : []))),
  ];
  const found = new Map<string, string>();
  for (const name of names) {
    const said = await environmentOf(loaded, systems, name);
    if (said !== undefined) found.set(name, said);
    if (typed === loaded.plan.name || (said !== undefined && !/^prod/i.test(said))) continue;
    const why =
      said === undefined
        ? `system ${name} does not say which environment it is, and the plan does not either`
        : `system ${name} is ${said}`;
    throw new CliError(
      'BK-0108',
      `[prove] Nothing was touched: ${why}. A proof changes systems again and again; it is for those of a drill. Give their addresses and --system-environment drill; or, if it really must be here, type the plan's name: --on-production ${loaded.plan.name}`,
    );
  }
  return found;
}

async function environmentOf(
  loaded: Snapshot,
  systems: Systems,
  name: string,
): Promise<string | undefined> {
  const declared = loaded.plan.systems[name]?.environment;
  try {
    const { connector, client } = await systems.open(loaded, name);
    const identity = await connector.identify?.(client, callFor(IDENTIFY_MS));
    // What the system says counts; a step asserts that it is what the plan says.
    return identity?.environment ?? declared;
  } catch {
    // What can't be reached now is not provable, and nothing is applied there.
    return declared;
  }
}

function eventOf(
  { plan, fingerprint }: LoadedPlan,
  playbook: string,
  node: GraphNode,
  proof: Proof,
  environment: string | null,
): EvidenceEvent {
  const facts = { plan: plan.name, fingerprint, playbook, step: node.id, environment };
  return { type: 'ProofRecorded', ...facts, ...proof };
}

async function record(journal: Journal, body: EvidenceEvent, who: Who): Promise<void> {
  const stream = evidenceStream(body.plan);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const expected = (await journal.read(stream)).length;
    const events = [{ actor: actorOf(who), body }];
    const appended = await journal.append([
      { stream, expected, events, summary: { plan: body.plan } },
    ]);
    if (appended.type === 'appended') return;
  }
  throw new CliError('BK-0109', `[prove] Stream ${stream} is too busy to take a proof. Try again.`);
}

function say({ out }: Cli, event: EvidenceEvent): void {
  out.line({ ...event, type: 'proof' });
  const mark = markOf(proofMark(event.says), out.look);
  out.say(
    `${mark} ${event.step.padEnd(24)} ${proofWords(event.says)}: ${event.because}${paint('dim', `  [${event.system}]`, out.look)}`,
  );
}

function conclude({ out }: Cli, { plan }: LoadedPlan, proofs: readonly Proof[]): Exit {
  const count = (says: Proof['says']): number => proofs.filter((each) => each.says === says).length;
  const [proven, not, broken] = [count('proven'), count('not-provable'), count('broken')];
  out.say(`${proven} proven, ${not} not provable, ${broken} broken.`);
  out.result({ proven, notProvable: not, broken });
  out.next(`backout journal ${evidenceStream(plan.name)}`, 'the evidence');
  return broken > 0 ? exits.no : exits.fine;
}
