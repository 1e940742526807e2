// What became of notices, told in words.
import type { JournalEvent } from '../journal/event.ts';
import type { Said } from '../words/marks.ts';
import { because, say, unknownEvent } from '../words/phrases.ts';
import type { NoticeEvent } from './events.ts';

/** One delivery: the notice, its channel, and why it failed. */
export function tellNotice({ body }: JournalEvent<NoticeEvent>): Said {
  switch (body.type) {
    case 'NoticeSent':
      return say(
        'good',
        `notice ${body.notice} went out through ${body.channel}${body.certainty === 'maybe' ? ', perhaps' : ''}`,
      );
    case 'NoticeFailed':
      return say(
        'bad',
        `notice ${body.notice} did not go out through ${body.channel}${because(body.because)}`,
      );
    default:
      return unknownEvent(body);
  }
}
