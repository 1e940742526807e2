// The suite that every connector passes, ours and those of others, run by `node --test` against a real system.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { testChannel } from './channel-contract.ts';
import type { ConnectorCase, SignalCase } from './connector-case.ts';
import { opened, readCall, refusalPaths, validated } from './contract-call.ts';
import { testEvents } from './event-contract.ts';
import { testState } from './state-contract.ts';

/** Registers the tests of the contract. */
export function connectorSuite(given: ConnectorCase): void {
  const { connector } = given;
  describe(`the contract of ${connector.name}`, () => {
    testOptions(given);
    testReadiness(given);
    for (const state of given.states ?? []) testState(given, state);
    for (const signal of given.signals ?? []) testSignal(given, signal);
    if (given.channel !== undefined) testChannel(given, given.channel);
    if (given.events !== undefined) testEvents(given, given.events);
  });
}

function testOptions(given: ConnectorCase): void {
  const { connector } = given;
  for (const { value, path } of given.badOptions ?? []) {
    it(`refuses options that are wrong at ${path}`, async () => {
      assert.ok((await refusalPaths(connector.options, value)).includes(path));
    });
  }
  it('opens without any input or output, and says who it is and whether it is ready', async () => {
    const system = await opened(given);
    const identity = await connector.identify?.(system.client, readCall());
    const answer = await connector.probe?.(system.client, readCall());
    system.hears(identity, answer);
    if (answer !== undefined) assert.equal(answer.type, 'ready', JSON.stringify(answer));
    await system.close();
  });
}

function testReadiness(given: ConnectorCase): void {
  const { probe } = given.connector;
  if (probe === undefined) return;
  for (const [title, options, errorClass] of [
    ['nobody listens', given.unreachable, 'cannot-reach'],
    ['it is not let in', given.forbidden, 'not-allowed'],
  ] as const) {
    if (options === undefined) continue;
    it(`is not ready when ${title}`, async () => {
      const system = await opened(given, options());
      const answer = await probe(system.client, readCall());
      system.hears(answer);
      assert.equal(
        answer.type === 'not-ready' && answer.class,
        errorClass,
        `not ${errorClass}: ${JSON.stringify(answer)}`,
      );
      await system.close();
    });
  }
}

function testSignal(given: ConnectorCase, signal: SignalCase): void {
  const kind = given.connector.signal;
  it(`answers ${signal.expect} when ${signal.title}`, async () => {
    assert.ok(kind);
    await signal.arrange?.();
    const system = await opened(given, signal.options);
    const query: unknown = await validated(kind.query, signal.query);
    const when = { type: 'at', at: Date.now() } as const;
    const readings = await kind.read(system.client, query, when, readCall());
    system.hears(...readings);
    const [reading] = readings;
    assert.equal(readings.length, 1);
    assert.equal(reading?.type, signal.expect, JSON.stringify(reading));
    if (signal.value !== undefined)
      assert.equal(reading.type === 'number' && reading.value, signal.value);
    if (signal.class !== undefined)
      assert.equal(reading.type === 'error' && reading.class, signal.class);
    await system.close();
  });
}
