// How sql/holds is done on MySQL and MariaDB, where some statements commit without being asked.
import { ConnectorError, type Json } from '../../connector.ts';
import { sqlHolds, statementsWithout } from '../sql/holds.ts';
import type { MysqlClient } from './client.ts';
import type { Run } from './connection.ts';
import { ask, readScalar } from './scalar.ts';
import { readWrite } from './transaction.ts';

/** White space and comments before the first word; what stands in an executable comment is a word, too. */
const before = String.raw`^(?:\s|\/\*(?![!M])[\s\S]*?\*\/|#.*\n|--\s.*\n)*`;
const endsTransaction = new RegExp(
  `${before}(?:begin|start\\s+transaction|commit|rollback|savepoint|release|xa|set\\s+(?:session\\s+|@@)*autocommit)\\b`,
  'i',
);
/** "Statements That Cause an Implicit Commit" of the MySQL 8.4 manual. */
const commitsUnasked = new RegExp(
  `${before}(?:(?:create|drop)\\s+(?!(?:or\\s+replace\\s+)?temporary\\b)|alter|rename|truncate|grant|revoke|analyze|optimize|repair|check\\s+table|cache\\s+index|flush|reset|lock\\s+tables?|unlock\\s+tables?|install|uninstall|set\\s+password)\\b`,
  'i',
);

const statements = statementsWithout((sql) =>
  endsTransaction.test(sql)
    ? 'must not begin or end a transaction: all statements run in one'
    : undefined,
).refine(
  (list) => list.length === 1 || !list.some((sql) => commitsUnasked.test(sql)),
  'MySQL commits before and after a statement that changes tables or rights: give it a step of its own',
);

/** Observes in a read-only transaction; applies under a named lock by the idempotency key. */
export const holds = sqlHolds<MysqlClient>({
  who: 'mysql',
  summary: 'A question in SQL has the wanted answer; statements in one transaction make it so',
  yes: 1,
  statements,
  ask,
  change: (client, call, what, work) =>
    readWrite(client, call, what, (run) => {
      let committed: string | undefined;
      return work({
        ask: (sql) => readScalar(run, sql),
        run: async (sql) => {
          // What would follow a statement that has committed would stand alone, each part for itself.
          if (committed !== undefined) throw ended(what, committed);
          const { header } = await run(sql);
          if (!(await isOpen(run))) committed = sql;
          return receiptOf(sql, header?.affectedRows ?? 0, committed !== undefined);
        },
      });
    }),
});

/** `SERVER_STATUS_IN_TRANS`, which the server sends with every answer that is no rows. */
const inTransaction = 1;

async function isOpen(run: Run): Promise<boolean> {
  const { header } = await run('do 0');
  return header !== undefined && (header.serverStatus & inTransaction) !== 0;
}

function receiptOf(sql: string, rows: number, committed: boolean): Json {
  const command = /[a-z]+/i.exec(sql.replace(new RegExp(before), ''))?.[0].toUpperCase() ?? '';
  return { command, rows, ...(committed ? { committedUnasked: true } : {}) };
}

function ended(what: string, sql: string): ConnectorError {
  const shown = sql.trim().slice(0, 60);
  return new ConnectorError(
    'refused',
    `[mysql] Cannot ${what}: "${shown}" has committed what was done so far, and what follows was not run. Give each its own step.`,
  );
}
