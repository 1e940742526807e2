// The mysql connector, for MySQL and MariaDB: signals by SQL, states by SQL, and which server this really is.
import { defineConnector } from '../../connector.ts';
import { readinessBy } from '../readiness.ts';
import { sqlSignal } from '../sql/signal.ts';
import { mysqlOptions, openMysql, type MysqlClient, type MysqlOptions } from './client.ts';
import { holds } from './holds.ts';
import { identify, readReadiness } from './identity.ts';
import { ask } from './scalar.ts';

/** What plans name by `uses: mysql`. */
export const mysql = defineConnector<MysqlOptions, MysqlClient>({
  name: 'mysql',
  summary: 'A MySQL or MariaDB database: signals and states by SQL',
  options: mysqlOptions,
  open: openMysql,
  identify,
  probe: (client, call) => readinessBy(() => readReadiness(client, call)),
  signal: sqlSignal(
    'mysql',
    'A SELECT that gives one number; run read only. No row or null is no data',
    ask,
  ),
  states: { holds },
});
