// The new service of the shop, on its own database with another schema, and with a switch for its faults.
import { createFaultSwitch } from '../ledger-fault.ts';
import { ledgerStorefront } from '../ledger-storefront.ts';
import { openMetricsType } from '../meters.ts';
import { databaseVariables, runPart } from '../part.ts';
import { meterRequests, storefrontRoutes } from '../storefront.ts';
import { refusal } from '../web.ts';

await runPart('ledger', ({ database, meters }) => {
  const fault = createFaultSwitch();
  const pool = database(databaseVariables.ledger);
  const storefront = ledgerStorefront(pool, () => fault.current().dropWrites);
  const metrics = () =>
    fault.current().metrics === 'down'
      ? refusal(503, 'The metrics are down.')
      : { status: 200, text: meters.page(), headers: { 'content-type': openMetricsType } };
  return {
    routes: [
      ...storefrontRoutes(storefront).map((route) => fault.suffer(route)),
      ...fault.routes,
      { method: 'GET', path: '/metrics', handle: metrics },
    ],
    observer: meterRequests(meters),
  };
});
