// A rollback in rings: what is measured, looked at and compared, what stops it, and who may let it go on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type RunStory,
  begun,
  carryOut,
  failed,
  startRun,
  stepIn,
  take,
  tell,
} from '../../testing/playbooks.ts';
import { person, storyOf } from '../../testing/given.ts';
import type { Actor } from '../journal/event.ts';
import { parsePlan } from '../plan/parse.ts';
import type { Plan } from '../plan/plan.ts';
import { compileGraph } from './compile.ts';
import { type Graph, flawOf } from './graph.ts';
import { judgeRing } from './rings.ts';
import { runAggregate } from './run.ts';
import { compileUndo } from './undo.ts';
import { waitsFor } from './waits.ts';

function planOf(more = ''): Plan {
  const text = `
backout: 1
name: shop
people: { ada: { name: Ada }, ben: { name: Ben } }
roles: { owner: ada, deputies: { technical: ben } }
systems: { router: { uses: http, url: "http://router" } }
signals:
  login: { from: router, probe: { get: / } }
  error-rate: { from: router, probe: { get: /errors }, unit: ratio }
checkpoints: { legacy-works: { checks: [login] }, there: { checks: [login] } }
playbooks:
  full:
    scope: full
    ${more}
    rings:
      traffic:
        shares: [10%, 50%, 100%]
        soak: 30s
        within: 5m
        worsening: { checks: [login], signals: { error-rate: { by: 1% } }, for: 10s, failures: 1 }
    stages:
      - stop:
          - { step: stop-writes, owner: technical, timebox: 60s, manual: { do: it } }
      - traffic:
          - step: route
            owner: technical
            timebox: 60s
            uses: http/holds
            with: { system: router, legacy: "\${ring:percent}", ledger: "\${ring:rest}", say: "ring \${ring:number} of \${ring:of}" }
          - { step: flush, owner: technical, timebox: 60s, needs: [], uses: http/holds, with: { system: router } }
      - tidy:
          - { step: mail, owner: technical, timebox: 60s, needs: [route], manual: { do: mail } }
`;
  const parsed = parsePlan({ file: 'plan.yaml', text });
  if (parsed.type === 'plan') return parsed.plan;
  throw new Error(
    parsed.problems.map((problem) => `${problem.message} ${problem.mend}`).join('\n'),
  );
}

function graphOf(plan = planOf()): Graph {
  const graph = compileGraph(plan, 'full');
  assert.ok(graph);
  assert.equal(flawOf(graph), null);
  return graph;
}

/** A run whose first ring has gone back and is being looked at. */
function afterFirstRing(): RunStory {
  const story = storyOf(runAggregate, { type: 'Tick' });
  story.when(startRun(graphOf()));
  story.when({ type: 'ConfirmStep', step: 'stop-writes', evidence: 'seen' });
  take(story, 'traffic.ring-1.before');
  tell(story, 'traffic.ring-1.before', {
    type: 'holds',
    evidence: { 'error-rate': { value: 0.01, at: 1 } },
  });
  carryOut(story, 'route.ring-1');
  carryOut(story, 'flush.ring-1');
  take(story, 'traffic.ring-1.worsening');
  return story;
}

type Says = 'good' | 'worse' | 'unknown';

function look(story: RunStory, says: Says, because = '', gaplessSince = 0): readonly string[] {
  return story.when({
    type: 'ReportRing',
    step: 'traffic.ring-1.worsening',
    attempt: stepIn(story, 'traffic.ring-1.worsening').attempt,
    says,
    because,
    evidence: null,
    gaplessSince,
    lookedAt: story.now,
  });
}

test('a stage in rings is there once for each ring, each waiting until the one before was not worse', () => {
  assert.deepEqual(
    graphOf().nodes.map((node) => `${node.stage}: ${node.id} < ${node.needs.join(', ')}`),
    [
      'stop: stop-writes < ',
      'traffic 10 %: traffic.ring-1.before < stop-writes',
      'traffic 10 %: route.ring-1 < traffic.ring-1.before',
      'traffic 10 %: flush.ring-1 < traffic.ring-1.before',
      'traffic 10 %: traffic.ring-1.worsening < route.ring-1, flush.ring-1',
      'traffic 50 %: traffic.ring-2.before < traffic.ring-1.worsening',
      'traffic 50 %: route.ring-2 < traffic.ring-2.before',
      'traffic 50 %: flush.ring-2 < traffic.ring-2.before',
      'traffic 50 %: traffic.ring-2.worsening < route.ring-2, flush.ring-2',
      'traffic 100 %: traffic.ring-3.before < traffic.ring-2.worsening',
      'traffic 100 %: route.ring-3 < traffic.ring-3.before',
      'traffic 100 %: flush.ring-3 < traffic.ring-3.before',
      'traffic 100 %: traffic.ring-3.worsening < route.ring-3, flush.ring-3',
      'tidy: mail < traffic.ring-3.worsening, route.ring-3',
    ],
  );
});

