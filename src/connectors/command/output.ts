// What a command prints, kept in bounds: its beginning and its end, however much comes between.
import { parseJson } from '../pointer.ts';
import type { Json } from '../../connector.ts';

/** Takes what is printed. */
export interface Output {
  readonly push: (chunk: Buffer) => void;
  readonly sizeBytes: () => number;
  /** All of it, or the beginning and the end with a word about what was left out. */
  readonly text: () => string;
}

const headMaxBytes = 32 * 1024;
const tailMaxBytes = 32 * 1024;

/** Keeps 32 KiB, or as much as is said, from the beginning and 32 KiB from the end. */
export function createOutput(headBytes = headMaxBytes): Output {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let sizeBytes = 0;
  return {
    push: (chunk) => {
      sizeBytes += chunk.length;
      const room = headBytes - head.length;
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)]);
      if (chunk.length <= room) return;
      const rest = Buffer.concat([tail, chunk.subarray(Math.max(0, room))]);
      // A copy, so that the large buffer that it is a part of can go.
      tail = Buffer.from(rest.subarray(-tailMaxBytes));
    },
    sizeBytes: () => sizeBytes,
    text: () => {
      const leftOut = sizeBytes - head.length - tail.length;
      if (leftOut === 0) return Buffer.concat([head, tail]).toString();
      return `${head.toString()}\n… ${leftOut} bytes left out …\n${tail.toString()}`;
    },
  };
}

/** The last line that says something. */
export function lastLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

const evidenceMaxLength = 2000;

/** What a command said, for evidence: the JSON object of its last line, else the end of its text. */
export function saidIn(text: string): Json {
  const line = lastLineOf(text);
  const json =
    line.startsWith('{') && line.length <= evidenceMaxLength * 8 ? parseJson(line) : undefined;
  if (json !== undefined) return json;
  const said = text.trim();
  return said.length <= evidenceMaxLength ? said : `…${said.slice(-evidenceMaxLength)}`;
}
