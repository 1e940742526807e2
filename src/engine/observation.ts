// What a connector answers, made safe to act on: only `holds` and `differs` are knowledge, and evidence is always JSON.
import { ConnectorError, type Json, type Observation } from '../connector.ts';

/** An observation that says something. */
export type Known = Exclude<Observation, { type: 'unknown' }>;

/** What cannot be observed cannot be called done, and nothing may be applied on the strength of rubbish. */
export function known(observation: Observation): Known {
  // A connector may be plain JavaScript: what it answers is only as typed as its author was careful.
  const answered: { readonly type?: unknown } | null | undefined = observation;
  switch (answered?.type) {
    case 'holds':
    case 'differs':
      return observation as Known;
    case 'unknown': {
      const { class: errorClass, because } = observation as Observation & { type: 'unknown' };
      throw new ConnectorError(errorClass, because);
    }
    default:
      throw new Error(
        `it observed ${inShort(answered)}, which is neither holds, differs nor unknown`,
      );
  }
}

/** Any value as the JSON that the journal keeps; what is no JSON is said to be none. */
export function asJson(value: unknown): Json {
  try {
    // The cast holds because JSON.parse gives nothing but JSON.
    return JSON.parse(JSON.stringify(value) ?? 'null') as Json;
  } catch (error) {
    return { unreadable: error instanceof Error ? error.message : 'not JSON' };
  }
}

function inShort(value: unknown): string {
  return (JSON.stringify(asJson(value)) ?? 'nothing').slice(0, 100);
}
