// Whatever a page holds and however the network cuts it, what is read is what was written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createPageReader, PageError } from './page.ts';

const name = fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/);
const label = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/);
const value = fc.oneof(fc.double(), fc.integer());
const sample = fc.record({
  name,
  labels: fc.dictionary(label, fc.string({ unit: 'binary' }), { maxKeys: 4 }),
  value,
});

function spell(each: { name: string; labels: Record<string, string>; value: number }): string {
  const escape = (text: string): string =>
    text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
  const labels = Object.entries(each.labels).map(([key, text]) => `${key}="${escape(text)}"`);
  const number = String(each.value).replace('Infinity', 'Inf');
  return `${each.name}{${labels.join(',')}} ${number}\n`;
}

test('every page is read as it was written, in pieces of any size', () => {
  fc.assert(
    fc.property(
      fc.array(sample, { maxLength: 10 }),
      fc.integer({ min: 1, max: 40 }),
      (samples, size) => {
        const text = samples.map(spell).join('');
        const reader = createPageReader('text');
        for (let at = 0; at < text.length; at += size) reader.push(text.slice(at, at + size));
        const page = reader.end();
        const count = [...page.values()].reduce((sum, list) => sum + list.length, 0);
        assert.equal(count, samples.length);
        for (const each of samples) {
          const found = page.get(each.name)?.some(
            (read) =>
              // -0 is written as 0
              (Object.is(read.value, each.value) || read.value === each.value) &&
              JSON.stringify([...read.labels]) === JSON.stringify(Object.entries(each.labels)),
          );
          assert.ok(found, spell(each));
        }
      },
    ),
  );
});

test('any text is read or refused as a page, and nothing else happens', () => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom('a{', '="', '"} 1', '\n', '\\', '{"x"', ' # '),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const reader = createPageReader('text');
      try {
        pieces.forEach(reader.push);
        reader.end();
      } catch (error) {
        assert.ok(error instanceof PageError);
      }
    }),
  );
});
