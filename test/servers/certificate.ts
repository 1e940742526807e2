// A certificate for this machine that signs itself, for tests of servers that speak TLS.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureProgram } from './debian.ts';

/** The files of it, in the folder. Throws Missing. */
export async function makeCertificate(
  folder: string,
  names = 'IP:127.0.0.1,DNS:localhost',
): Promise<{ readonly certificate: string; readonly key: string }> {
  const openssl = await ensureProgram('openssl', 'openssl');
  const [certificate, key] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')];
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
  const subject = ['-subj', '/CN=backout-test', '-addext', `subjectAltName=${names}`];
  execFileSync(openssl, [...words.split(' '), ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  return { certificate, key };
}
