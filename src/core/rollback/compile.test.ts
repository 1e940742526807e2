// From a plan's playbook to the graph of a run: stages, branches, joins, checkpoints and the verification.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../plan/parse.ts';
import type { Plan } from '../plan/plan.ts';
import { compileGraph } from './compile.ts';
import { flawOf } from './graph.ts';

const head = `
backout: 1
name: shop
people: { ada: { name: Ada } }
roles: { owner: ada, deputies: { technical: ada } }
systems:
  router: { uses: http, url: "http://router" }
signals:
  login: { from: router, probe: { get: / } }
checkpoints:
  customers: { checks: [login] }
  money: { checks: [login] }
playbooks:
  full:
`;

function planOf(playbook: string): Plan {
  const parsed = parsePlan({ file: 'plan.yaml', text: head + playbook });
  if (parsed.type === 'plan') return parsed.plan;
  throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
}

function graphOf(playbook: string): readonly string[] {
  const graph = compileGraph(planOf(playbook), 'full');
  assert.ok(graph);
  assert.equal(flawOf(graph), null);
  return graph.nodes.map((node) => `${node.id}<${node.needs.join(',')} ${node.work.type}`);
}

const stepLine = (name: string, needs = ''): string =>
  `        - { step: ${name}, owner: technical, timebox: 60s, uses: http/holds, with: { system: router, to: ${name} }${needs} }\n`;

test('steps of a stage follow one another unless they say otherwise, and a stage waits for all of the one before', () => {
  const playbook =
    '    scope: full\n    stages:\n' +
    '      - stop:\n' +
    stepLine('a') +
    stepLine('b', ', needs: []') +
    '      - back:\n' +
    stepLine('c') +
    stepLine('d') +
    stepLine('e', ', needs: [c]');
  assert.deepEqual(graphOf(playbook), [
    'a< state',
    'b< state',
    'c<a,b state',
    'd<a,b,c state',
    'e<a,b,c state',
  ]);
});

test('a checkpoint is a node of its own, and the verification waits for the whole last stage', () => {
  const playbook =
    '    scope: full\n    stages:\n' +
    '      - back:\n' +
    stepLine('a') +
    '        - { checkpoint: customers }\n' +
    stepLine('b', ', needs: []') +
    '    verified: { by: [customers, money], hold: 2m, within: 20m }\n';
  assert.deepEqual(graphOf(playbook), [
    'a< state',
    'customers<a checkpoint',
    'b< state',
    'verified<a,customers,b verification',
  ]);
  const node = compileGraph(planOf(playbook), 'full')?.nodes.at(-1);
  assert.deepEqual(node?.work, { type: 'verification', checks: ['login'], holdMs: 120_000 });
  assert.equal(node?.timeboxMs, 1_200_000);
});

test('a state takes along what is wanted, without the name of its system', () => {
  const node = compileGraph(
    planOf('    scope: full\n    stages:\n      - back:\n' + stepLine('a')),
    'full',
  )?.nodes[0];
  assert.deepEqual(node?.work, {
    type: 'state',
    uses: 'http/holds',
    system: 'router',
    desired: { to: 'a' },
    retry: { times: 3, backoffMs: 2_000 },
  });
  assert.equal(node?.owner, 'technical');
});

test('a manual step says what to do, what to look for and whether evidence is required', () => {
  const manual =
    '        - { step: call, owner: technical, timebox: 5m, manual: { do: Call the bank, look-for: a case number, evidence: required } }\n';
  const node = compileGraph(
    planOf(`    scope: full\n    stages:\n      - back:\n${manual}`),
    'full',
  )?.nodes[0];
  assert.deepEqual(node?.work, {
    type: 'manual',
    instruction: 'Call the bank',
    lookFor: 'a case number',
    evidence: 'required',
  });
});

test('a playbook that the plan does not have has no graph, not even by a name that every object has', () => {
  const plan = planOf('    scope: full\n    stages:\n      - back:\n' + stepLine('a'));
  assert.equal(compileGraph(plan, 'ghost'), undefined);
  assert.equal(compileGraph(plan, 'constructor'), undefined);
});
