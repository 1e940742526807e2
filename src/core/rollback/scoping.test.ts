// What a wanted scope comes to: what goes back with it, which steps are left out, and what is refused with its reason.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from '../plan/parse.ts';
import type { Plan } from '../plan/plan.ts';
import { compileGraph } from './compile.ts';
import { flawOf } from './graph.ts';
import { scopeText } from './scope.ts';
import { tellScoping } from './scope-told.ts';
import { type Scoping, resolveScope } from './scoping.ts';

const plan = planOf(`
  full:
    scope: full
    stages:
      - stop:
${step('stop-writes')}
      - back:
${step('accounts-back', 'for: { component: accounts }')}
${step('billing-back', 'for: { component: billing }')}
${step('route', 'for: { region: each }', '"${scope:region}"')}
      - tidy:
${step('invoices', 'for: { component: billing }, needs: [billing-back]')}
${step('mail', 'for: { region: eu }, needs: [accounts-back]', '"in ${scope:region}"')}
  traffic:
    scope: { component: billing }
    stages:
      - back:
${step('billing-only', 'for: { component: billing }')}
`);

function step(name: string, more = '', to = name): string {
  return `          - { step: ${name}, owner: owner, timebox: 60s, uses: http/holds, with: { system: router, to: ${to} }${more === '' ? '' : `, ${more}`} }`;
}

function planOf(playbooks: string): Plan {
  const text = `
backout: 1
name: shop
people: { ada: { name: Ada } }
roles: { owner: ada }
systems: { router: { uses: http, url: "http://router" } }
scopes:
  components: { accounts: {}, billing: { depends-on: [accounts] }, reports: { depends-on: [billing] } }
  regions: { eu: {}, us: {} }
playbooks:${playbooks}`;
  const parsed = parsePlan({ file: 'plan.yaml', text });
  if (parsed.type === 'plan') return parsed.plan;
  throw new Error(parsed.problems.map((problem) => problem.message).join('\n'));
}

function scoped(wanted: Parameters<typeof resolveScope>[2], playbook = 'full') {
  const scoping = resolveScope(plan, playbook, wanted);
  assert.equal(scoping.type, 'scoped', JSON.stringify(scoping));
  return scoping as Scoping & { type: 'scoped' };
}

function refusal(wanted: Parameters<typeof resolveScope>[2], playbook = 'full'): string {
  const scoping = resolveScope(plan, playbook, wanted);
  return scoping.type === 'rejected' ? `${scoping.code}: ${scoping.because}` : 'not refused';
}

function idsOf(wanted: Parameters<typeof resolveScope>[2]): readonly string[] {
  const graph = compileGraph(plan, 'full', scoped(wanted).scope);
  assert.ok(graph);
  assert.equal(flawOf(graph), null);
  return graph.nodes.map((node) => `${node.id}<${node.needs.join(',')}`);
}

test('what depends on a component goes back with it, what it depends on stays', () => {
  assert.equal(
    scopeText(scoped({ component: ['accounts'] }).scope),
    'component=accounts,billing,reports',
  );
  assert.equal(
    scopeText(scoped({ component: ['billing'], region: ['us'] }).scope),
    'component=billing,reports region=us',
  );
});

test('before a run begins it is said what goes back, why, and what is left out', () => {
  assert.deepEqual(
    tellScoping(scoped({ component: ['billing'], region: ['us'] })).map(
      ({ mark, words }) => `${mark}: ${words}`,
    ),
    [
      'working: component billing goes back',
      'bad: component reports goes back too, because it depends on billing; no step is for it: see to it that it works after this run',
      'working: region us goes back',
      'deviation: accounts-back is left out: it is for component accounts',
      'deviation: mail is left out: it is for region eu',
    ],
  );
});

test('a step for each region is there once for each region of the scope, and knows its name', () => {
  const graph = compileGraph(plan, 'full', { region: ['eu', 'us'] });
  const routes = graph?.nodes.filter((node) => node.id.startsWith('route')) ?? [];
  assert.deepEqual(
    routes.map(({ id, work }) => [id, work.type === 'state' ? work.desired['to'] : null]),
    [
      ['route.eu', 'eu'],
      ['route.us', 'us'],
    ],
  );
  const mail = graph?.nodes.find((node) => node.id === 'mail');
  assert.deepEqual(mail?.work.type === 'state' ? mail.work.desired : null, { to: 'in eu' });
});

test('what is left out hands its place in the order on', () => {
  assert.deepEqual(idsOf({ component: ['billing'], region: ['us'] }), [
    'stop-writes<',
    'billing-back<stop-writes',
    'route.us<stop-writes,billing-back',
    'invoices<billing-back,route.us',
  ]);
});

test('the full scope is the whole playbook', () => {
  assert.deepEqual(scoped({}).parts, []);
  assert.equal(idsOf({}).length, 7);
});

test('a playbook of a component runs for it, and cannot be sent elsewhere', () => {
  assert.equal(scopeText(scoped({}, 'traffic').scope), 'component=billing,reports');
  assert.match(
    refusal({ component: ['accounts'] }, 'traffic'),
    /^scope-beyond-playbook: .* it can not bring back component accounts/,
  );
});

test('names that the plan does not have are answered with what was meant', () => {
  assert.equal(
    refusal({ component: ['biling'] }),
    'no-such-scope: Plan shop has no component biling; did you mean "billing"?.',
  );
  assert.match(
    refusal({ tenant: ['acme'] }),
    /^no-such-scope: Plan shop has no tenant acme; it defines none; add scopes: \{ tenants: … \}/,
  );
});

test('a scope that no step tells apart is refused: it would bring back more than was asked for', () => {
  assert.match(
    refusal({ component: ['reports'] }),
    /^scope-does-nothing: No step of playbook full is for component reports/,
  );
});

test('a step whose need would fall out is refused by name', () => {
  assert.equal(
    refusal({ component: ['billing'], region: ['eu'] }),
    'scope-breaks-needs: Step mail needs accounts-back, which is left out: it is for component accounts. Widen the scope, or take the need out of the plan.',
  );
});

test('a run of more steps than anybody can follow is refused, and found before', () => {
  const many = Array.from({ length: 40 }, (_, index) => `t${index}: {}`).join(', ');
  const text = `
backout: 1
name: shop
people: { ada: { name: Ada } }
roles: { owner: ada }
systems: { router: { uses: http, url: "http://router" } }
scopes: { tenants: { ${many} }, cohorts: { ${many} } }
playbooks:
  full:
    scope: full
    stages:
      - back:
${step('move', 'for: { tenant: each, cohort: each }')}
`;
  const parsed = parsePlan({ file: 'plan.yaml', text });
  assert.ok(parsed.type === 'plan');
  assert.ok(
    parsed.findings.some(({ rule, severity }) => rule === 'run-is-bounded' && severity === 'block'),
  );
  const whole = resolveScope(parsed.plan, 'full');
  assert.equal(whole.type === 'rejected' && whole.code, 'scope-too-large');
  const part = resolveScope(parsed.plan, 'full', { tenant: ['t1', 't2'] });
  assert.equal(part.type, 'scoped');
  const graph = compileGraph(parsed.plan, 'full', { tenant: ['t1', 't2'] });
  assert.equal(graph?.nodes.length, 80);
});
