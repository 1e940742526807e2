// The signals' scheduler on a clock that jumps: instants lie on the grid, come once each, and are never made up.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fingerprint } from '../core/plan/canonical.ts';
import { parsePlan } from '../core/plan/parse.ts';
import { memoryJournal } from '../testing/memory-journal.ts';
import { localControl } from './control.ts';
import { Office, backout } from './office.ts';
import { watchPlan } from './sampler.ts';
import { Systems } from './systems.ts';

const EVERY_MS = 50;
const AWAY_MS = 5_000;

const text = JSON.stringify({
  backout: 1,
  name: 'sampled',
  people: { ada: { name: 'Ada' } },
  roles: { owner: 'ada', deputies: { technical: 'ada' } },
  systems: { it: { uses: 'pretended' } },
  signals: { load: { from: 'it', every: `${EVERY_MS}ms` } },
  phases: [{ name: 'cutover', failure: ['high'], rollback: 'full' }],
  triggers: {
    high: {
      class: 'latency',
      when: { signal: 'load', above: 5, for: '0s' },
      mode: 'advise',
      playbook: 'full',
    },
  },
  playbooks: {
    full: {
      scope: 'full',
      stages: [
        { back: [{ step: 'go', owner: 'owner', timebox: '60s', manual: { do: 'go back' } }] },
      ],
    },
  },
});

it('reads each instant of the grid once, and an instant that was missed is missed', async () => {
  const parsed = parsePlan({ file: 'sampled.plan.yaml', text });
  assert.ok(parsed.type === 'plan', JSON.stringify(parsed));
  const { plan } = parsed;
  let away = 0;
  const journal = memoryJournal({ now: () => Date.now() + away });
  const office = new Office(journal);
  const snapshot = { plan, fingerprint: fingerprint(plan), directory: '/' };
  await localControl(office, journal).arm(snapshot, 'cutover', 'ada');

  const stop = new AbortController();
  const instants: number[] = [];
  const anything = {
    '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
  } as const;
  const connector = {
    name: 'pretended',
    summary: 'Remembers when it was asked',
    options: anything,
    open: () => null,
    signal: {
      summary: 'A number',
      query: anything,
      read: async (_client: null, _query: unknown, when: { type: string; at?: number }) => {
        const at = when.at ?? 0;
        instants.push(at);
        if (instants.length === 4) away = AWAY_MS;
        if (instants.length === 8) stop.abort();
        return [{ type: 'number', at, value: 0 } as const];
      },
    },
  };
  const systems = new Systems(
    { load: async () => connector, state: () => undefined },
    () => undefined,
  );
  const memory = { load: async () => null, save: async () => undefined };
  const events = async (): Promise<never> => assert.fail('it has no events');
  const log = (): void => undefined;
  const deadline = AbortSignal.timeout(10_000);
  await watchPlan(
    'sampled',
    { office, systems, events, memory, log },
    AbortSignal.any([stop.signal, deadline]),
  );

  assert.equal(instants.length, 8, 'it read until it was told to stop');
  assert.deepEqual(
    instants.filter((at) => at % EVERY_MS !== 0),
    [],
    'on the grid',
  );
  const steps = instants.slice(1).map((at, index) => at - (instants[index] ?? 0));
  assert.ok(
    steps.every((ms) => ms >= EVERY_MS),
    `each once, in order: ${steps.join(', ')}`,
  );
  assert.ok((steps[3] ?? 0) >= AWAY_MS, `none between before and after: ${steps.join(', ')}`);
});

it('says again what it sees when somebody else has written of the same trigger', async () => {
  const parsed = parsePlan({ file: 'sampled.plan.yaml', text });
  assert.ok(parsed.type === 'plan', JSON.stringify(parsed));
  const { plan } = parsed;
  const journal = memoryJournal({ now: () => Date.now() });
  const office = new Office(journal);
  const snapshot = { plan, fingerprint: fingerprint(plan), directory: '/' };
  await localControl(office, journal).arm(snapshot, 'cutover', 'ada');
  const anything = {
    '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) },
  } as const;
  let readings = 0;
  const connector = {
    name: 'pretended',
    summary: 'Is always well',
    options: anything,
    open: () => null,
    signal: {
      summary: 'A number',
      query: anything,
      read: async (_client: null, _query: unknown, when: { type: string; at?: number }) => {
        readings += 1;
        // What a node that watched before us had under way arrives when we have long said that all is well.
        if (readings === 3) await breach(office);
        return [{ type: 'number', at: when.at ?? 0, value: 0 } as const];
      },
    },
  };
  const systems = new Systems(
    { load: async () => connector, state: () => undefined },
    () => undefined,
  );
  const stop = new AbortController();
  const look = async (): Promise<void> => {
    const events = await journal.read('migration-sampled');
    if (events.some(({ body }) => body.type === 'TriggerCleared')) stop.abort();
  };
  journal.onAppended(() => void look());
  await watchPlan(
    'sampled',
    {
      office,
      systems,
      events: async () => assert.fail('it has no events'),
      memory: { load: async () => null, save: async () => undefined },
      log: () => undefined,
    },
    AbortSignal.any([stop.signal, AbortSignal.timeout(10_000)]),
  );
  assert.ok(stop.signal.aborted, 'the breach that nobody sees is cleared');
});

async function breach(office: Office): Promise<void> {
  const verdict = { type: 'breached', why: 'condition' } as const;
  const changes = [{ type: 'verdict', trigger: 'high', verdict, evidence: {} } as const];
  await office.commandMigration('sampled', { type: 'RecordChanges', changes }, backout);
}
