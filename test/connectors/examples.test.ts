// Every system, signal, step, check and notice of the example plans is what its connector wants: the two cannot drift apart.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { AnyConnector, Schema } from '../../src/connector.ts';
import { loadConnector, resolveState } from '../../src/connectors/index.ts';
import { parsePlan } from '../../src/core/plan/parse.ts';
import type { Plan, StateAct } from '../../src/core/plan/plan.ts';
import { fillSecrets } from '../../src/core/plan/secrets.ts';

const files = ['examples/shop.plan.yaml', 'examples/ledger-cutover.plan.yaml'];

/** States that the language knows already and that come with a later version; the plans that use them say so. */
const later = ['data/reconciled'];

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
    const connector = await loadConnector(uses, '.');
    if (connector !== undefined) found.set(name, connector);
  }
  return found;
}

/** What steps bring about and checks look at, by the name of the step or check. */
function statesOf(plan: Plan): readonly (readonly [string, Pick<StateAct, 'uses' | 'with'>])[] {
  const steps = Object.values(plan.playbooks).flatMap(({ stages }) =>
    stages.flatMap(({ entries }) =>
      entries.flatMap((entry) =>
        entry.type === 'step' && entry.act.type === 'state'
          ? [[entry.step, entry.act] as const]
          : [],
      ),
    ),
  );
  const checks = Object.entries(plan.checks).flatMap(([name, check]) =>
    check.type === 'state' ? [[name, check] as const] : [],
  );
  return [...steps, ...checks];
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
        // Nobody reads two-sided signals yet: what compares the sides is of a later version.
        if (kind === undefined || signal.sides !== undefined) continue;
        assert.deepEqual(await complaints(kind.query, signal.query), [], name);
      }
    });

    it('has steps that can be done and checks that can be looked at', async () => {
      for (const [name, { uses, with: wanted }] of statesOf(plan)) {
        const { system, ...desired } = wanted;
        const connector = (await connectors).get(typeof system === 'string' ? system : '');
        const spelled = `${uses.connector}/${uses.state}`;
        if (connector === undefined || later.includes(spelled)) continue;
        const resolved = resolveState(spelled, connector.name);
        assert.ok(resolved.type === 'resolved', name);
        const kind = connector.states?.[resolved.state];
        assert.ok(kind, `${name}: ${resolved.state}`);
        assert.deepEqual(await complaints(kind.desired, desired), [], name);
      }
    });

    it('has notices that can be sent', async () => {
      for (const { channel, address } of plan.notices?.to ?? []) {
        const kind = (await connectors).get(channel)?.channel;
        assert.ok(kind, channel);
        assert.deepEqual(await complaints(kind.address, address ?? {}), [], channel);
      }
    });
  });
}
