// The old service of the shop, on the legacy database, with its cache of invoices.
import { createInvoiceCache } from '../invoice-cache.ts';
import { legacyStorefront } from '../legacy-storefront.ts';
import { databaseVariables, runPart } from '../part.ts';
import { meterRequests, storefrontRoutes } from '../storefront.ts';

await runPart('legacy', ({ database, meters }) => {
  const pool = database(databaseVariables.legacy);
  const cache = createInvoiceCache(pool);
  return {
    routes: [...storefrontRoutes(legacyStorefront(pool, cache)), ...cache.routes],
    observer: meterRequests(meters),
  };
});
