// The people of a simulated world: first they press everything twice, and in the end they answer whatever waits for them.
import type { BegunRun } from '../../core/rollback/state.ts';
import { type Answer, type Control, localControl } from '../../engine/control.ts';
import { StoreError } from '../../store/errors.ts';
import { PLAN } from './plans.ts';
import type { World } from './world.ts';

/** In the end somebody looks so often at what waits. Milliseconds. */
const LOOK_MS = 500;

/** A blocked step is tried again so often by hand before it is skipped. */
const RETRIES = 4;

/** Ada and Bob. */
export class People {
  readonly #world: World;
  readonly #controls: readonly Control[];
  #phase: string | null = null;
  readonly #retried = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    this.#controls = ['ada', 'bob'].map((person) => {
      const office = world.officeOf(person);
      return localControl(office, office.streams.journal);
    });
  }

  /** Arms the plan, and either orders a run or lets the trigger find what is broken. */
  begin(): void {
    const { chance, time, system } = this.#world;
    const triggered = chance.happens(0.3);
    if (triggered) {
      this.#phase = 'cutover';
      // Now and then nothing is broken: then nothing may go back by itself.
      system.broken = chance.happens(0.8);
    }
    this.#arm();
    // The answer may be lost with what was asked: whoever does not know arms again.
    time.after(3_000, () => this.#arm());
    if (!system.broken) time.after(chance.between(1, 300), () => this.order());
  }

  #arm(): void {
    const { snapshot } = this.#world;
    this.#press('arms', (control, who) => control.arm(snapshot, this.#phase, who), 1);
  }

  /** Somebody orders a run, more than once. */
  order(): void {
    const wanted = { playbook: 'full', because: 'a simulation', kind: 'live' } as const;
    this.#press('orders', (control, who) => control.order(PLAN, wanted, who));
  }

  /** Somebody presses something, and then again. */
  meddle(): void {
    const { chance } = this.#world;
    const run = this.#run();
    const step = run === undefined ? '' : chance.pick(run.graph.nodes).id;
    const number = run?.run ?? 1;
    const at = chance.next();
    if (at < 0.2) this.order();
    else if (at < 0.35)
      this.#press('pauses', (control, who) =>
        control.tell(number, { type: 'PauseRun', because: 'wait' }, who),
      );
    else if (at < 0.55)
      this.#press('resumes', (control, who) => control.tell(number, { type: 'ResumeRun' }, who));
    else if (at < 0.6)
      this.#press('aborts', (control, who) =>
        control.tell(number, { type: 'AbortRun', because: 'second thoughts' }, who),
      );
    else if (at < 0.7)
      this.#press(`skips ${step}`, (control, who) =>
        control.tell(number, { type: 'SkipStep', step, because: 'not needed' }, who),
      );
    else if (at < 0.8)
      this.#press(`retries ${step}`, (control, who) =>
        control.tell(number, { type: 'RetryStep', step }, who),
      );
    else if (at < 0.9)
      this.#press(`confirms ${step}`, (control, who) =>
        control.tell(number, { type: 'ConfirmStep', step, evidence: 'I saw it.' }, who),
      );
    else if (at < 0.92)
      this.#press(`takes ${step}`, (control, who) =>
        control.tell(number, { type: 'TakeStep', step }, who),
      );
    else if (at < 0.93)
      this.#press(`takes ${step}`, (control, who) =>
        control.tell(number, { type: 'TakeStep', step }, who),
      );
    else if (at < 0.96)
      this.#press('approves', (control, who) => control.decide(PLAN, { type: 'Approve' }, who));
    else
      this.#press('holds', (control, who) =>
        control.decide(PLAN, { type: 'Hold', forMs: 2_000 }, who),
      );
  }

  /** From now on somebody answers whatever waits. */
  answer(): void {
    const { time } = this.#world;
    const look = (): void => {
      this.#answerOnce();
      time.after(LOOK_MS, look);
    };
    look();
  }

  #answerOnce(): void {
    const migration = this.#world.judge.stateOf(`migration-${PLAN}`);
    const run = this.#run();
    if (migration?.type !== 'migration') return this.#arm();
    if (migration.activeRun === null && this.#world.judge.runs.size === 0) {
      if (migration.questions.length === 0) return this.order();
      const { decision } = migration.questions[0] ?? {};
      return this.#press('approves', (control, who) =>
        control.decide(
          PLAN,
          { type: 'Approve', ...(decision === undefined ? {} : { decision }) },
          who,
        ),
      );
    }
    if (run === undefined || run.status === 'ended') return;
    if (run.status === 'paused')
      return this.#press('resumes', (control, who) =>
        control.tell(run.run, { type: 'ResumeRun' }, who),
      );
    for (const [step, { status }] of Object.entries(run.steps)) {
      if (status === 'asked')
        this.#press(`confirms ${step}`, (control, who) =>
          control.tell(run.run, { type: 'ConfirmStep', step, evidence: 'I saw it.' }, who),
        );
      if (status === 'blocked') this.#unblock(run.run, step);
    }
  }

  #unblock(run: number, step: string): void {
    const key = `${run}/${step}`;
    const tries = (this.#retried.get(key) ?? 0) + 1;
    this.#retried.set(key, tries);
    if (tries <= RETRIES)
      this.#press(`retries ${step}`, (control, who) =>
        control.tell(run, { type: 'RetryStep', step }, who),
      );
    else
      this.#press(`skips ${step}`, (control, who) =>
        control.tell(run, { type: 'SkipStep', step, because: 'it cannot be done' }, who),
      );
  }

  /** The run that is under way, or else the newest. */
  #run(): BegunRun | undefined {
    const { judge } = this.#world;
    const runs = [...judge.runs];
    const [number] = runs.find(([, { ended }]) => !ended) ?? runs.at(-1) ?? [0];
    const state = judge.stateOf(`run-${number}`);
    return state?.type === 'run' ? state : undefined;
  }

  /** Presses so often (twice unless said otherwise), one person or both, and keeps what they were told. */
  #press(what: string, how: (control: Control, who: string) => Promise<Answer>, times = 2): void {
    const { chance, trace, time } = this.#world;
    for (let pressed = 0; pressed < times; pressed += 1) {
      const index = chance.between(0, 1);
      const [control, who] = [this.#controls[index], index === 0 ? 'ada' : 'bob'];
      if (control === undefined) return;
      trace?.(time.now, who, what);
      void this.#hear(who, what, how(control, who));
    }
  }

  /** What they were told is kept: it must be so. That the store is away is nothing that people are told. */
  async #hear(who: string, what: string, asked: Promise<Answer>): Promise<void> {
    const { judge } = this.#world;
    try {
      const answer = await asked;
      if (answer.type === 'done') judge.acknowledged(who, answer.events);
    } catch (error) {
      if (!(error instanceof StoreError))
        judge.blame('no-defect', `${who} ${what}: ${String(error)}`);
    }
  }
}
