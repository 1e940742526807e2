// What a running server knows of a plan that its file does not say: reviews that are owed for too long.
import type { Plan } from '../../core/plan/plan.ts';
import type { Finding, SourceFile } from '../../core/plan/problem.ts';
import { spanOf } from '../../core/words/times.ts';
import type { Cli } from '../cli.ts';
import { CliError } from '../exit.ts';
import { keptToken } from '../operator-token.ts';
import { Places } from './places.ts';

/** The findings, when there is a server to ask (--server, BACKOUT_URL). One that cannot be reached judges nothing. */
export async function serverFindings(
  cli: Cli,
  { name }: Plan,
  sources: readonly SourceFile[],
): Promise<readonly Finding[]> {
  const { server, token } = cli.options;
  if (server === undefined) return [];
  const place = new Places(sources).of(['name']);
  try {
    const { remoteControl } = await import('../remote.ts');
    const control = remoteControl(server, keptToken(cli, server) ?? token);
    const [migration, now] = [await control.migration(name), await control.now()];
    if (migration.type === 'none') return [];
    return migration.reviews.flatMap(({ run, by, until }): readonly Finding[] =>
      until > now
        ? []
        : [
            {
              ...place,
              rule: 'review-is-given',
              severity: 'block',
              message: `${by} began run ${run} without its approvals, and nobody else has reviewed it: due ${spanOf(now - until)} ago.`,
              mend: `Somebody else says what they found: backout run reviewed ${run} --because "…".`,
            },
          ],
    );
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return [
      {
        ...place,
        rule: 'review-is-given',
        severity: 'hold',
        message: `Whether reviews are owed is not judged: ${error.message}`,
        mend: 'Ask again when the server answers, or leave --server and BACKOUT_URL out.',
      },
    ];
  }
}
