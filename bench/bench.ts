// What a bench is, what it measures, and how a row of its table is made of samples.

/** The side of the bar on which a figure is good. */
export type Bar = { readonly most: number } | { readonly least: number };

/** What was measured, again and again. */
export interface Measured {
  readonly what: string;
  readonly unit: 'ms' | 's' | '/s';
  readonly samples: readonly number[];
  /** Absent where nothing was promised. The median must hold it. */
  readonly bar?: Bar;
}

/** One bench: a name to choose it by, and its run. */
export interface Bench {
  readonly name: string;
  readonly run: () => Promise<readonly Measured[]>;
}

/** One line of the table. */
export interface Row {
  readonly bench: string;
  readonly what: string;
  readonly unit: Measured['unit'];
  readonly samples: number;
  readonly median: number;
  /** Of 100 samples, 95 were as good as this or better: of rates it is the slow end too. */
  readonly p95: number;
  readonly bar: Bar | null;
  /** Null where there is no bar. */
  readonly holds: boolean | null;
}

/** The row of something measured. */
export function rowOf(bench: string, { what, unit, samples, bar }: Measured): Row {
  if (samples.length === 0) throw new Error(`[bench] ${bench} took no samples of ${what}.`);
  const rising = samples.toSorted((a, b) => a - b);
  const median = at(rising, 0.5);
  return {
    bench,
    what,
    unit,
    samples: samples.length,
    median,
    p95: at(rising, unit === '/s' ? 0.05 : 0.95),
    bar: bar ?? null,
    holds: bar === undefined ? null : 'most' in bar ? median <= bar.most : median >= bar.least,
  };
}

/** The sample at this part of the way from the smallest to the largest: the nearest one, never a value in between. */
function at(rising: readonly number[], part: number): number {
  return rising[Math.round(part * (rising.length - 1))] ?? Number.NaN;
}

/** The rows as people read them; the first line names the columns. */
export function tableOf(rows: readonly Row[]): readonly string[] {
  const cells = rows.map((row) => [
    row.bench,
    row.what,
    inWords(row.median, row.unit),
    inWords(row.p95, row.unit),
    row.bar === null ? '' : barInWords(row.bar, row.unit),
    row.holds === null ? '' : row.holds ? '● yes' : '▲ no',
  ]);
  const all = [['bench', 'what', 'median', 'p95', 'bar', 'holds?'], ...cells];
  const widths =
    all[0]?.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length))) ?? [];
  return all.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column >= 2 && column <= 4 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function barInWords(bar: Bar, unit: Measured['unit']): string {
  return 'most' in bar ? `≤ ${inWords(bar.most, unit)}` : `≥ ${inWords(bar.least, unit)}`;
}

function inWords(value: number, unit: Measured['unit']): string {
  const digits = Math.abs(value) < 10 && !Number.isInteger(value) ? 1 : 0;
  const number = value.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return unit === '/s' ? `${number}/s` : `${number} ${unit}`;
}
