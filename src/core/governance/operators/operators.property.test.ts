// Operators in whatever order they are added, revoked and given tokens: somebody always manages, and an ended token never counts again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { person, storyOf } from '../../../testing/given.ts';
import type { Actor } from '../../journal/event.ts';
import { byTokenId, operatorsAggregate, proofIsWanted } from './operators.ts';

const names = ['ada', 'ben', 'chi'] as const;

/** Who orders it: with the token that is theirs now, or only by name. */
const proven = (name: string): Actor => ({ ...person(name), proof: 'token' });

const move = fc.record({
  type: fc.constantFrom('AddOperator' as const, 'ReplaceToken' as const, 'RevokeOperator' as const),
  operator: fc.constantFrom(...names),
  by: fc.constantFrom(...names),
  proof: fc.boolean(),
  manages: fc.boolean(),
  recovery: fc.option(fc.constant({ because: 'all tokens are lost' }), { nil: undefined }),
});

test('from the first operator on a proof is wanted, somebody manages, and no ended token comes back', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const story = storyOf(operatorsAggregate, { type: 'RevokeOperator', operator: 'nobody' });
      const given: string[] = [];
      for (const [index, { type, operator, by, proof, manages, recovery }] of moves.entries()) {
        const token = { id: `t${index}`, sha256: `${index}`.padStart(64, '0') };
        const rest = { operator, token, ...(recovery === undefined ? {} : { recovery }) };
        const before = story.state;
        const asked = story.ask(
          type === 'AddOperator' ? { type, manages, ...rest } : { type, ...rest },
          proof ? proven(by) : person(by),
        );
        const changed = asked.type === 'accepted' && asked.bodies.length > 0;
        if (changed && type !== 'RevokeOperator') given.push(token.id);
        // Who can change others without recovery managed them before, by a proof.
        if (changed && recovery === undefined && proofIsWanted(before) && operator !== by) {
          assert.ok(proof && before.all[by]?.manages === true && before.all[by].token !== null);
        }
        const all = Object.values(story.state.all);
        assert.equal(proofIsWanted(story.state), given.length > 0);
        if (given.length > 0)
          assert.ok(
            all.some((each) => each.manages && each.token !== null),
            'nobody manages',
          );
        const counting = given.filter((id) => byTokenId(story.state, id) !== undefined);
        assert.deepEqual(
          counting.toSorted(),
          all.flatMap((each) => each.token?.id ?? []).toSorted(),
        );
        for (const each of all) {
          const own = given.filter((id) => byTokenId(story.state, id)?.operator === each.operator);
          assert.ok(own.length <= 1, 'an older token counts beside a newer one');
        }
      }
    }),
  );
});

test('the first operator is added by anybody and manages; a claimed name adds no second', () => {
  const story = storyOf(operatorsAggregate, { type: 'RevokeOperator', operator: 'nobody' });
  const token = { id: 'a', sha256: 'f'.repeat(64) };
  const add = (operator: string) =>
    ({ type: 'AddOperator', operator, manages: false, token }) as const;
  assert.deepEqual(story.when(add('ada'), person('root')), ['OperatorAdded']);
  assert.equal(story.state.all['ada']?.manages, true);
  assert.equal(story.refused(add('ben'), person('ada')), 'proof-wanted');
  assert.equal(story.refused(add('ada'), proven('ada')), 'operator-exists');
  story.when(add('ben'), proven('ada'));
  assert.equal(story.refused(add('chi'), proven('ben')), 'not-yours');
  assert.deepEqual(story.when({ type: 'ReplaceToken', operator: 'ben', token }, proven('ben')), [
    'OperatorTokenReplaced',
  ]);
  assert.equal(
    story.refused({ type: 'RevokeOperator', operator: 'ada' }, proven('ada')),
    'last-manager',
  );
  assert.equal(
    story.refused({ ...add('dee'), recovery: { because: ' ' } }, person('root')),
    'reason-missing',
  );
  assert.deepEqual(story.when({ ...add('dee'), recovery: { because: 'lost' } }, person('root')), [
    'OperatorAdded',
  ]);
});
