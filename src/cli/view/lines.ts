// Lines that fit a terminal: words wrapped, items flowed, what is too long cut, colour codes not counted.
import { stripVTControlCharacters } from 'node:util';

/** How many columns a text takes; colour takes none. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/** Words broken into lines of at most `width` columns, each after the first indented by `indent`. */
export function wrap(text: string, width: number, indent = ''): readonly string[] {
  return flow(
    text.split(/\s+/).filter((word) => word !== ''),
    ' ',
    width,
    indent,
  );
}

/** Items that stay whole, side by side as long as they fit. */
export function flow(
  items: readonly string[],
  gap: string,
  width: number,
  indent = '',
): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const item of items) {
    const longer = line === '' ? item : `${line}${gap}${item}`;
    const room = width - (lines.length === 0 ? 0 : indent.length);
    if (line !== '' && widthOf(longer) > room) {
      lines.push(lines.length === 0 ? line : indent + line);
      line = item;
    } else {
      line = longer;
    }
  }
  if (line !== '') lines.push(lines.length === 0 ? line : indent + line);
  return lines;
}

/** At most `width` columns; what is left out is marked. Colour codes stay whole. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let room = width - 1;
  let shown = '';
  // oxlint-disable-next-line no-control-regex
  for (const [part] of text.matchAll(/\x1b\[[0-9;]*m|[\s\S]/gu)) {
    if (part.startsWith('\x1b')) shown += part;
    else if (room > 0) {
      shown += part;
      room -= 1;
    }
  }
  return `${shown}…`;
}
