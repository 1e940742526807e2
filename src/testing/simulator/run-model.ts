// What the judge knows of one run: a model of its steps that shares no code with the core, told event by event.
import type { AttemptResult, RunEvent } from '../../core/rollback/events.ts';
import type { GraphNode } from '../../core/rollback/graph.ts';
import type { Invariant } from './invariants.ts';

/** A look at the checks of the plan, as the simulated system answered it: by the store's clock, and by the true time. */
export interface Looked {
  readonly node: string;
  readonly at: number;
  readonly trulyAt: number;
  readonly good: boolean;
}

/** Between two looks of a verification may lie so much: the engine's own limit of 7 s, and a look that takes 5 s. Milliseconds. */
const GAP_MS = 12_100;

interface StepModel {
  readonly graph: GraphNode;
  status: 'waiting' | 'dispatched' | 'running' | 'open' | 'over';
  attempt: number;
  begun: number;
  node: string | null;
  /** Which attempts told what they had observed, and on which node. */
  readonly observed: Map<number, string>;
  applied: boolean;
  /** The holder has seen it hold, since it began. */
  sawHolding: boolean;
  /** The looks of the attempt that counts. */
  looks: Looked[];
}

type Blame = (invariant: Invariant, sentence: string) => void;

/** One run. */
export class RunModel {
  readonly plan: string;
  ended = false;
  outcome: string | null = null;
  readonly #steps = new Map<string, StepModel>();
  readonly #blame: Blame;
  #at = 0;

