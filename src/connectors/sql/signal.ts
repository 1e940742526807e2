// The signal of every database: one number by SQL, of now.
import { z } from 'zod';
import { ConnectorError, type Call, type Reading, type SignalKind } from '../../connector.ts';
import { notNow } from '../live.ts';
import type { SqlClient } from './holds.ts';
import { toReading, type Scalar } from './scalar.ts';

type Query = { readonly sql: string };

/** The signal of one kind of database; `ask` changes nothing. */
export function sqlSignal<Client extends SqlClient>(
  who: string,
  means: string,
  ask: (client: Client, sql: string, call: Call, what: string) => Promise<Scalar>,
): SignalKind<Client, Query> {
  return {
    summary: 'One number by SQL, in a read-only transaction',
    query: z.strictObject({ sql: z.string().min(1).meta({ description: means }) }),
    read: async (client, { sql }, when, call): Promise<readonly Reading[]> => {
      const refused = notNow(who, when);
      if (refused !== undefined) return refused;
      const at = when.type === 'at' ? when.at : when.to;
      const what = `read ${client.system}`;
      try {
        return [toReading(`[${who}] Cannot ${what}`, at, await ask(client, sql, call, what))];
      } catch (error) {
        if (!(error instanceof ConnectorError)) throw error;
        return [{ type: 'error', at, class: error.class, because: error.message }];
      }
    },
  };
}
