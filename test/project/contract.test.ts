// The contract that connectors of others are written against changes only on purpose: its emitted types are kept and compared.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contractPath, emittedContract } from '../../scripts/contract.ts';
import { textOf } from './tree.ts';

test('the contract of connectors is the one that is kept, to the letter', async () => {
  const kept = textOf(contractPath).split('\n');
  const emitted = (await emittedContract()).split('\n');
  const gone = kept.filter((line) => !emitted.includes(line));
  const come = emitted.filter((line) => !kept.includes(line));
  assert.ok(
    kept.join('\n') === emitted.join('\n'),
    [
      'src/connector.ts no longer says what connectors of others were written against.',
      ...gone.map((line) => `- ${line}`),
      ...come.map((line) => `+ ${line}`),
      'If that is meant: npx node scripts/contract.ts, say it in CHANGELOG.md, and only add (a field that is new is optional).',
    ].join('\n'),
  );
});
