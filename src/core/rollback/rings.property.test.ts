// Rings keep their order whatever comes: crashes, doubled news, people who press everything.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { startRun } from '../../testing/playbooks.ts';
import { storyOf } from '../../testing/given.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunCommand } from './commands.ts';
import { compileGraph } from './compile.ts';
import { type GraphNode, flawOf } from './graph.ts';
import { runAggregate } from './run.ts';
import { isOver } from './advance.ts';
import { type Run, stepOf } from './state.ts';

/** Any stage of up to three steps in up to four rings, with or without something that is compared and counted. */
const plan: fc.Arbitrary<Plan> = fc
  .record({
    shares: fc.constantFrom([1], [0.1, 1], [0.1, 0.5, 1], [0.01, 0.1, 0.5, 1]),
    steps: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
    compared: fc.boolean(),
    failures: fc.constantFrom(undefined, 0, 2),
    safe: fc.boolean(),
  })
  .map(({ shares, steps, compared, failures, safe }) => {
    const entries = steps.map((follows, index) => ({
      type: 'step',
      step: `s${index}`,
      owner: 'technical',
      timebox: 60_000,
      needs: follows && index > 0 ? [`s${index - 1}`] : [],
      act: {
        type: 'state',
        uses: { connector: 'http', state: 'holds' },
        with: { system: 'router', to: '${ring:percent}' },
        retry: { times: 1, backoff: 1_000 },
      },
    }));
    const worsening = {
      checks: ['login'],
      signals: compared ? { errors: { by: 1, worse: 'higher' } } : {},
      for: 2_000,
      ...(failures === undefined ? {} : { failures }),
    };
    // The cast holds because these are all the parts of a plan that a graph is made of.
    return {
      roles: { deputies: {} },
      ladders: {},
      signals: { errors: {} },
      checkpoints: { legacy: { checks: ['login'], covers: [] } },
      playbooks: {
        full: {
          scope: 'full',
          ...(safe ? { 'safe-to-return': { by: ['legacy'], within: 30_000 } } : {}),
          rings: { traffic: { shares, soak: 5_000, within: 60_000, worsening } },
          stages: [{ name: 'traffic', entries }],
        },
      },
    } as unknown as Plan;
  });

const move = fc.record({
  what: fc.constantFrom(
    ...([
      'take',
      'take',
      'take',
      'holds',
      'holds',
      'holds',
      'fails',
      'good',
      'good',
      'worse',
      'unknown',
      'lost',
    ] as const),
    ...(['retry', 'skip', 'confirm', 'overrule', 'pause', 'resume', 'resume', 'tick'] as const),
  ),
  at: fc.nat(40),
  waitMs: fc.constantFrom(0, 500, 3_000, 6_000, 61_000),
});

test('no step of a ring begins before the look after the ring before it passed, or was overruled', () => {
  let rings = 0;
  fc.assert(
    fc.property(plan, fc.array(move, { maxLength: 120, size: 'max' }), (each, moves) => {
      const graph = compileGraph(each, 'full');
      assert.ok(graph);
      assert.equal(flawOf(graph), null);
      const story = storyOf(runAggregate, { type: 'Tick' });
      story.when(startRun(graph));
      for (const { what, at, waitMs } of moves) {
        story.wait(waitMs);
        const node = pick(graph.nodes, story.state, what, at);
        if (node === undefined || story.state.type !== 'run') return;
        const from = story.events.length;
        const command = commandOf(
          what,
          node,
          stepOf(story.state, node.id)?.attempt ?? 0,
          story.now,
        );
        const before = story.state;
        if (story.ask(command).type === 'rejected') continue;
        for (const { body } of story.events.slice(from)) {
          if (body.type !== 'StepDispatched' && body.type !== 'StepAttemptBegan') continue;
          const number = ringOf(body.step);
          if (number !== null && number > 1) {
            rings += 1;
            const gate = `traffic.ring-${number - 1}.worsening`;
            assert.ok(
              isOver(stepOf(story.state, gate)),
              `${body.step} began before ${gate} was over`,
            );
          }
          if (body.step !== 'safe-to-return' && graph.nodes[0]?.id === 'safe-to-return')
            assert.ok(isOver(stepOf(story.state, 'safe-to-return')));
        }
        if (what === 'skip' || what === 'confirm')
          assert.ok(
            node.ownerOnly !== true ||
              stepOf(before, node.id)?.status === stepOf(story.state, node.id)?.status,
          );
      }
    }),
    { numRuns: 1_500 },
  );
  assert.ok(rings > 100, `so many rings were walked: ${rings}`);
});

/** Mostly a node for which the move means something, sometimes any. */
function pick(
  nodes: readonly GraphNode[],
  run: Run,
  what: string,
  at: number,
): GraphNode | undefined {
  const wanted = fitting[what] ?? [];
  const fits = nodes.filter((node) => {
    const status = run.type === 'run' ? stepOf(run, node.id)?.status : undefined;
    return status !== undefined && wanted.includes(status);
  });
  const among = at % 8 === 0 || fits.length === 0 ? nodes : fits;
  return among[at % among.length];
}

const fitting: { readonly [what: string]: readonly string[] } = {
  take: ['dispatched'],
  ...Object.fromEntries(
    ['holds', 'fails', 'good', 'worse', 'unknown', 'lost'].map((what) => [what, ['running']]),
  ),
  ...Object.fromEntries(
    ['retry', 'skip', 'confirm', 'overrule'].map((what) => [what, ['blocked']]),
  ),
};

/** `s0.ring-2` and `traffic.ring-2.before` are of ring 2. */
function ringOf(step: string): number | null {
  const number = /\.ring-(\d+)/.exec(step)?.[1];
  return number === undefined ? null : Number(number);
}

function commandOf(
  what: string,
  { id: step, work }: GraphNode,
  attempt: number,
  now: number,
): RunCommand {
  switch (what) {
    case 'take':
      return { type: 'BeginAttempt', step, attempt, node: 'node-1' };
    case 'holds':
      return { type: 'ReportResult', step, attempt, result: { type: 'holds', evidence: null } };
    case 'fails':
      return {
        type: 'ReportResult',
        step,
        attempt,
        result: { type: 'failed', class: 'cannot-reach', because: 'so' },
      };
    case 'good':
    case 'worse':
    case 'unknown':
      return work.type === 'worsening'
        ? {
            type: 'ReportRing',
            step,
            attempt,
            says: what,
            because: 'so',
            evidence: null,
            gaplessSince: now - 6_000,
            lookedAt: now,
          }
        : { type: 'BeginAttempt', step, attempt, node: 'node-1' };
    case 'lost':
      return { type: 'ReportLost', step, attempt, node: 'node-1' };
    case 'retry':
      return { type: 'RetryStep', step };
    case 'skip':
      return { type: 'SkipStep', step, because: 'so' };
    case 'confirm':
      return { type: 'ConfirmStep', step, evidence: 'seen' };
    case 'overrule':
      return { type: 'OverruleStep', step, because: 'so' };
    case 'pause':
      return { type: 'PauseRun', because: 'so' };
    case 'resume':
      return { type: 'ResumeRun' };
    default:
      return { type: 'Tick' };
  }
}
