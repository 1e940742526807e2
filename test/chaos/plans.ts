// The plans that chaos migrates by: steps beside each other on an HTTP service and a database, and a short verification.

/** So many plans are rolled back beside each other. */
export const PLANS = ['chaos-1', 'chaos-2', 'chaos-3'] as const;

/** The steps of each on the HTTP service, by stage. */
const STAGES = [
  ['route', 'flags'],
  ['sessions', 'queue'],
] as const;

/** A plan as its file says it. Every step adds to one counter, or sets one value, of its own. */
export function planText(name: string): string {
  const step = (what: string): unknown => ({
    step: what,
    owner: 'owner',
    timebox: '120s',
    needs: [],
    uses: 'http/holds',
    with: {
      system: 'service',
      observe: { get: `/${name}.${what}`, expect: { json: { '/value': 'legacy' } } },
      apply: { put: `/${name}.${what}`, json: { value: 'legacy' } },
    },
    retry: { times: 50, backoff: '200ms' },
  });
  const counter = {
    step: 'counter',
    owner: 'owner',
    timebox: '120s',
    needs: [],
    uses: 'sql/holds',
    with: {
      system: 'data',
      check: `select n >= 1 from counter where plan = '${name}'`,
      // Whoever does it twice is found out: nothing here is idempotent by itself.
      apply: [`update counter set n = n + 1 where plan = '${name}'`, 'select pg_sleep(0.2)'],
    },
    retry: { times: 50, backoff: '200ms' },
  };
  return JSON.stringify({
    backout: 1,
    name,
    people: { ada: { name: 'Ada' } },
    roles: { owner: 'ada', deputies: { technical: 'ada' } },
    systems: {
      service: {
        uses: 'http',
        url: '${SERVICE_URL}',
        environment: 'production',
        identity: { get: '/identity', environment: '/environment' },
      },
      data: { uses: 'postgres', url: '${DATA_URL}' },
    },
    checks: {
      calm: { uses: 'http/holds', with: { system: 'service', observe: { get: '/calm' } } },
    },
    checkpoints: { well: { checks: ['calm'] } },
    playbooks: {
      full: {
        scope: 'full',
        stages: [{ first: [...STAGES[0].map(step), counter] }, { second: STAGES[1].map(step) }],
        verified: { by: ['well'], hold: '500ms', within: '10m' },
      },
    },
  });
}
