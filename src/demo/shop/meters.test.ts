// The metrics page: counters, gauges and histograms in the OpenMetrics text format.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMeters } from './meters.ts';

test('the page shows each family with its type, its help and its series, and ends as it must', () => {
  const meters = createMeters();
  const requests = meters.counter('requests', 'Requests.');
  requests.add({ code: '200' });
  requests.add({ code: '200' }, 2);
  requests.add({ code: '500' }, 0);
  meters.gauge('weight', 'Share.', () => [{ labels: {}, value: 90 }]);
  assert.equal(
    meters.page(),
    [
      '# TYPE requests counter',
      '# HELP requests Requests.',
      'requests_total{code="200"} 3',
      'requests_total{code="500"} 0',
      '# TYPE weight gauge',
      '# HELP weight Share.',
      'weight 90',
      '# EOF',
      '',
    ].join('\n'),
  );
});

test('the buckets of a histogram add up, and what is slower than all of them is counted', () => {
  const meters = createMeters();
  const durations = meters.histogram('seconds', 'Time.');
  for (const seconds of [0.001, 0.2, 60]) durations.observe({ route: '/' }, seconds);
  const page = meters.page();
  assert.match(page, /seconds_bucket\{route="\/",le="0\.005"\} 1\n/);
  assert.match(page, /seconds_bucket\{route="\/",le="0\.25"\} 2\n/);
  assert.match(page, /seconds_bucket\{route="\/",le="5"\} 2\n/);
  assert.match(page, /seconds_bucket\{route="\/",le="\+Inf"\} 3\n/);
  assert.match(page, /seconds_count\{route="\/"\} 3\n/);
});

test('a label may hold anything', () => {
  const meters = createMeters();
  meters.counter('odd', 'Odd.').add({ name: 'a"b\\c\nd' });
  assert.match(meters.page(), /odd_total\{name="a\\"b\\\\c\\nd"\} 1/);
});
