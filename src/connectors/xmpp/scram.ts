// SCRAM (RFC 5802, RFC 7677): both sides prove that they know the password, and neither says it.
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(pbkdf2);

/** More rounds than this would keep us busy for longer than a notice may take. */
const roundsMax = 1_000_000;

/** The conversation of one sign-in. */
export class Scram {
  readonly #hash: 'sha1' | 'sha256';
  readonly #password: string;
  readonly #nonce = randomBytes(18).toString('base64');
  readonly #bare: string;
  #serverSignature: Buffer = Buffer.alloc(0);

  constructor(mechanism: 'SCRAM-SHA-1' | 'SCRAM-SHA-256', user: string, password: string) {
    this.#hash = mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
    this.#password = password.normalize('NFKC');
    const name = user.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C');
    this.#bare = `n=${name},r=${this.#nonce}`;
  }

  /** What we say first. */
  get first(): string {
    return `n,,${this.#bare}`;
  }

  /** What we say to the server's challenge. Throws when the challenge is none. */
  async answer(challenge: string): Promise<string> {
    const said = new Map(challenge.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
    const [nonce = '', salt = '', rounds] = [said.get('r'), said.get('s'), Number(said.get('i'))];
    if (!nonce.startsWith(this.#nonce) || salt === '' || !(rounds >= 1 && rounds <= roundsMax)) {
      throw new Error('the server’s challenge is none');
    }
    const length = this.#hash === 'sha1' ? 20 : 32;
    const salted = await derive(
      this.#password,
      Buffer.from(salt, 'base64'),
      rounds,
      length,
      this.#hash,
    );
    const clientKey = this.#mac(salted, 'Client Key');
    const stored = createHash(this.#hash).update(clientKey).digest();
    const withoutProof = `c=${Buffer.from('n,,').toString('base64')},r=${nonce}`;
    const all = `${this.#bare},${challenge},${withoutProof}`;
    const signature = this.#mac(stored, all);
    this.#serverSignature = this.#mac(this.#mac(salted, 'Server Key'), all);
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** Whether the server knows the password as well: one that does not is another than ours. */
  isProved(final: string): boolean {
    const given = Buffer.from(/(?:^|,)v=([^,]+)/.exec(final)?.[1] ?? '', 'base64');
    return (
      given.length === this.#serverSignature.length && timingSafeEqual(given, this.#serverSignature)
    );
  }

  #mac(key: Buffer, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest();
  }
}
