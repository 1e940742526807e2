// Who may do what: the owner everything, others by their roles, nobody twice where a second pair of eyes is wanted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Authority, authorityOf } from './authority.ts';
import { type Act, mayDo } from './may-do.ts';

const plan = {
  roles: {
    owner: ['ada'],
    deputies: { technical: ['ben'], security: ['chi'], communications: ['dee'] },
  },
  ladders: {
    technical: [
      { page: 'technical', after: 0 },
      { page: 'eve', after: 60_000 },
    ],
  },
  people: {
    ada: { name: 'Ada L.', email: 'ada@example.com' },
    ben: { name: 'Ben', chat: '@ben', phone: '+44 1' },
    chi: {},
    dee: {},
    eve: {},
  },
} as const;
const authority = authorityOf(plan);

const may = (person: string, act: Act): boolean => mayDo(authority, person, act).type === 'yes';

test('whoever holds a role may order a run, pause it and enter a phase; a stranger may not', () => {
  for (const type of ['order a run', 'pause the run', 'enter a phase', 'arm the plan'] as const) {
    assert.deepEqual(
      ['ada', 'ben', 'chi', 'dee', 'mallory'].filter((person) => may(person, { type })),
      ['ada', 'ben', 'chi', 'dee'],
    );
  }
});

test('a step is for the roles that answer for it, their ladder and the owner', () => {
  const act = { type: 'skip the step', roles: ['technical'] } as const;
  assert.deepEqual(
    ['ada', 'ben', 'chi', 'eve', 'mallory'].filter((person) => may(person, act)),
    ['ada', 'ben', 'eve'],
  );
  // The verification belongs to nobody's role: only the owner leaves it out.
  assert.deepEqual(
    ['ada', 'ben', 'eve'].filter((person) => may(person, { type: 'skip the step', roles: [] })),
    ['ada'],
  );
});

test('a refusal says who the person is here, who may, and how to reach them', () => {
  const said = mayDo(authority, 'dee', { type: 'abort the run', roles: ['technical'] });
  assert.deepEqual(said, {
    type: 'no',
    because:
      'Cannot abort the run: dee is communications here. Who may: Ada L. (ada@example.com), owner; Ben (@ben, +44 1), technical.',
    who: ['ada', 'ben'],
  });
  const stranger = mayDo(authority, 'mallory', { type: 'answer the decision', role: 'security' });
  assert.match(
    stranger.type === 'no' ? stranger.because : '',
    /mallory holds no role in this plan\. Who may: Ada L\..*, owner; chi, security\.$/,
  );
});

test('a plan whose roles nobody holds restricts nobody, but for the second pair of eyes', () => {
  const open = authorityOf({});
  assert.equal(mayDo(open, 'ada', { type: 'order a run' }).type, 'yes');
  assert.equal(mayDo(open, 'ada', { type: 'skip the step', roles: [] }).type, 'yes');
  assert.equal(mayDo(open, 'ada', { type: 'approve the run', not: ['ben'] }).type, 'yes');
  assert.equal(mayDo(open, 'ada', { type: 'approve the run', not: ['ada'] }).type, 'no');
});

test('nobody is their own second pair of eyes, not even the owner, however they write their name', () => {
  const people = ['ada', 'ben', 'chi', 'dee', 'eve', 'mallory'];
  const acts = [
    'approve the run',
    'approve the deviation',
    'confirm what is destroyed',
    'close the review',
  ] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...people),
      fc.constantFrom(...people),
      fc.constantFrom(...acts),
      fc.boolean(),
      (asked, second, type, loud) => {
        const not = [loud ? ` ${asked.toUpperCase()} ` : asked];
        const holder = ['ada', 'ben', 'chi', 'dee'].includes(second);
        const said = mayDo(authority, second, { type, not });
        assert.equal(said.type === 'yes', holder && asked !== second);
        if (said.type === 'no') assert.ok(!said.who.includes(asked));
      },
    ),
  );
});

test('whoever a refusal names may really do it', () => {
  const named: fc.Arbitrary<Authority> = fc
    .record({
      owner: fc.subarray(['a', 'b']),
      technical: fc.subarray(['b', 'c', 'd']),
      security: fc.subarray(['a', 'd']),
    })
    .map(({ owner, technical, security }) =>
      authorityOf({ roles: { owner, deputies: { technical, security } } }),
    );
  const act: fc.Arbitrary<Act> = fc.oneof(
    fc.record({ type: fc.constant('order a run' as const) }),
    fc.record({
      type: fc.constantFrom('abort the run' as const, 'skip the step' as const),
      roles: fc.subarray(['technical', 'security', 'unknown']),
    }),
    fc.record({
      type: fc.constant('approve the run' as const),
      not: fc.subarray(['a', 'b', 'c', 'd']),
    }),
  );
  fc.assert(
    fc.property(named, act, fc.constantFrom('a', 'b', 'c', 'd', 'x'), (given, wanted, person) => {
      const said = mayDo(given, person, wanted);
      if (said.type === 'yes') return;
      // Where nobody may, the answer names nobody.
      for (const other of said.who) assert.equal(mayDo(given, other, wanted).type, 'yes');
    }),
  );
});