test('a step in rings gets the share of its ring, as a number where it stands alone', () => {
  const wanted = graphOf().nodes.flatMap(({ id, work }) =>
    work.type === 'state' && id.startsWith('route') ? [work.desired] : [],
  );
  assert.deepEqual(wanted, [
    { legacy: 10, ledger: 90, say: 'ring 1 of 3' },
    { legacy: 50, ledger: 50, say: 'ring 2 of 3' },
    { legacy: 100, ledger: 0, say: 'ring 3 of 3' },
  ]);
});

test('when it was not worse for the whole soak, the next ring begins', () => {
  const story = afterFirstRing();
  assert.deepEqual(look(story, 'good'), ['RingLooked traffic.ring-1.worsening']);
  story.wait(29_000);
  assert.deepEqual(look(story, 'good'), []);
  story.wait(1_000);
  assert.deepEqual(look(story, 'good'), [
    'StepConfirmed traffic.ring-1.worsening',
    'StepDispatched traffic.ring-2.before',
  ]);
});

test('a gap in looking, and what could not be measured, begin the soak anew', () => {
  const story = afterFirstRing();
  look(story, 'good');
  story.wait(20_000);
  look(story, 'unknown', 'error-rate could not be measured');
  story.wait(20_000);
  assert.deepEqual(look(story, 'good'), ['RingLooked traffic.ring-1.worsening']);
  story.wait(40_000);
  assert.deepEqual(look(story, 'good', '', story.now - 5_000), []);
});

test('worse for long enough stops the run and says why; worse for a moment does not', () => {
  const story = afterFirstRing();
  look(story, 'worse', 'login does not hold');
  story.wait(5_000);
  look(story, 'good');
  assert.equal(begun(story).status, 'running');
  look(story, 'worse', 'error-rate is 6 %, and was 1 % before the ring');
  story.wait(10_000);
  assert.deepEqual(look(story, 'worse', 'error-rate is 7 %, and was 1 % before the ring'), [
    'StepBlocked traffic.ring-1.worsening',
    'RunPaused',
    'StepCalled traffic.ring-1.worsening',
  ]);
  assert.equal(begun(story).status, 'paused');
  const waits = waitsFor(begun(story))
    .map(({ sentence }) => sentence)
    .join('\n');
  assert.match(
    waits,
    /owner \(ada\): Worse after ring 1 of 3 \(10 %\) of traffic: error-rate is 7 %, and was 1 %/,
  );
  assert.equal(stepIn(story, 'traffic.ring-2.before').status, 'waiting');
});

test('the owner lets a ring go on with a reason, nobody skips it or confirms it by hand', () => {
  const story = afterFirstRing();
  look(story, 'worse', 'login does not hold');
  story.wait(10_000);
  look(story, 'worse', 'login does not hold');
  const step = 'traffic.ring-1.worsening';
  assert.equal(story.refused({ type: 'SkipStep', step, because: 'so' }), 'overrule-only');
  assert.equal(story.refused({ type: 'ConfirmStep', step, evidence: 'seen' }), 'overrule-only');
  assert.equal(story.refused({ type: 'OverruleStep', step, because: ' ' }), 'reason-missing');
  assert.deepEqual(
    story.when({ type: 'OverruleStep', step, because: 'known, ends at noon' }, person('ada')),
    [
      'StepOverruled traffic.ring-1.worsening',
      'RunResumed',
      'StepDispatched traffic.ring-2.before',
    ],
  );
  assert.deepEqual(story.when({ type: 'OverruleStep', step, because: 'again' }), []);
});

test('only a proven owner overrules, whatever else the person may do', () => {
  const story = storyOf(runAggregate, { type: 'Tick' });
  const start = startRun(graphOf(planOf('safe-to-return: { by: [legacy-works], within: 30s }')));
  const authority = {
    owner: ['ada'],
    deputies: { technical: ['ben'] },
    ladders: {},
    people: { ada: { name: 'Ada', reach: '' }, ben: { name: 'Ben', reach: '' } },
  };
  story.when({ ...start, authority });
  take(story, 'safe-to-return');
  story.pass(60_000);
  const proven = (name: string): Actor => ({ kind: 'person', name, proof: 'token' });
  const overrule = { type: 'OverruleStep', step: 'safe-to-return', because: 'so' } as const;
  assert.equal(story.refused(overrule, proven('ben')), 'not-yours');
  assert.deepEqual(story.when(overrule, proven('ada')).slice(0, 1), [
    'StepOverruled safe-to-return',
  ]);
});

