// The page about the plan language is true to the parser: its blocks are one plan, its defaults, limits and findings are the real ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectorFindings } from '../../src/cli/check/connectors.ts';
import { root } from '../../scripts/tool.ts';
import { notApplicablePaths } from '../../src/core/plan/not-applicable.ts';
import { parsePlan } from '../../src/core/plan/parse.ts';
import { projectFiles, textOf } from './tree.ts';

const page = textOf('docs/plan-language.md');
const blocks = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const [head = '', ...rest] = blocks;

/** The first block is the plan; the others are taken in as its files, so that each is read by itself. */
const parsed = parsePlan({
  file: 'page.yaml',
  text: `${head}\ninclude: [${rest.map((_, index) => `${index}.yaml`).join(', ')}]\n`,
  read: (path) => ({ text: rest[Number.parseInt(path, 10)] ?? '' }),
});

test('the blocks of the page are one valid plan, as its connectors want it', async () => {
  assert.ok(parsed.type === 'plan', JSON.stringify(parsed, null, 1));
  const found = [...parsed.findings, ...(await connectorFindings(parsed.plan, [], root))];
  assert.deepEqual(
    found.filter(({ severity }) => severity === 'block').map(({ message }) => message),
    [],
  );
});

test('the defaults that the page names are the ones that a plan gets', () => {
  const small = parsePlan({ file: 'small.yaml', text: smallPlan });
  assert.ok(small.type === 'plan', JSON.stringify(small));
  const { signals, triggers, playbooks, guards, governance } = small.plan;
  const [step, checkpoint] = playbooks['full']?.stages[0]?.entries ?? [];
  assert.equal(signals['pay']?.every, 10_000);
  assert.deepEqual(triggers['down']?.['no-data'], { after: 30_000, is: 'hold' });
  assert.deepEqual(triggers['down']?.review, { by: 'owner', within: 300_000, silence: 'hold' });
  assert.deepEqual(guards, { cooldown: 0, 'minimum-samples': 1, quiet: [] });
  assert.ok(step?.type === 'step' && step.act.type === 'state');
  assert.deepEqual(step.act.retry, { times: 3, backoff: 2_000 });
  assert.equal(checkpoint?.timebox, 300_000);
  assert.deepEqual(playbooks['full']?.verified, { by: ['ok'], hold: 300_000, within: 1_800_000 });
  assert.equal(governance.approvals, undefined);
});

test('every finding that the source knows is on the page', () => {
  const sources = projectFiles().filter((path) =>
    /^src\/(core\/plan|cli\/check)\/(?!.*\.test\.).*\.ts$/.test(path),
  );
  const rules = sources.flatMap((path) =>
    [...textOf(path).matchAll(/(?:rule: |#add\(\s*)'([a-z-]+)'/g)].map(([, rule = '']) => rule),
  );
  const declared = parsePlan({ file: 'empty.yaml', text: 'backout: 1\nname: empty\n' });
  assert.ok(declared.type === 'plan');
  const all = [...rules, ...declared.findings.map(({ rule }) => rule)];
  assert.deepEqual(
    [...new Set(all)].filter((rule) => !page.includes(`\`${rule}\``)),
    [],
  );
});

test('every section that may not apply is named by the page', () => {
  const inner = notApplicablePaths.filter((path) => path.includes('.'));
  const last = inner.map((path) => path.split('.').at(-1) ?? '');
  assert.deepEqual(
    last.filter((name) => !page.includes(name)),
    [],
  );
});

const smallPlan = `
backout: 1
name: small
people: { ada: { name: Ada } }
roles: { owner: ada }
systems: { shop: { uses: http, url: "http://shop" } }
signals: { pay: { from: shop, probe: { get: /pay } } }
triggers: { down: { class: availability, mode: automatic, playbook: full, when: { signal: pay, is: failing } } }
checkpoints: { ok: { checks: [pay] } }
playbooks:
  full:
    scope: full
    verified: { by: [ok] }
    stages:
      - back:
          - { step: go, owner: owner, timebox: 60s, uses: http/holds, with: { system: shop, observe: { get: / } } }
          - { checkpoint: ok }
`;
