// Whatever evidence a journal holds, it is told in one whole line and never fails: it is kept for ever, and connectors write it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EventBody, JournalEvent, Json } from './event.ts';
import { tell } from './told.ts';

/** Any JSON, and often what looks like the evidence of rules and of looks at checks. */
const json = fc.jsonValue().map((value) => value as Json);
const field = fc.constantFrom(
  'value',
  'above',
  'below',
  'forMs',
  'unit',
  'signal',
  'status',
  'because',
  'unknown',
  'check',
  'says',
  'evidence',
  '__proto__',
);
const seen = fc.dictionary(
  field,
  fc.oneof(json, fc.integer(), fc.constantFrom('ratio', 'ms', 'fails')),
);
const evidence = fc.oneof(json, seen, fc.array(seen), fc.dictionary(fc.string(), seen));

const bodies: readonly (readonly [stream: string, body: (evidence: unknown) => EventBody])[] = [
  ['run-7', (it) => body('StepObserved', { step: 'a', attempt: 1, evidence: it })],
  ['run-7', (it) => body('StepConfirmed', { step: 'a', done: 'passed', evidence: it })],
  ['run-7', (it) => body('StepConfirmed', { step: 'a', done: 'by-hand', evidence: it })],
  ['run-7', (it) => body('VerificationHeld', { evidence: it })],
  ['run-7', (it) => body('VerificationBroken', { evidence: it })],
  [
    'migration-a',
    (it) =>
      body('SignalChanged', {
        trigger: 'a',
        signal: 'b',
        from: 'healthy',
        to: 'blind',
        evidence: it,
      }),
  ],
  ['migration-a', (it) => body('TriggerBreached', { trigger: 'a', mode: 'review', evidence: it })],
  ['migration-a', (it) => body('TriggerBlinded', { trigger: 'a', cause: 'no-data', evidence: it })],
];

test('any evidence is told in one line, without anything that is only a machine’s word for nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom(...bodies), evidence, ([stream, make], it) => {
      const { words } = tell(event(stream, make(it)));
      assert.doesNotMatch(words, /undefined|\[object Object\]|NaN|[\r\n]/);
      assert.notEqual(words, '');
    }),
    { numRuns: 1_000 },
  );
});

function body(type: string, fields: { readonly [name: string]: unknown }): EventBody {
  return { type, ...fields };
}

function event(stream: string, of: EventBody): JournalEvent {
  return { stream, seq: 1, at: 0, hash: '', actor: { kind: 'person', name: 'Ada' }, body: of };
}