  constructor(started: RunEvent & { type: 'RunStarted' }, blame: Blame) {
    this.plan = started.plan;
    this.#blame = blame;
    for (const graph of started.graph.nodes)
      this.#steps.set(graph.id, {
        graph,
        status: 'waiting',
        attempt: 0,
        begun: 0,
        node: null,
        observed: new Map(),
        applied: false,
        sawHolding: false,
        looks: [],
      });
  }

  /** Whether this attempt on this node told the journal what it had observed. */
  hasObserved(step: string, attempt: number, node: string): boolean {
    return this.#steps.get(step)?.observed.get(attempt) === node;
  }

  /** Whether it is this attempt that counts, on this node. */
  counts(id: string, attempt: number, node: string): boolean {
    const step = this.#steps.get(id);
    return step?.status === 'running' && step.attempt === attempt && step.node === node;
  }

  /** The attempts that are under way, and the node that has each. */
  held(): readonly { readonly step: string; readonly attempt: number; readonly node: string }[] {
    return [...this.#steps].flatMap(([step, { status, attempt, node }]) =>
      status === 'running' && node !== null ? [{ step, attempt, node }] : [],
    );
  }

  /** A node observed the state of a step. */
  saw(id: string, node: string, holds: boolean): void {
    const step = this.#steps.get(id);
    if (step?.status === 'running' && step.node === node) step.sawHolding = holds;
  }

  /** A node looked at the checks of the plan. */
  looked(look: Looked): void {
    for (const step of this.#steps.values())
      if (step.status === 'running' && step.node === look.node) step.looks.push(look);
  }

  /** One more event of this run, appended by this node or person. */
  happened(by: string, body: RunEvent, at: number): void {
    if (at < this.#at)
      this.#blame('time-of-decision', `${body.type} lies before the event before.`);
    this.#at = at;
    if (this.ended && body.type !== 'StepLateResultRecorded')
      this.#blame('terminal-is-terminal', `${body.type} after the end.`);
    if (body.type === 'RunEnded') return this.#end(body);
    if (!('step' in body)) return;
    const step = this.#steps.get(body.step);
    if (step !== undefined) this.#ofStep(by, step, body, at);
  }

  #ofStep(
    by: string,
    step: StepModel,
    body: RunEvent & { readonly step: string },
    at: number,
  ): void {
    // Not a switch over all: what this model does not know yet changes nothing that it promises.
    if (body.type === 'StepDispatched') this.#dispatched(step, body);
    else if (body.type === 'StepAttemptBegan') this.#began(step, body);
    else if (body.type === 'StepObserved') {
      this.#fromHolder(by, step, body);
      step.observed.set(body.attempt, by);
      this.#keeps(step, body.evidence);
    } else if (body.type === 'StepApplied') {
      this.#fromHolder(by, step, body);
      step.applied = true;
    } else if (body.type === 'StepConfirmed') this.#confirmed(by, step, body, at);
    else if (body.type === 'StepAttemptFailed') {
      this.#fromHolder(by, step, body);
      Object.assign(step, { status: 'open', node: null });
    } else if (body.type === 'StepAttemptLost') {
      if (!this.counts(body.step, body.attempt, body.node))
        this.#blame(
          'one-attempt-counts',
          `attempt ${body.attempt} of ${body.step} was lost, and it did not count.`,
        );
      Object.assign(step, { status: 'open', node: null });
    } else if (body.type === 'StepBlocked' || body.type === 'StepRetryPlanned')
      Object.assign(step, { status: 'open', node: null });
    else if (body.type === 'StepAsked') {
      this.#mayBegin(step, body.type);
      step.status = 'open';
    } else if (body.type === 'StepSkipped') {
      if (step.status === 'running')
        this.#blame('one-attempt-counts', `${body.step} was skipped while it was carried out.`);
      step.status = 'over';
    } else if (body.type === 'StepLateResultRecorded') this.#isLate(by, step, body);
  }

  #dispatched(step: StepModel, body: RunEvent & { type: 'StepDispatched' }): void {
    this.#mayBegin(step, body.type);
    if (step.status === 'running' || body.attempt < step.attempt)
      this.#blame(
        'one-attempt-counts',
        `attempt ${body.attempt} of ${body.step} was dispatched while attempt ${step.attempt} is under way.`,
      );
    if (body.attempt <= step.begun)
      this.#blame(
        'one-attempt-counts',
        `attempt ${body.attempt} of ${body.step} was dispatched and had begun before.`,
      );
    Object.assign(step, { status: 'dispatched', attempt: body.attempt, node: null });
  }

  #began(step: StepModel, body: RunEvent & { type: 'StepAttemptBegan' }): void {
    this.#mayBegin(step, body.type);
    const { status, attempt, begun, node } = step;
    if (status !== 'dispatched' || body.attempt !== attempt || attempt <= begun)
      this.#blame(
        'one-attempt-counts',
        `attempt ${body.attempt} of ${body.step} began on ${body.node}, and it is attempt ${attempt} (${status} on ${node ?? 'nobody'}) that counts.`,
      );
    Object.assign(step, {
      status: 'running',
      begun: body.attempt,
      node: body.node,
      sawHolding: false,
      looks: [],
    });
  }

  /** Only the attempt that counts may change its step, and only from the node that has it. */
  #fromHolder(
    by: string,
    step: StepModel,
    body: { readonly type: string; readonly attempt: number },
  ): void {
    if (step.status === 'running' && step.attempt === body.attempt && step.node === by) return;
    this.#blame(
      'one-attempt-counts',
      `${body.type} of attempt ${body.attempt} of ${step.graph.id} came from ${by}, and attempt ${step.attempt} (${step.status} on ${step.node ?? 'nobody'}) counts.`,
    );
  }

  #isLate(
    by: string,
    step: StepModel,
    body: { readonly attempt: number; readonly result: AttemptResult },
  ): void {
    if (this.ended) return;
    if (step.status === 'running' && step.attempt === body.attempt && step.node === by)
      this.#blame(
        'one-attempt-counts',
        `the ${body.result.type} of attempt ${body.attempt} of ${step.graph.id} counts, and was only recorded.`,
      );
  }

  #keeps(step: StepModel, evidence: unknown): void {
    if (step.applied || step.observed.size > 1) return;
    if (JSON.stringify(evidence) !== '{"set":false}')
      this.#blame(
        'keeps-what-was',
        `${step.graph.id} keeps ${JSON.stringify(evidence)} as what was there before.`,
      );
  }

  #confirmed(
    by: string,
    step: StepModel,
    body: RunEvent & { type: 'StepConfirmed' },
    at: number,
  ): void {
    if (body.done === 'by-hand') {
      if (step.status !== 'open')
        this.#blame(
          'one-attempt-counts',
          `${body.step} was confirmed by hand and asked for nobody.`,
        );
    } else {
      this.#fromHolder(by, step, body);
      if (step.graph.work.type === 'state' && !step.sawHolding)
        this.#blame('done-is-so', `${body.step} was confirmed, and nobody had seen it hold.`);
      if (step.graph.work.type === 'checkpoint' && step.looks.at(-1)?.good !== true)
        this.#blame('done-is-so', `checkpoint ${body.step} passed, and its last look was bad.`);
      if (step.graph.work.type === 'verification') this.#held(step, step.graph.work.holdMs, at);
    }
    Object.assign(step, { status: 'over', node: null });
  }

  /** The last looks were all good, none was long after the one before, and first and last lie as far apart as declared. */
  #held({ looks, graph }: StepModel, holdMs: number, at: number): void {
    let since: Looked | undefined = undefined;
    let last: Looked | undefined;
    for (const look of looks.toReversed()) {
      // The clock of the store may have jumped between two looks: then nobody was away for that.
      const apart = Math.abs((since?.at ?? at) - look.at);
      const trulyApart = (since?.trulyAt ?? look.trulyAt) - look.trulyAt;
      if (!look.good || Math.min(apart, trulyApart) > GAP_MS) break;
      since = look;
      last ??= look;
    }
    if (since !== undefined && last !== undefined && last.at - since.at >= holdMs) return;
    const seen = looks.map((look) => `${look.good ? 'good' : 'bad'} at ${look.at - at}`).join(', ');
    this.#blame(
      'verified-is-so',
      `${graph.id} must hold for ${holdMs} ms, and what was seen is: ${seen}.`,
    );
  }

  #mayBegin({ graph }: StepModel, how: string): void {
    const missing = graph.needs.filter((need) => !this.#isOver(need));
    if (missing.length > 0)
      this.#blame('order-is-kept', `${how} ${graph.id} before ${missing.join(', ')} was over.`);
  }

  #isOver(id: string): boolean {
    const step = this.#steps.get(id);
    return step?.status === 'over' && step.graph.needs.every((need) => this.#isOver(need));
  }

  #end(body: RunEvent & { type: 'RunEnded' }): void {
    this.ended = true;
    this.outcome = body.outcome;
    const open = [...this.#steps.values()].filter(({ status }) => status !== 'over');
    if (body.outcome === 'rolled-back-verified' && open.length > 0)
      this.#blame(
        'verified-is-so',
        `verified, and ${open.map(({ graph }) => graph.id).join(', ')} not over.`,
      );
    const changing = open.filter(
      ({ status, graph }) => status === 'running' && graph.work.type === 'state',
    );
    if (body.outcome === 'aborted' && changing.length > 0)
      this.#blame(
        'one-attempt-counts',
        `aborted while ${changing.map(({ graph }) => graph.id).join(', ')} was under way.`,
      );
  }
}
