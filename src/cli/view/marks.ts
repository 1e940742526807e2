// The shapes that stand before a line: the same state has the same shape, word and colour everywhere.
import { styleText } from 'node:util';
import { type Mark as CoreMark, shapes } from '../../core/words/marks.ts';

/** What a line is about: a mark as everywhere, or a change that a preview foresees. */
export type Mark = CoreMark | 'change';

/** How a terminal can be written to. */
export interface Look {
  readonly color: boolean;
  /** Only the letters that every terminal has. */
  readonly ascii: boolean;
  /** Columns. */
  readonly width: number;
}

type Style = 'green' | 'yellow' | 'red' | 'cyan' | 'gray' | 'bold' | 'dim' | 'magenta';

const styles: { readonly [mark in Mark]: Style } = {
  good: 'green',
  attention: 'yellow',
  bad: 'red',
  unknown: 'magenta',
  working: 'cyan',
  waiting: 'gray',
  already: 'green',
  deviation: 'yellow',
  change: 'yellow',
};

/** The shape of a mark. */
export function markOf(mark: Mark, look: Look): string {
  const shape = mark === 'change' ? '~' : shapes[mark];
  return paint(styles[mark], look.ascii ? asciiOf(shape) : shape, look);
}

/** Text in a style, where there is colour. */
export function paint(style: Style | readonly Style[], text: string, look: Look): string {
  if (!look.color) return text;
  // The look has decided already; styleText shall not ask the terminal again.
  return styleText([...(typeof style === 'string' ? [style] : style)], text, {
    validateStream: false,
  });
}

/** Text for a terminal that has only the letters of ASCII; what has no likeness there becomes a question mark. */
export function asciiOf(text: string): string {
  // Line breaks, tabs and the escape of colour codes stay.
  return (
    text
      .replaceAll(/[●◐▲▶○◇…–—−→•‘’“”·]/gu, (sign) => likeness[sign] ?? '?')
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[^\x20-\x7e\n\t\x1b]/gu, '?')
  );
}

const likeness: { readonly [sign: string]: string } = {
  '●': 'ok',
  '◐': '..',
  '▲': '!!',
  '▶': '>>',
  '○': '--',
  '◇': '<>',
  '…': '...',
  '–': '-',
  '—': '-',
  '−': '-',
  '→': '->',
  '•': '*',
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '·': '-',
};
