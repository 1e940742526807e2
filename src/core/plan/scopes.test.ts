// What a plan may say of scopes and fills, and what is answered to slips of the pen.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePlan } from './parse.ts';

const head = `
backout: 1
name: shop
people: { ada: { name: Ada } }
roles: { owner: ada }
systems: { router: { uses: http, url: "http://router" } }
scopes: { components: { billing: {}, accounts: {} }, regions: { eu: {}, us: {} } }
playbooks:
  full:
    scope: full
    stages:
      - back:
`;

function step(more: string): string {
  return `          - { step: route, owner: owner, timebox: 60s, uses: http/holds, ${more} }\n`;
}

function problems(text: string): readonly string[] {
  const parsed = parsePlan({ file: 'plan.yaml', text });
  return parsed.type === 'plan'
    ? []
    : parsed.problems.map(({ code, message, mend }) => `${code} ${message} ${mend ?? ''}`);
}

test('a fill stands where the step says which one it is for', () => {
  const to = 'with: { system: router, to: "/${scope:region}/x" }';
  assert.deepEqual(problems(head + step(`for: { region: each }, ${to}`)), []);
  assert.deepEqual(problems(head + step(`for: { region: eu }, ${to}`)), []);
  assert.deepEqual(problems(head + step(to)), [
    'BK-0413 Step route wants the name of a region, and does not say which it is for. Add for: { region: each } to it, or the name of one.',
  ]);
  assert.match(problems(head + step(`for: { region: [eu, us] }, ${to}`))[0] ?? '', /^BK-0413 /);
});

test('a fill that is none is answered with what was meant, and outside of steps there are none', () => {
  const wrong = 'for: { region: each }, with: { system: router, to: "${scope:regoin}" }';
  assert.match(problems(head + step(wrong))[0] ?? '', /^BK-0414 .*did you mean "scope:region"\?$/);
  const share = 'with: { system: router, to: "${ring:percent}" }';
  assert.match(problems(head + step(share))[0] ?? '', /^BK-0413 .*does not go back in rings/);
  const elsewhere = head.replace('http://router', 'http://${scope:region}');
  assert.match(problems(elsewhere + step('with: {}'))[0] ?? '', /^BK-0414 .*this is no step/);
});

test('a dollar that is meant stays one', () => {
  assert.deepEqual(problems(head + step('with: { system: router, to: "$${scope:region}" }')), []);
});

test('names of scopes are checked like all names', () => {
  assert.match(
    problems(head + step('for: { component: biling }, with: {}'))[0] ?? '',
    /^BK-0412 Step route is for component "biling", which is not defined\. did you mean "billing"\?$/,
  );
  assert.match(
    problems(head + step('for: { tenant: each }, with: {}'))[0] ?? '',
    /^BK-0412 .*defines no tenant yet/,
  );
  assert.match(
    problems(head.replace('accounts: {}', 'each: {}') + step('with: {}'))[0] ?? '',
    /^BK-0419 A component can not be named "each"/,
  );
});

test('a part that no step is for, and a need that falls out, are found before a run needs them', () => {
  const steps =
    step('for: { component: billing }, with: { system: router }') +
    step('needs: [route], with: { system: router }').replace('route', 'mail');
  const parsed = parsePlan({ file: 'plan.yaml', text: head + steps });
  assert.equal(parsed.type, 'plan');
  const found = parsed.type === 'plan' ? parsed.findings : [];
  const rules = found.map(({ rule }) => rule);
  assert.ok(rules.includes('needs-stay-in-scope'), rules.join());
  assert.equal(rules.filter((rule) => rule === 'scope-has-step').length, 3);
});

test('rings are of a stage that is there, grow, and are used by a step of it', () => {
  const rings = (stage: string, shares: string): string =>
    head.replace(
      '    stages:',
      `    rings: { ${stage}: { shares: ${shares}, worsening: { checks: [calm] } } }\n    stages:`,
    ) + 'CHECKS';
  const withChecks = (text: string, to: string): string =>
    text.replace('CHECKS', step(`with: { system: router, to: ${to} }`)) +
    'checks: { calm: { uses: http/holds, with: { system: router } } }\n';
  assert.deepEqual(problems(withChecks(rings('back', '[10%, 100%]'), '"${ring:share}"')), []);
  assert.match(
    problems(withChecks(rings('bcak', '[10%, 100%]'), '1'))[0] ?? '',
    /^BK-0412 Playbook full has no stage "bcak"\. did you mean "back"\?$/,
  );
  assert.match(
    problems(withChecks(rings('back', '[50%, 10%]'), '1'))[0] ?? '',
    /^BK-0421 A ring of stage back brings back no more than the one before\./,
  );
  const parsed = parsePlan({ file: 'a', text: withChecks(rings('back', '[10%, 100%]'), '1') });
  const found = parsed.type === 'plan' ? parsed.findings.map(({ rule }) => rule) : [];
  assert.ok(found.includes('ring-has-share'), found.join());
  const blind = withChecks(rings('back', '[1]'), '1').replace('checks: [calm]', '');
  assert.match(problems(blind)[0] ?? '', /looks at nothing/i);
});
