// Every system, signal and step of the plan that the demo runs is what its connector wants: the two cannot drift apart.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { AnyConnector, Schema } from '../../src/connector.ts';
import { loadConnector, resolveState } from '../../src/connectors/index.ts';
import { parsePlan } from '../../src/core/plan/parse.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { fillSecrets } from '../../src/core/plan/secrets.ts';

const files = ['examples/shop.plan.yaml'];

/** Secrets are not known here; what stands for them has the form that most fields want. */
function complaints(schema: Schema<unknown>, value: unknown): Promise<readonly string[]> {
  const stand = ['http://host', 'postgres://user:word@host/base', 'smtp://host'];
  const tries = stand.map(async (secret) => {
    const filled = fillSecrets(value, () => secret);
    assert.ok(filled.type === 'filled');
    const result = await schema['~standard'].validate(filled.value);
    return (result.issues ?? []).map(({ message, path }) => `${JSON.stringify(path)} ${message}`);
  });
  return Promise.all(tries).then(
    (all) => all.find((issues) => issues.length === 0) ?? all[0] ?? [],
  );
}

/** The connectors of the plan's systems; those that are not built in are another author's. */
async function connectorsOf(plan: Plan): Promise<ReadonlyMap<string, AnyConnector>> {
  const found = new Map<string, AnyConnector>();
  for (const [name, { uses }] of Object.entries(plan.systems)) {
    const connector = await loadConnector(uses);
    if (connector !== undefined) found.set(name, connector);
  }
  return found;
}

for (const file of files) {
  describe(file, () => {
    const parsed = parsePlan({ file, text: readFileSync(file, 'utf8') });
    assert.ok(parsed.type === 'plan', JSON.stringify(parsed));
    const { plan } = parsed;
    const connectors = connectorsOf(plan);

    it('has systems that can be opened', async () => {
      for (const [name, connector] of await connectors) {
        assert.deepEqual(
          await complaints(connector.options, plan.systems[name]?.options),
          [],
          name,
        );
      }
    });

    it('has signals that can be read', async () => {
      for (const [name, signal] of Object.entries(plan.signals)) {
        const kind = (await connectors).get(signal.from)?.signal;
        if (kind === undefined) continue;
        assert.deepEqual(await complaints(kind.query, signal.query), [], name);
      }
    });

    it('has steps that can be done', async () => {
      const entries = Object.values(plan.playbooks).flatMap(({ stages }) =>
        stages.flatMap((stage) => stage.entries),
      );
      for (const entry of entries) {
        if (entry.type !== 'step' || entry.act.type !== 'state') continue;
        const { system, ...desired } = entry.act.with;
        const connector = (await connectors).get(typeof system === 'string' ? system : '');
        if (connector === undefined) continue;
        const { uses } = entry.act;
        const resolved = resolveState(`${uses.connector}/${uses.state}`, connector.name);
        assert.ok(resolved.type === 'resolved', entry.step);
        const kind = connector.states?.[resolved.state];
        assert.ok(kind, `${entry.step}: ${resolved.state}`);
        assert.deepEqual(await complaints(kind.desired, desired), [], entry.step);
      }
    });
  });
}
