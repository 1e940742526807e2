// The ways in which the shop can be broken for real, and how to mend it again.
import { askPart } from './admin.ts';
import { noFault, type LedgerFault } from './ledger-fault.ts';

/** The ways to break the shop. */
export type Scenario = 'slow-and-lossy' | 'sign-in-broken' | 'data-drift' | 'source-blind';

/** Their names, with what each does. */
export const scenarios: Readonly<Record<Scenario, string>> = {
  'slow-and-lossy':
    'The new service slows down, refuses some requests, and keeps some orders from the feed.',
  'sign-in-broken': 'The new service tells every customer that their password is wrong.',
  'data-drift': 'The feed writes wrong totals to legacy; nothing is slow and nothing fails.',
  'source-blind': 'The router’s metrics page hangs; the shop itself is well.',
};

/** The parts that a scenario breaks. */
export interface BreakableUrls {
  readonly ledger: string;
  readonly feed: string;
  readonly router: string;
}

/** Breaks the shop. Scenarios add up until the shop is mended. */
export async function breakIt(urls: BreakableUrls, scenario: Scenario): Promise<void> {
  switch (scenario) {
    case 'slow-and-lossy':
      return setFault(urls, { ...noFault, slowMs: 600, failRatio: 0.08, dropWrites: 0.3 });
    case 'sign-in-broken':
      return setFault(urls, { ...noFault, signIn: 'broken' });
    case 'data-drift':
      await askPart('PUT', `${urls.feed}/admin`, { driftRatio: 0.3 });
      return;
    case 'source-blind':
      await askPart('PUT', `${urls.router}/admin/metrics`, { mode: 'hang' });
  }
}

/** Takes all faults away. What they have done to the data stays. */
export async function mendIt(urls: BreakableUrls): Promise<void> {
  await setFault(urls, noFault);
  await askPart('PUT', `${urls.feed}/admin`, { driftRatio: 0, broken: false });
  await askPart('PUT', `${urls.router}/admin/metrics`, { mode: 'up' });
}

async function setFault(urls: BreakableUrls, fault: LedgerFault): Promise<void> {
  await askPart('PUT', `${urls.ledger}/admin/fault`, fault);
}