test('too many failed attempts in a ring stop it in the middle of it', () => {
  const story = storyOf(runAggregate, { type: 'Tick' });
  story.when(startRun(graphOf()));
  story.when({ type: 'ConfirmStep', step: 'stop-writes', evidence: 'seen' });
  carryOut(story, 'traffic.ring-1.before');
  take(story, 'route.ring-1');
  assert.equal(tell(story, 'route.ring-1', failed('cannot-reach')).includes('RunPaused'), false);
  take(story, 'flush.ring-1');
  assert.deepEqual(tell(story, 'flush.ring-1', failed('cannot-reach')).slice(-3), [
    'StepBlocked traffic.ring-1.worsening',
    'RunPaused',
    'StepCalled traffic.ring-1.worsening',
  ]);
  const { problem } = stepIn(story, 'traffic.ring-1.worsening');
  assert.match(problem?.because ?? '', /2 attempts failed in it, and the limit is 1/);
  assert.equal(
    story.refused({ type: 'RetryStep', step: 'traffic.ring-1.worsening' }),
    'needs-open',
    'a look after the ring comes after the ring',
  );
});

test('nothing begins before what we go back to is healthy, and blindness is not health', () => {
  const story = storyOf(runAggregate, { type: 'Tick' });
  const graph = graphOf(planOf('safe-to-return: { by: [legacy-works], within: 30s }'));
  assert.deepEqual(
    graph.nodes.slice(0, 2).map(({ id, needs }) => [id, needs]),
    [
      ['safe-to-return', []],
      ['stop-writes', ['safe-to-return']],
    ],
  );
  assert.deepEqual(story.when(startRun(graph)), ['RunStarted 7', 'StepDispatched safe-to-return']);
  take(story, 'safe-to-return');
  tell(story, 'safe-to-return', failed('verification-failed'));
  story.pass(60_000);
  assert.equal(stepIn(story, 'safe-to-return').status, 'blocked');
  assert.equal(stepIn(story, 'stop-writes').status, 'waiting');
  assert.equal(
    story.refused({ type: 'SkipStep', step: 'safe-to-return', because: 'so' }),
    'overrule-only',
  );
  story.when({ type: 'OverruleStep', step: 'safe-to-return', because: 'it is slow, and up' });
  assert.equal(stepIn(story, 'stop-writes').status, 'asked');
});

test('a look compares with before the ring, the way that is worse, and what is unknown is not good', () => {
  const work = graphOf().nodes.flatMap((node) =>
    node.work.type === 'worsening' ? [node.work] : [],
  )[0];
  assert.ok(work);
  const before = { 'error-rate': { value: 0.01 } };
  const number = (value: number) => ({ 'error-rate': { type: 'number' as const, value } });
  const all = [{ check: 'login', says: 'holds' as const }];
  assert.equal(judgeRing(work, before, all, number(0.02)).says, 'good');
  assert.deepEqual(judgeRing(work, before, all, number(0.021)), {
    says: 'worse',
    because: 'error-rate is 2.1 %, and was 1 % before the ring',
  });
  assert.equal(judgeRing(work, null, all, number(0)).says, 'unknown');
  assert.equal(judgeRing(work, before, all, {}).says, 'unknown');
  assert.equal(
    judgeRing(work, before, [{ check: 'login', says: 'unknown' }], number(0)).says,
    'unknown',
  );
  assert.equal(judgeRing(work, before, [{ check: 'login', says: 'fails' }], {}).says, 'worse');
  const falls = {
    ...work,
    signals: [{ signal: 'error-rate', by: 0.001, worse: 'lower' as const }],
  };
  assert.equal(judgeRing(falls, before, all, number(0.005)).says, 'worse');
});

test('a ring is undone alone, from its measure on, once the run was aborted', () => {
  const story = storyOf(runAggregate, { type: 'Tick' });
  story.when(startRun(graphOf()));
  story.when({ type: 'ConfirmStep', step: 'stop-writes', evidence: 'seen' });
  const change = (step: string): void => {
    take(story, step);
    const { attempt } = stepIn(story, step);
    story.when({ type: 'ReportObserved', step, attempt, evidence: { was: step } });
    tell(story, step, { type: 'applied', receipt: null });
    tell(story, step, { type: 'holds', evidence: null });
  };
  const look = (ring: number, says: Says): void => {
    const step = `traffic.ring-${ring}.worsening`;
    const { attempt } = stepIn(story, step);
    story.when({
      type: 'ReportRing',
      step,
      attempt,
      says,
      because: says === 'worse' ? 'login does not hold' : '',
      evidence: null,
      gaplessSince: 0,
      lookedAt: story.now,
    });
  };
  for (const [ring, says] of [
    [1, 'good'],
    [2, 'worse'],
  ] as const) {
    carryOut(story, `traffic.ring-${ring}.before`);
    change(`route.ring-${ring}`);
    change(`flush.ring-${ring}`);
    take(story, `traffic.ring-${ring}.worsening`);
    look(ring, says);
    story.wait(30_000);
    look(ring, says);
  }
  assert.equal(begun(story).status, 'paused');
  story.when({ type: 'AbortRun', because: 'worse' });
  const undo = compileUndo(begun(story), 'traffic.ring-2.before');
  assert.ok(undo.type === 'graph', JSON.stringify(undo));
  assert.deepEqual(
    undo.graph.nodes.map(({ id, work }) => `${work.type} ${id}`),
    ['undo flush.ring-2', 'undo route.ring-2'],
  );
});
