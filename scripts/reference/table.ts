// Tables in Markdown.

/** A table; cells are one line each, with bars made harmless. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n') + '\n';
}

/** Text as code, or nothing when there is none. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}
