// A range of instants, cut into pieces that Prometheus takes: the same answers as if each instant were asked alone.
import type { When } from '../../connector.ts';
import type { Point } from './api.ts';

/** Prometheus refuses more than 11,000 points for a series. */
const pieceMaxInstants = 10_000;

/** Pieces that follow each other without a gap and share no instant. */
export function piecesOf(when: When & { readonly type: 'range' }): readonly Piece[] {
  const { from, to, stepMs } = when;
  const count = Math.floor((to - from) / stepMs) + 1;
  const pieces = Math.max(0, Math.ceil(count / pieceMaxInstants));
  return Array.from({ length: pieces }, (_, index) => {
    const first = index * pieceMaxInstants;
    const last = Math.min(count, first + pieceMaxInstants) - 1;
    return { from: from + first * stepMs, to: from + last * stepMs, stepMs };
  });
}

/** Instants from `from` to `to`, both included. */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/** The instants of a piece. */
export function instantsOf({ from, to, stepMs }: Piece): readonly number[] {
  return Array.from({ length: Math.round((to - from) / stepMs) + 1 }, (_, i) => from + i * stepMs);
}

/** One value of one series at an instant. */
export interface Found {
  readonly labels: { readonly [name: string]: string };
  readonly spelling: string;
}

/** What each instant has: values of no, one or several series. */
export function foundAt(
  series: readonly {
    readonly metric: { readonly [name: string]: string };
    readonly values?: readonly Point[] | undefined;
  }[],
): ReadonlyMap<number, readonly Found[]> {
  const found = new Map<number, Found[]>();
  for (const { metric, values = [] } of series) {
    for (const [seconds, spelling] of values) {
      const at = Math.round(seconds * 1000);
      const here = found.get(at);
      if (here === undefined) found.set(at, [{ labels: metric, spelling }]);
      else here.push({ labels: metric, spelling });
    }
  }
  return found;
}
