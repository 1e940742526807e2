// The statistics of HAProxy, `show stat`: CSV with its names in the first line.
import { failure } from './conversation.ts';

/** One row: a frontend, a backend or a server, its values by name. */
export type Row = ReadonlyMap<string, string>;

/** The rows of the answer. */
export function rowsOf(text: string, what: string): readonly Row[] {
  const [head = '', ...lines] = text.split('\n');
  if (!head.startsWith('# pxname,')) {
    const said = head.slice(0, 200);
    const errorClass = /permission denied/i.test(said) ? 'not-allowed' : 'refused';
    throw failure(errorClass, what, `HAProxy says "${said}".`);
  }
  const names = head.slice(2).split(',');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const values = cellsOf(line);
      return new Map(names.map((name, index) => [name, values[index] ?? '']));
    });
}

/** Cells that hold a comma or a quote are quoted, and quotes in them doubled. */
function cellsOf(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  const cells = [...line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g)];
  return cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}
