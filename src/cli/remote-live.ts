// Reads server-sent events from a response, and gives up on a connection that has gone silent.

/** One message of the stream. */
export interface LiveMessage {
  /** `message` unless the server named it. */
  readonly event: string;
  readonly data: string;
}

/** The server sends a heartbeat every 2 s: silence for so long means that the connection is frozen. Milliseconds. */
const SILENCE_MS = 10_000;

/** The messages in their order; ends when the connection does, however. `cut` is aborted when nothing came for too long. */
export async function* liveMessages(
  body: ReadableStream<Uint8Array> | null,
  cut: AbortController,
): AsyncGenerator<LiveMessage> {
  if (body === null) return;
  const silence = setTimeout(() => cut.abort(), SILENCE_MS);
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = '';
  try {
    for (;;) {
      // A connection that breaks off is one that ends: the reader comes back either way.
      const { done, value } = await reader
        .read()
        .catch(() => ({ done: true, value: undefined }) as const);
      if (done || value === undefined) return;
      silence.refresh();
      rest += decoder.decode(value, { stream: true });
      const blocks = rest.split(/\r?\n\r?\n/);
      rest = blocks.pop() ?? '';
      for (const block of blocks) yield messageOf(block);
    }
  } finally {
    clearTimeout(silence);
  }
}

/** One block of `field: value` lines; fields that we have no use for are ignored, as the standard says. */
function messageOf(block: string): LiveMessage {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
  return { event, data: data.join('\n') };
}
