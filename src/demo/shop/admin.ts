// Asks the parts of the shop over their admin interfaces, with a deadline and an error that says who did not answer.

/** How long a part has for its answer, in milliseconds. */
const answerMsMax = 5000;

/** Asks a part; anything but a 2xx answer is an error. The caller says what the part answers. */
export async function askPart<Reply>(
  method: 'GET' | 'PUT' | 'POST',
  url: string,
  body?: object,
  timeoutMs = answerMsMax,
): Promise<Reply> {
  const request = {
    method,
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  };
  const response = await fetch(url, request).catch((cause: unknown) => {
    throw new Error(`[shop] Cannot ask ${method} ${url}: ${String(cause)}`, { cause });
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`[shop] ${method} ${url} answered ${response.status}: ${text.slice(0, 300)}`);
  }
  return JSON.parse(text) as Reply; // The parts are ours; their answers are tested with them.
}
