// Signatures of webhooks: our own over time and body, and GitHub's over the body; compared in constant time.
import { createHmac, timingSafeEqual } from 'node:crypto';

/** `t=1700000000,v1=<hex>` over `1700000000.<body>`, as the header X-Backout-Signature has it. */
export function sign(secret: string, atSeconds: number, body: Uint8Array): string {
  return `t=${atSeconds},v1=${macOf(secret, atSeconds, body)}`;
}

/** What a signature proves. */
export type Proof =
  | { readonly type: 'genuine'; readonly signedAt?: number }
  | { readonly type: 'refused'; readonly because: string };

/** Checks X-Backout-Signature; any of the secrets will do, so that they can be changed one after the other. */
export function checkOwn(
  header: string,
  body: Uint8Array,
  secrets: readonly string[],
  receivedAt: number,
  windowMs: number,
): Proof {
  const parts = header.split(',').map((part) => part.trim().split('='));
  const time = parts.find(([name]) => name === 't')?.[1] ?? '';
  if (!/^\d{1,12}$/.test(time)) return refused('the signature has no time (t=…)');
  const given = parts.filter(([name]) => name === 'v1').map(([, value]) => value ?? '');
  const genuine = secrets.some((secret) => {
    const wanted = macOf(secret, Number(time), body);
    return given.some((mac) => same(mac, wanted));
  });
  if (!genuine) return refused('the signature does not fit');
  const signedAt = Number(time) * 1000;
  if (Math.abs(receivedAt - signedAt) > windowMs) {
    const minutes = Math.round(Math.abs(receivedAt - signedAt) / 60_000);
    return refused(`it was signed ${minutes} min away from now: too old, or a clock is wrong`);
  }
  return { type: 'genuine', signedAt };
}

/** Checks X-Hub-Signature-256, which has no time: replays are only told by the event's id. */
export function checkGithub(header: string, body: Uint8Array, secrets: readonly string[]): Proof {
  const genuine = secrets.some((secret) =>
    same(header.trim(), `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`),
  );
  return genuine ? { type: 'genuine' } : refused('the signature does not fit');
}

function macOf(secret: string, atSeconds: number, body: Uint8Array): string {
  return createHmac('sha256', secret).update(`${atSeconds}.`).update(body).digest('hex');
}

function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function refused(because: string): Proof {
  return { type: 'refused', because };
}
