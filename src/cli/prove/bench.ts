// The bench that a step is proven on: the engine's own attempt path over the real systems, on a journal that is thrown away, with nodes that die where the trial says.
import type { RunCommand } from '../../core/rollback/commands.ts';
import type { Undoes } from '../../core/rollback/events.ts';
import type { Graph, GraphNode } from '../../core/rollback/graph.ts';
import { type BegunRun, type StepState, stepOf } from '../../core/rollback/state.ts';
import { compileTriggers, compileGuards } from '../../core/decision/compile.ts';
import type { Actor, Json } from '../../core/journal/event.ts';
import { carryOut } from '../../engine/attempt.ts';
import { Office, type Outcome, backout } from '../../engine/office.ts';
import type { Run } from '../../core/rollback/state.ts';
import type { Snapshot, Systems } from '../../engine/systems.ts';
import { memoryJournal } from '../../testing/memory-journal.ts';

/** Where the first node dies: before the apply, with its answer in hand, or before it saw the state hold. */
export type Death = 'before-apply' | 'before-receipt' | 'before-confirmation';

/** Thrown at the place where a node dies: from then on nothing that it says is heard. */
class Died extends Error {}

/** Carries single steps out as runs of their own. */
export class Bench {
  readonly #snapshot: Snapshot;
  readonly #open: () => Promise<Systems>;
  readonly #signal: AbortSignal;
  readonly #journal = memoryJournal({ now: Date.now });
  readonly #office = new Office(this.#journal);
  #runs = 0;

  private constructor(snapshot: Snapshot, open: () => Promise<Systems>, signal: AbortSignal) {
    this.#snapshot = snapshot;
    this.#open = open;
    this.#signal = signal;
  }

  /** Makes it. `open` gives each node systems of its own, which die with it. */
  static async make(
    snapshot: Snapshot,
    open: () => Promise<Systems>,
    signal: AbortSignal,
  ): Promise<Bench> {
    const bench = new Bench(snapshot, open, signal);
    const { plan, fingerprint, directory } = snapshot;
    const armed = await bench.#office.commandMigration(
      plan.name,
      {
        type: 'ArmPlan',
        plan: plan.name,
        fingerprint,
        // The cast holds because a Plan is plain JSON by its own definition.
        snapshot: plan as unknown as Json,
        directory,
        triggers: compileTriggers(plan),
        guards: compileGuards(plan),
      },
      backout,
    );
    if (armed.type === 'rejected') throw new Error(armed.because);
    return bench;
  }

  /** One run of one step to its end, or to where it is stuck. With a death, a second node takes it over. */
  async run(node: GraphNode, death: Death | null, undoes?: Undoes): Promise<BegunRun> {
    this.#runs += 1;
    const run = this.#runs;
    const graph: Graph = { nodes: [{ ...node, needs: [] }] };
    await this.#accepted(this.#office.commandRun(run, this.#start(run, graph, undoes), backout));
    await this.#attempt(run, node.id, 1, new Mortal(this.#journal, death));
    if (death !== null && (await this.#step(run, node.id)).status === 'running') {
      const lost = { type: 'ReportLost', step: node.id, attempt: 1, node: 'node-1' } as const;
      await this.#accepted(this.#office.commandRun(run, lost, backout));
      await this.#attempt(run, node.id, 2, this.#office);
    }
    return this.#begun(run);
  }

  async #attempt(run: number, step: string, attempt: number, office: Office): Promise<void> {
    const systems = await this.#open();
    const hands = {
      node: `node-${attempt}`,
      office,
      systems,
      events: async (_plan: string, _signal: string, at: number) =>
        ({ type: 'no-data', at, because: 'a proof hears no events' }) as const,
      signal: this.#signal,
    };
    try {
      await carryOut({ run, step, attempt }, hands);
    } catch (error) {
      if (!(error instanceof Died)) throw error;
    } finally {
      await systems.close();
    }
  }

  #start(run: number, graph: Graph, undoes: Undoes | undefined): RunCommand {
    const { plan, fingerprint } = this.#snapshot;
    return {
      type: 'StartRun',
      run,
      plan: plan.name,
      fingerprint,
      playbook: 'proof',
      kind: 'drill',
      because: 'a proof',
      decision: `${plan.name}/0`,
      graph,
      objectives: {},
      ...(undoes === undefined ? {} : { undoes }),
    };
  }

  async #begun(run: number): Promise<BegunRun> {
    const { state } = await this.#office.run(run);
    if (state.type === 'run') return state;
    throw new Error(`The proof has no run ${run}.`);
  }

  async #step(run: number, step: string): Promise<StepState> {
    const found = stepOf(await this.#begun(run), step);
    if (found !== undefined) return found;
    throw new Error(`The proof has no step ${step}.`);
  }

  async #accepted(outcome: Promise<Outcome<Run>>): Promise<void> {
    const said = await outcome;
    if (said.type === 'rejected') throw new Error(said.because);
  }
}

/** The office of a node that dies: what it says from there on reaches nobody. */
class Mortal extends Office {
  readonly #death: Death | null;
  #dead = false;

  constructor(journal: ConstructorParameters<typeof Office>[0], death: Death | null) {
    super(journal);
    this.#death = death;
  }

  override async commandRun(run: number, command: RunCommand, actor: Actor): Promise<Outcome<Run>> {
    if (this.#dead || this.#dies(command)) {
      this.#dead = true;
      throw new Died();
    }
    const told = await super.commandRun(run, command, actor);
    // It has told what it saw, and dies before it lays a hand on the system.
    if (this.#death === 'before-apply' && command.type === 'ReportObserved') {
      this.#dead = true;
      throw new Died();
    }
    return told;
  }

  #dies(command: RunCommand): boolean {
    if (command.type !== 'ReportResult') return false;
    const { type } = command.result;
    return (
      (this.#death === 'before-receipt' && type === 'applied') ||
      (this.#death === 'before-confirmation' && type === 'holds')
    );
  }
}
