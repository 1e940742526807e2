// Asserts the target before anything is touched there: is this the system that the plan declares?
import { type Call, ConnectorError } from '../connector.ts';
import type { OpenSystem } from './systems.ts';

/** Throws `target-mismatch` when the system says that it is another environment or another one than declared. */
export async function assertTarget(system: OpenSystem, call: Call): Promise<void> {
  const { declared, connector, name } = system;
  if (declared.environment === undefined && declared.id === undefined) return;
  if (connector.identify === undefined) return;
  const identity = await connector.identify(system.client, call);
  assertSame(name, 'environment', declared.environment, identity.environment);
  assertSame(name, 'id', declared.id, identity.id);
}

/** A system that doesn't tell what it is can't contradict the plan; readiness says that nobody asserts it. */
function assertSame(
  name: string,
  what: string,
  declared: string | undefined,
  found: string | undefined,
): void {
  if (declared === undefined || found === undefined || declared === found) return;
  throw new ConnectorError(
    'target-mismatch',
    `[${name}] The plan declares ${what} ${declared}, and the system says it is ${found}. Nothing was touched. Mend the address of system ${name}, or its ${what} in the plan.`,
    { facts: { declared, found } },
  );
}
