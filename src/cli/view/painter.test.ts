// Painting in place: the terminal shows the last frame once, however often and however tall it was painted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Painter } from './painter.ts';

/** Enough of a terminal to see what is left on it: lines, cursor up, clear below. */
class Screen {
  readonly isTTY = true;
  columns = 20;
  rows = 10;
  lines: string[] = [''];

  write(text: string): void {
    // oxlint-disable-next-line no-control-regex
    for (const [part] of text.matchAll(/\x1b\[(\d*)([AJ])|\r|\n|[^\x1b\r\n]+/g)) {
      if (part.endsWith('A') && part.startsWith('\x1b')) this.#up(Number(part.slice(2, -1)));
      else if (part === '\x1b[J') this.lines = this.lines.slice(0, this.#row).concat('');
      else if (part === '\n') this.#row += 1;
      else if (part !== '\r') this.lines[this.#row] = part;
    }
  }

  #row = 0;
  #up(count: number): void {
    this.#row = Math.max(0, this.#row - count);
  }
}

const left = (screen: Screen): readonly string[] => screen.lines.filter((line) => line !== '');

test('the last frame stands alone, though an earlier one was taller', () => {
  const screen = new Screen();
  let frame: readonly string[] = ['one', 'two', 'three'];
  const painter = new Painter(screen, () => frame);
  frame = ['done'];
  painter.stop();
  assert.deepEqual(left(screen), ['done']);
});

test('a line that stays stands above what is painted', () => {
  const screen = new Screen();
  const painter = new Painter(screen, () => ['painted']);
  painter.print('stays');
  painter.stop();
  assert.deepEqual(left(screen), ['stays', 'painted']);
});

test('no line wraps, and a frame taller than the terminal shows its end, where the commands are', () => {
  const screen = new Screen();
  const frame = Array.from({ length: 30 }, (_, index) => `line ${index} ${'x'.repeat(40)}`);
  new Painter(screen, () => frame).stop();
  assert.equal(left(screen).length, screen.rows - 1);
  assert.ok(left(screen).every((line) => line.length < screen.columns));
  assert.match(left(screen).at(-1) ?? '', /^line 29/);
});
