// Counters over pages: what they gained, through resets, first sights, gaps and series that come and go.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createCounters, type Counters } from './counters.ts';
import { quantileOf } from './histogram.ts';
import { createPageReader, type Page } from './page.ts';

const all = { metric: 'x_total', labels: {} };

function page(text: string): Page {
  const reader = createPageReader('text');
  reader.push(text);
  return reader.end();
}

/** Sees one value of one series each second. */
function seen(values: readonly number[], keepMs = 60_000): Counters {
  const counters = createCounters(all, keepMs);
  values.forEach((value, index) => counters.see(page(`x_total ${value}\n`), index * 1000));
  return counters;
}

function gained(counters: Counters, windowMs = 60_000): number | string {
  const gain = counters.gainOver(windowMs);
  return 'because' in gain ? gain.because : gain.gained;
}

describe('counters', () => {
  it('gain what they grew, and after a reset all that they show', () => {
    const counters = seen([1000, 1010, 5, 15]);
    assert.deepEqual(counters.gainOver(60_000), { gained: 25, series: 1, overMs: 3000, resets: 1 });
  });

  it('gain nothing at first sight, for nobody knows what was before', () => {
    assert.match(String(gained(seen([50_000]))), /seen once/);
    const counters = createCounters(all, 60_000);
    counters.see(page('x_total{a="1"} 10\n'), 0);
    counters.see(page('x_total{a="1"} 12\nx_total{a="2"} 50000\n'), 1000);
    assert.equal(gained(counters), 2);
    counters.see(page('x_total{a="1"} 12\nx_total{a="2"} 50001\n'), 2000);
    assert.equal(gained(counters), 3);
  });

  it('gain all of a series that says it was created since the last page', () => {
    const counters = createCounters(all, 60_000);
    counters.see(page('x_total{a="1"} 10\n'), 1000);
    counters.see(page('x_total{a="1"} 10\nx_total{a="2"} 7\nx_created{a="2"} 1.5\n'), 2000);
    assert.equal(gained(counters), 7);
  });

  it('are summed after resets are found, not before: one that resets does not hide behind one that grows', () => {
    const counters = createCounters(all, 60_000);
    counters.see(page('x_total{a="1"} 100\nx_total{a="2"} 100\n'), 0);
    counters.see(page('x_total{a="1"} 300\nx_total{a="2"} 4\n'), 1000);
    assert.equal(gained(counters), 204);
  });

  it('look back over the window only', () => {
    assert.equal(gained(seen([0, 10, 20, 30, 40]), 2000), 20);
  });

  it('begin anew after a gap longer than two windows', () => {
    const counters = createCounters(all, 1000);
    counters.see(page('x_total 5\n'), 0);
    counters.see(page('x_total 500\n'), 60_000);
    assert.match(String(gained(counters, 1000)), /seen once/);
  });

  it('do not count again what comes back after it was left out of one page', () => {
    const counters = createCounters(all, 60_000);
    counters.see(page('x_total{a="1"} 10\nx_total{a="2"} 10\n'), 0);
    counters.see(page('x_total{a="1"} 10\n'), 1000);
    counters.see(page('x_total{a="1"} 10\nx_total{a="2"} 11\n'), 2000);
    assert.equal(gained(counters), 1);
  });

  it('never gain less than nothing, and the same page twice changes nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 2, maxLength: 20 }), (values) => {
        const counters = seen(values);
        const once = counters.gainOver(60_000);
        counters.see(page(`x_total ${values.at(-1)}\n`), (values.length - 1) * 1000);
        assert.deepEqual(counters.gainOver(60_000), once);
        assert.ok(Number(gained(counters)) >= 0);
      }),
    );
  });
});

describe('the quantile of a histogram', () => {
  const buckets = [
    { le: 0.1, count: 50 },
    { le: 0.5, count: 90 },
    { le: Infinity, count: 100 },
  ];

  it('lies on a straight line inside of its bucket', () => {
    assert.equal(quantileOf(0.5, buckets), 0.1);
    assert.ok(Math.abs(quantileOf(0.7, buckets) - 0.3) < 1e-9);
  });

  it('is the last bound when it lies beyond', () => {
    assert.equal(quantileOf(0.99, buckets), 0.5);
  });

  it('is unknown without observations or without the bucket that holds all', () => {
    assert.ok(Number.isNaN(quantileOf(0.5, [])));
    assert.ok(Number.isNaN(quantileOf(0.5, buckets.slice(0, 2))));
    assert.ok(Number.isNaN(quantileOf(0.5, [{ le: Infinity, count: 0 }])));
  });

  it('never falls when a higher share is asked for', () => {
    const bucket = fc.record({
      le: fc.double({ min: -10, max: 10, noNaN: true }),
      count: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(bucket), fc.nat(50), (some, more) => {
        const given = [...some, { le: Infinity, count: 51 + more }];
        const found = [0.1, 0.5, 0.9, 0.99].map((share) => quantileOf(share, given));
        for (const [index, value] of found.entries()) {
          assert.ok(index === 0 || Number.isNaN(value) || value >= (found[index - 1] ?? 0) - 1e-9);
        }
      }),
    );
  });
});
