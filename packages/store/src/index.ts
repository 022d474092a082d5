export { execute, withConnection } from './connection.ts';
export { openDatabase, type Database, type DatabaseOptions } from './database.ts';
export { afterCommit, inTransaction, onConnection, type Transaction } from './in-transaction.ts';
export { migrate } from './migrate.ts';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './postgres-server/start-embedded-postgres.ts';
export {
  apiKeys,
  batches,
  batchLines,
  budgetAlerts,
  claims,
  controlChanges,
  dataPolicies,
  deadLetters,
  erasures,
  filePieces,
  files,
  identityProviders,
  jobs,
  keptAnswers,
  ledger,
  memberships,
  organisations,
  outbox,
  piiFindings,
  piiPolicies,
  prices,
  quotas,
  tenants,
  trainingExamples,
  users,
  webhookDeliveries,
} from './schema/index.ts';
export { prepare, statement, type Statement } from './statement.ts';
export { tables } from './tables.ts';
export { transact, transactWithin, type WritingWithin, type Writing } from './transact.ts';
