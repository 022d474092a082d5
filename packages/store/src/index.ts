export { createDatabase } from './create-database.ts';
export { openDatabase, type Database, type DatabaseOptions, type Transaction } from './database.ts';
export { migrate } from './migrate.ts';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './postgres-server/start-embedded-postgres.ts';
export { apiKeys, claims, ledger, outbox, prices, rateWindows, tenants } from './schema/index.ts';
export { transact, type Sql, type Statement, type Writing } from './transact.ts';
