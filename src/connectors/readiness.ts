// Whether a system lets us in, from a question that fails when it does not.
import { ConnectorError, type Json, type ProbeAnswer } from '../connector.ts';

/** Ready with what was found; not ready with the error of the question. */
export async function readinessBy(question: () => Promise<Json>): Promise<ProbeAnswer> {
  try {
    return { type: 'ready', evidence: await question() };
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error;
    return { type: 'not-ready', class: error.class, because: error.message };
  }
}
