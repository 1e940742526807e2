// A run on the real engine, the real store and a pretended system: from a measured breach to a verified end.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import { defineConnector, defineSignal, defineState } from '../../src/connector.ts';
import { fingerprint } from '../../src/core/plan/canonical.ts';
import { parsePlan } from '../../src/core/plan/parse.ts';
import type { JournalEvent } from '../../src/core/journal/event.ts';
import { type Control, localControl } from '../../src/engine/control.ts';
import { Node } from '../../src/engine/node.ts';
import { memoryOf, nodesOf } from '../../src/engine/of-store.ts';
import { openPgBoss } from '../../src/engine/pgboss.ts';
import type { Dispatcher } from '../../src/engine/dispatcher.ts';
import { type Store, openStore } from '../../src/store/store.ts';

const world = { errors: 0, weight: 0, applied: 0 };

const pretend = defineConnector({
  name: 'pretend',
  summary: 'A system in memory',
  options: z.object({}),
  open: () => world,
  signal: defineSignal({
    summary: 'A number',
    query: z.object({ of: z.literal('errors') }),
    read: async (client: typeof world, _query, when) => [
      { type: 'number', at: when.type === 'at' ? when.at : when.to, value: client.errors },
    ],
  }),
  states: {
    weight: defineState({
      summary: 'The weight of legacy',
      desired: z.object({ legacy: z.number() }),
      observe: async (client: typeof world, desired) =>
        client.weight === desired.legacy
          ? { type: 'holds', evidence: { legacy: client.weight } }
          : { type: 'differs', evidence: { legacy: client.weight }, change: `${client.weight} -> ${desired.legacy}` },
      apply: async (client, desired) => {
        client.weight = desired.legacy;
        client.applied += 1;
        client.errors = 0;
        return { legacy: desired.legacy };
      },
    }),
  },
});

const text = `
backout: 1
name: pretended
people: { ada: { name: Ada } }
roles: { owner: ada, deputies: { technical: ada } }
systems:
  it: { uses: pretend }
signals:
  errors: { from: it, of: errors, every: 200ms }
phases:
  - { name: cutover, failure: [errors], rollback: full }
triggers:
  errors: { class: availability, when: { signal: errors, above: 5, for: 0s }, mode: automatic, playbook: full }
playbooks:
  full:
    scope: full
    stages:
      - back: [{ step: route-back, owner: owner, timebox: 20s, uses: pretend/weight, with: { system: it, legacy: 100 } }]
    verified: { by: [well], hold: 1s, within: 20s }
checks: { few-errors: { holds: { signal: errors, below: 1 } } }
checkpoints: { well: { checks: [few-errors] } }
`;

describe('a rollback on the real engine', () => {
  let folder = '';
  let store: Store;
  let node: Node;
  let control: Control;
  let dispatcher: Dispatcher;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'backout-engine-'));
    store = await openStore({ folder, enqueue: (sql, jobs) => dispatcher.enqueue(sql, jobs) });
    dispatcher = await openPgBoss(store.url, () => undefined);
    node = await Node.start({
      id: 'node-test',
      journal: store.journal,
      dispatcher,
      nodes: nodesOf(store, 'test'),
      memory: memoryOf(store),
      connectors: {
        load: async (name) => (name === 'pretend' ? pretend : undefined),
        state: (connector, uses) => connector.states?.[uses.split('/')[1] ?? ''],
      },
      events: async (_plan, _signal, at) => ({ type: 'no-data', at, because: 'none' }),
      secret: () => undefined,
      log: (level, sentence) => process.env['VERBOSE'] && console.error(level, sentence),
    });
    control = localControl(node.office, store.journal);
  });

  after(async () => {
    await node.drain(1_000);
    await store.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('rolls back by itself when the trigger fires, and ends verified', async () => {
    const parsed = parsePlan({ file: 'pretended.plan.yaml', text });
    assert.equal(parsed.type, 'plan', JSON.stringify(parsed));
    if (parsed.type !== 'plan') return;
    const { plan } = parsed;
    const armed = await control.arm({ plan, fingerprint: fingerprint(plan), directory: folder }, 'cutover', 'ada');
    assert.equal(armed.type, 'done', JSON.stringify(armed));
    world.errors = 10;
    const ended = await waitFor(control, 'run-1', (event) => event.body.type === 'RunEnded');
    assert.equal((ended.body as unknown as { outcome: string }).outcome, 'rolled-back-verified');
    assert.equal(world.applied, 1);
    const told = (await control.events('migration-pretended')).map((event) => event.body.type);
    assert.deepEqual(told.slice(0, 5), ['PlanArmed', 'PhaseEntered', 'SignalChanged', 'TriggerBreached', 'DecisionMade']);
    assert.ok(told.includes('RunFinished'));
  });
});

async function waitFor(
  from: Control,
  stream: string,
  wanted: (event: JournalEvent) => boolean,
): Promise<JournalEvent> {
  const signal = AbortSignal.timeout(30_000);
  for await (const event of from.follow(stream, 1, signal)) {
    if (process.env['VERBOSE']) console.error(event.at, JSON.stringify(event.body).slice(0, 200));
    if (wanted(event)) return event;
  }
  throw new Error(`Nothing of the kind came in ${stream}.`);
}
