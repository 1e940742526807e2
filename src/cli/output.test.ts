// Colour or not, terminal or pipe: what the environment says, and what JSON lines look like.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Output, type OutputOptions, lookOf } from './output.ts';

function sinks(
  over: Partial<OutputOptions> = {},
  isTTY = true,
): { readonly out: Output; readonly text: () => string; readonly talk: () => string } {
  let text = '';
  let talk = '';
  const stdout = { isTTY, columns: 100, write: (part: string) => (text += part) };
  const stderr = { isTTY, write: (part: string) => (talk += part) };
  const options = {
    stdout,
    stderr,
    environment: {},
    version: '1.2.3',
    json: false,
    ascii: false,
    quiet: false,
    verbose: false,
    ...over,
  };
  return { out: new Output(options), text: () => text, talk: () => talk };
}

const looks: readonly (readonly [string, { readonly [name: string]: string }, boolean, boolean])[] =
  [
    ['a terminal has colour', {}, true, true],
    ['a pipe has none', {}, false, false],
    ['NO_COLOR takes it from a terminal', { NO_COLOR: '1' }, true, false],
    ['an empty NO_COLOR says nothing', { NO_COLOR: '' }, true, true],
    ['TERM=dumb takes it', { TERM: 'dumb' }, true, false],
    ['FORCE_COLOR gives it to a pipe', { FORCE_COLOR: '1' }, false, true],
    ['FORCE_COLOR=0 takes it from a terminal', { FORCE_COLOR: '0' }, true, false],
  ];

for (const [title, environment, isTTY, color] of looks) {
  test(title, () => {
    assert.equal(
      lookOf({ write: () => undefined, isTTY }, { environment, ascii: false }).color,
      color,
    );
  });
}

test('lines are painted in place only on a terminal that can, and never in CI or as JSON', () => {
  assert.equal(sinks().out.live, true);
  assert.equal(sinks({}, false).out.live, false);
  assert.equal(sinks({ environment: { CI: 'true' } }).out.live, false);
  assert.equal(sinks({ environment: { TERM: 'dumb' } }).out.live, false);
  assert.equal(sinks({ json: true }).out.live, false);
});

test('a width is taken from the terminal, and is 80 where there is none', () => {
  assert.equal(sinks().out.look.width, 100);
  assert.equal(lookOf({ write: () => undefined }, { environment: {}, ascii: false }).width, 80);
});

test('JSON begins with the version once, ends with the result, and holds nothing else on stdout', () => {
  const { out, text } = sinks({ json: true });
  out.say('for people');
  out.line({ type: 'event', seq: 1 });
  out.result({ run: 7 });
  out.end(1);
  assert.deepEqual(
    text()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    [
      { type: 'version', backout: '1.2.3', schema: 1 },
      { type: 'event', seq: 1 },
      { type: 'result', exit: 1, run: 7 },
    ],
  );
});

test('--quiet leaves the talk out, never the complaint', () => {
  const { out, text, talk } = sinks({ quiet: true });
  out.talk('chatter');
  out.next('backout check');
  out.complain('trouble');
  out.say('data');
  assert.deepEqual([text(), talk()], ['data\n', 'trouble\n']);
});
