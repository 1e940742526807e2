// Metrics pages in both formats, as real clients write them, and pages that are broken.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPageReader, formatOf, type Format, type Page } from './page.ts';

function read(text: string, format: Format = 'text'): Page {
  const reader = createPageReader(format);
  reader.push(text);
  return reader.end();
}

describe('a metrics page', () => {
  it('gives names, labels, values and times', () => {
    const page = read(
      [
        '# HELP http_requests_total The total number of HTTP requests.',
        '# TYPE http_requests_total counter',
        'http_requests_total{method="post",code="200"} 1027 1395066363000',
        '',
        'msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9',
        'metric_without_timestamp_and_labels 12.47',
        'something_weird{problem="division by zero"} +Inf -3982045',
        'with_a_last_comma{a="b",} NaN',
        'tight{a="b # c",d="}"}3',
      ].join('\n'),
    );
    assert.deepEqual(page.get('http_requests_total')?.[0], {
      labels: new Map([
        ['method', 'post'],
        ['code', '200'],
      ]),
      value: 1027,
      at: 1395066363000,
    });
    const file = page.get('msdos_file_access_time_seconds')?.[0];
    assert.equal(file?.labels.get('path'), 'C:\\DIR\\FILE.TXT');
    assert.equal(file?.labels.get('error'), 'Cannot find file:\n"FILE.TXT"');
    assert.equal(page.get('metric_without_timestamp_and_labels')?.[0]?.value, 12.47);
    assert.equal(page.get('something_weird')?.[0]?.value, Infinity);
    assert.ok(Number.isNaN(page.get('with_a_last_comma')?.[0]?.value));
    assert.equal(page.get('tight')?.[0]?.labels.get('a'), 'b # c');
    assert.equal(page.get('tight')?.[0]?.value, 3);
  });

  it('takes seconds, exemplars and the end mark of OpenMetrics', () => {
    const page = read(
      'foo_bucket{le="0.1"} 8 1520879607.789 # {trace="a # b"} 0.054 1520879607.7\nfoo_total 1e3\n# EOF\n',
      'openmetrics',
    );
    assert.equal(page.get('foo_bucket')?.[0]?.at, 1520879607789);
    assert.equal(page.get('foo_bucket')?.[0]?.value, 8);
    assert.equal(page.get('foo_total')?.[0]?.value, 1000);
  });

  it('takes names and labels in quotes, as Prometheus 3 writes those with dots', () => {
    const page = read('{"my.requests","http.code"="500", a="b"} 4\n');
    assert.equal(page.get('my.requests')?.[0]?.labels.get('http.code'), '500');
    assert.equal(page.get('my.requests')?.[0]?.labels.get('a'), 'b');
  });

  it('knows the format by the content type', () => {
    assert.equal(formatOf('application/openmetrics-text; version=1.0.0'), 'openmetrics');
    assert.equal(formatOf('text/plain; version=0.0.4'), 'text');
    assert.equal(formatOf(null), 'text');
  });

  it('is refused when it was cut off, with nothing read from the half of it', () => {
    assert.throws(() => read('foo_total 1\n', 'openmetrics'), /cut off/);
    assert.throws(() => read('foo_total{a="b'), /line 1, column \d+: a quoted label value/);
  });

  it('is refused when a line is broken, with the line and without its text', () => {
    for (const line of [
      '<html>',
      'foo',
      'foo bar',
      'foo{a=b} 1',
      'foo{a="b" c="d"} 1',
      '{a="b"} 1',
      'foo 1 2 3',
    ]) {
      assert.throws(
        () => read(`ok 1\n${line}\n`),
        (error) => error instanceof Error && /^line 2, column \d+: /.test(error.message),
        line,
      );
    }
    assert.throws(() => read('# EOF\nfoo 1\n', 'openmetrics'), /after # EOF/);
  });

  it('is refused when a line never ends', () => {
    const reader = createPageReader('text');
    assert.throws(() => {
      for (let i = 0; i < 100; i += 1) reader.push('x'.repeat(1000));
    }, /too long/);
  });
});
