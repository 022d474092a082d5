import { isNotNull, sql } from '../drizzle/sql.ts';
import { index, integer, pgTable, primaryKey, text } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';
import { tenants } from './tenants.ts';

/** Many requests, a file in and a file out. */
export const batches = pgTable(
  'batches',
  {
    /** `batch_` and 32 hexadecimal digits, in the order of creation. */
    id: text('id').primaryKey(),
    tenant: text('tenant')
      .notNull()
      .references(() => tenants.id),
    keyId: text('key_id').notNull(),
    user: text('user_id'),
    organisation: text('organisation').notNull().default('default'),
    roles: text('roles').array().notNull(),
    /** Models that it may ask for; null: all. */
    allowedModels: text('allowed_models').array(),
    endpoint: text('endpoint').notNull(),
    priority: text('priority').notNull(),
    completionWindow: text('completion_window').notNull(),
    status: text('status').notNull(),
    inputFileId: text('input_file_id').notNull(),
    outputFileId: text('output_file_id'),
    errorFileId: text('error_file_id'),
    /** Metadata and webhook; sealed. */
    details: bytea('details').notNull(),
    /** What is wrong with the input; sealed. */
    errors: bytea('errors'),
    total: integer('total').notNull().default(0),
    completed: integer('completed').notNull().default(0),
    failed: integer('failed').notNull().default(0),
    createdAt: moment('created_at').notNull(),
    inProgressAt: moment('in_progress_at'),
    finalizingAt: moment('finalizing_at'),
    completedAt: moment('completed_at'),
    failedAt: moment('failed_at'),
    expiredAt: moment('expired_at'),
    cancellingAt: moment('cancelling_at'),
    cancelledAt: moment('cancelled_at'),
    /** The end of the completion window. */
    expiresAt: moment('expires_at').notNull(),
    removeAt: moment('remove_at'),
    runner: text('runner'),
    leaseUntil: moment('lease_until'),
  },
  (table) => [
    index('batches_tenant').on(table.tenant, table.id.desc()),
    index('batches_unfinished')
      .on(table.createdAt)
      .where(sql`${table.status} in ('validating', 'in_progress', 'finalizing', 'cancelling')`),
    index('batches_remove').on(table.removeAt).where(isNotNull(table.removeAt)),
  ],
);

/** The requests of a batch until its files are written. */
export const batchLines = pgTable(
  'batch_lines',
  {
    batchId: text('batch_id')
      .notNull()
      .references(() => batches.id, { onDelete: 'cascade' }),
    /** Of the line in the input, from 1. */
    number: integer('number').notNull(),
    /** pending, running, completed or failed. */
    status: text('status').notNull(),
    attempt: integer('attempt').notNull().default(1),
    /** `custom_id` and body; sealed. */
    request: bytea('request').notNull(),
    /** Its line in the output or in the error file; sealed. */
    result: bytea('result'),
  },
  (table) => [
    primaryKey({ columns: [table.batchId, table.number] }),
    index('batch_lines_unfinished')
      .on(table.batchId, table.number)
      .where(sql`${table.status} in ('pending', 'running')`),
  ],
);
