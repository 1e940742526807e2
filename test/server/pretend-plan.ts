// A plan and a run for the tests of the server, and a hand that plays the nodes: it takes steps and tells results.
import type { Plan } from '../../src/core/plan/plan.ts';
import { fingerprint } from '../../src/core/plan/canonical.ts';
import type { Journal } from '../../src/core/journal/journal.ts';
import type { RunCommand } from '../../src/core/rollback/commands.ts';
import type { AttemptResult } from '../../src/core/rollback/events.ts';
import { stepOf } from '../../src/core/rollback/state.ts';
import type { Control } from '../../src/engine/control.ts';
import { localControl } from '../../src/engine/control.ts';
import { operatorDesk } from '../../src/engine/operators.ts';
import { Office, backout } from '../../src/engine/office.ts';
import type { Snapshot } from '../../src/engine/systems.ts';

const minute = 60_000;

/** A small plan with everything that a page shows: a review, a hand at work, a checkpoint and a verification. */
export const plan: Plan = {
  backout: 1,
  name: 'ledger-cutover',
  title: 'Billing moves from the monolith to the Ledger service',
  objectives: { rto: 15 * minute, rpo: 0 },
  obligations: [],
  people: { ada: { name: 'Ada', email: 'ada@example.com' }, ben: { chat: '@ben' } },
  roles: { owner: ['ada'], deputies: { technical: ['ben'] } },
  ladders: {},
  systems: {
    metrics: { uses: 'openmetrics', options: {} },
    router: { uses: 'http', options: {} },
    legacy: { uses: 'postgres', options: {} },
  },
  signals: {
    'error-rate': { from: 'metrics', unit: 'ratio', every: 5_000, independent: false, query: {} },
    'sync-gap': { from: 'legacy', unit: 'rows', every: 10_000, independent: false, query: {} },
    login: { from: 'router', every: 5_000, independent: true, query: {} },
  },
  phases: [{ name: 'cutover', failure: ['errors', 'data-drift'], rollback: 'full' }],
  triggers: {
    errors: {
      class: 'availability',
      when: {
        type: 'threshold',
        signal: 'error-rate',
        comparison: 'above',
        limit: 0.02,
        clears: 0.01,
        for: minute,
        'at-least': 1,
      },
      'no-data': { after: 30_000, is: 'review' },
      mode: 'review',
      review: { by: 'technical', within: 5 * minute, silence: 'roll-back' },
      playbook: 'full',
    },
    'data-drift': {
      class: 'data',
      when: {
        type: 'threshold',
        signal: 'sync-gap',
        comparison: 'above',
        limit: 100,
        clears: 50,
        for: 2 * minute,
        'at-least': 1,
      },
      'no-data': { after: 30_000, is: 'hold' },
      mode: 'review',
      review: { by: 'technical', within: 10 * minute, silence: 'hold' },
      playbook: 'full',
    },
  },
  guards: { cooldown: 30 * minute, 'minimum-samples': 0, quiet: [] },
  playbooks: {
    full: {
      scope: 'full',
      stages: [
        {
          name: 'stabilise',
          entries: [
            state('stop-writes', 'http/holds', 'router'),
            state('route-back', 'http/holds', 'router'),
          ],
        },
        {
          name: 'data',
          entries: [
            state('carry-writes-home', 'sql/holds', 'legacy'),
            {
              type: 'step',
              step: 'stop-bank-file',
              owner: 'communications',
              timebox: 5 * minute,
              needs: [],
              act: {
                type: 'manual',
                do: 'Call the bank and have the file of tonight stopped.',
                'look-for': 'no new file in /out',
                evidence: 'required',
              },
            },
          ],
        },
        {
          name: 'verify',
          entries: [
            { type: 'checkpoint', checkpoint: 'customers-can-work', timebox: minute, needs: [] },
          ],
        },
      ],
      verified: { by: ['customers-can-work'], hold: minute, within: 10 * minute },
    },
  },
  checks: {},
  checkpoints: { 'customers-can-work': { checks: ['login'], covers: [] } },
  safeguards: { backups: {}, reconciliations: {}, transformations: {} },
  governance: { 'pre-approved': [], waivers: [] },
  'not-applicable': [],
};

function state(
  name: string,
  uses: string,
  system: string,
): Plan['playbooks'][string]['stages'][number]['entries'][number] {
  const [connector = '', kind = ''] = uses.split('/');
  return {
    type: 'step',
    step: name,
    owner: 'technical',
    timebox: minute,
    needs: [],
    act: {
      type: 'state',
      uses: { connector, state: kind },
      with: { system },
      retry: { times: 1, backoff: 1_000 },
    },
  };
}

/** The plan as it is armed. */
export const snapshot: Snapshot = { plan, fingerprint: fingerprint(plan), directory: '/plans' };

