// The small phrases that sentences about events are made of.
import type { Actor } from '../journal/event.ts';
import type { Mark, Said } from './marks.ts';
import { utcClock } from './times.ts';

/** How a place tells: the clock that its readers live by, and what it calls the nodes. */
export interface Manner {
  /** An instant as a time of day. */
  readonly clock: (at: number) => string;
  readonly nodeOf: (node: string) => string;
}

/** Times in UTC, nodes by their ids. */
export const plainly: Manner = { clock: utcClock, nodeOf: (node) => node };

/** A mark and a sentence of one line, however many lines a reason has. */
export function say(mark: Mark, words: string): Said {
  return { mark, words: oneLine(words) };
}

/** A text as one line: a reason with line breaks must not look like two events. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** `: the table is locked`; nothing when there is no reason. */
export function because(reason: string | undefined): string {
  const text = reason === undefined ? '' : withoutStop(reason);
  return text === '' ? '' : `: ${text}`;
}

/** A reason inside a sentence: its own full stop would end ours. */
export function withoutStop(reason: string): string {
  return oneLine(reason).replace(/(?<!\.)\.$/, '');
}

/** `timed-out` is `timed out` to people. */
export function plain(code: string): string {
  return code.replaceAll('-', ' ');
}

/** Who it was, as people say it. */
export function nameOf(actor: Actor): string {
  switch (actor.kind) {
    case 'person':
      return actor.name;
    case 'trigger':
      return `trigger ${actor.name}`;
    case 'backout':
      return 'Backout';
  }
}

/** Reached only by events of a newer Backout: the `never` lets the compiler see that none of ours is forgotten. */
export function unknownEvent(body: never): Said {
  return say('unknown', (body as { readonly type: string }).type);
}
