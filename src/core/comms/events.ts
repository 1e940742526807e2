// Everything that can happen to notices: what became of each delivery. Stream `notices-<plan>`.
import type { Json } from '../journal/event.ts';

/** What became of one delivery of one notice. */
export type NoticeEvent =
  | {
      readonly type: 'NoticeSent';
      readonly notice: string;
      readonly channel: string;
      /** `maybe`: the channel could not say whether it arrived, and it may have gone out before. */
      readonly certainty: 'sent' | 'maybe';
      readonly receipt: Json;
    }
  | {
      readonly type: 'NoticeFailed';
      readonly notice: string;
      readonly channel: string;
      readonly because: string;
    };