/** An office on a journal, with a hand that plays triggers and nodes. */
export interface Stage {
  readonly control: Control;
  readonly office: Office;
  /** The trigger sees errors: a question is asked. */
  readonly breach: () => Promise<void>;
  /** A node takes the step and does not end it yet. */
  readonly take: (run: number, step: string) => Promise<void>;
  /** The node tells what became of the step. */
  readonly tell: (run: number, step: string, result: AttemptResult) => Promise<void>;
  /** The node saw that the step differs, and applies. */
  readonly observe: (run: number, step: string, change: string) => Promise<void>;
  /** A node takes the step and finds that it holds; people confirm theirs. */
  readonly finish: (run: number, step: string) => Promise<void>;
  /** Every step but the verification. */
  readonly finishAll: (run: number) => Promise<void>;
  /** A node looks at the verification once. */
  readonly verify: (run: number, holds: boolean) => Promise<void>;
  /** Time is looked at: what is due? */
  readonly tick: () => Promise<void>;
}

/** Sets the stage: the plan is armed, its phase entered. */
export async function setStage(journal: Journal): Promise<Stage> {
  const office = new Office(journal);
  const control = localControl(office, journal);
  const armed = await control.arm(snapshot, 'cutover', 'Ada');
  if (armed.type === 'rejected') throw new Error(armed.because);

  /** Gives the run a command of a node, for the attempt that counts. */
  const node = async (
    run: number,
    step: string,
    command: (attempt: number) => RunCommand,
  ): Promise<void> => {
    const { state: now } = await office.run(run);
    const attempt = now.type === 'run' ? (stepOf(now, step)?.attempt ?? 0) : 0;
    await accepted(office.commandRun(run, command(attempt), backout));
  };
  const take: Stage['take'] = (run, step) =>
    node(run, step, (attempt) => ({ type: 'BeginAttempt', step, attempt, node: 'node-1' }));
  const tell: Stage['tell'] = (run, step, result) =>
    node(run, step, (attempt) => ({ type: 'ReportResult', step, attempt, result }));
  const finish: Stage['finish'] = async (run, step) => {
    if (step === 'stop-bank-file') {
      await control.tell(run, { type: 'ConfirmStep', step, evidence: 'no new file' }, 'Chi');
      return;
    }
    await take(run, step);
    await tell(run, step, { type: 'holds', evidence: {} });
  };
  return {
    control,
    office,
    breach: async () => {
      const measured = {
        signal: 'error-rate',
        status: 'breached',
        value: 0.061,
        at: await journal.now(),
        above: 0.02,
        forMs: minute,
        clearsAt: 0.01,
      };
      const change = {
        type: 'verdict',
        trigger: 'errors',
        verdict: { type: 'breached', why: 'condition' },
        evidence: { errors: measured },
      } as const;
      await accepted(
        office.commandMigration(plan.name, { type: 'RecordChanges', changes: [change] }, backout),
      );
    },
    take,
    tell,
    observe: (run, step, change) =>
      node(run, step, (attempt) => ({
        type: 'ReportObserved',
        step,
        attempt,
        evidence: {},
        change,
      })),
    finish,
    finishAll: async (run) => {
      for (const step of [
        'stop-writes',
        'route-back',
        'carry-writes-home',
        'stop-bank-file',
        'customers-can-work',
      ])
        await finish(run, step);
    },
    verify: (run, holds) =>
      node(run, 'verified', (attempt) => ({
        type: 'ReportVerification',
        attempt,
        holds,
        evidence: [],
        gaplessSince: 0,
      })),
    tick: () => accepted(office.commandMigration(plan.name, { type: 'Tick' }, backout)),
  };
}

/** The same plan, in which one other approves a run, and that a step is skipped. */
export const careful: Plan = {
  ...plan,
  governance: { ...plan.governance, approvals: { run: 1, deviation: 1, within: 15 * minute } },
};

/** Arms it, or another version of it. */
export async function armCareful({ control }: Stage, armed: Plan = careful): Promise<void> {
  const next = { plan: armed, fingerprint: fingerprint(armed), directory: '/plans' };
  const answer = await control.arm(next, 'cutover', { name: 'ada', proof: 'token' });
  if (answer.type === 'rejected') throw new Error(answer.because);
}

/** The token of a new operator; ada, who is the first, manages the others. */
export async function operatorOn({ office }: Stage, operator: string): Promise<string> {
  const order = { type: 'AddOperator', operator, manages: false } as const;
  const answer = await operatorDesk(office).order(order, { name: 'ada', proof: 'token' });
  if (answer.type === 'rejected') throw new Error(answer.because);
  return answer.token ?? '';
}

async function accepted(
  outcome: Promise<
    { readonly type: 'done' } | { readonly type: 'rejected'; readonly because: string }
  >,
): Promise<void> {
  const said = await outcome;
  if (said.type === 'rejected') throw new Error(said.because);
}
