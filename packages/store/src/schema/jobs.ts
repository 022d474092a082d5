import { isNotNull, sql } from '../drizzle/sql.ts';
import { bigint, boolean, index, integer, pgTable, text, uuid } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';
import { tenants } from './tenants.ts';

/** Requests that outlive connections and results. */
export const jobs = pgTable(
  'jobs',
  {
    /** `job_` (or `resp_`) and 32 hexadecimal digits, in the order of creation. */
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
    /** Which list it belongs to: `job` or `response`. */
    kind: text('kind').notNull(),
    endpoint: text('endpoint').notNull(),
    /** HIGH, NORMAL or LOW. */
    priority: text('priority').notNull(),
    status: text('status').notNull(),
    /** What is asked, metadata and webhook; sealed. */
    request: bytea('request').notNull(),
    /** Answer or error; sealed. */
    result: bytea('result'),
    /** That of the present attempt. */
    requestId: uuid('request_id'),
    attempt: integer('attempt').notNull().default(1),
    /** Attempts that were begun and broke off. */
    failures: integer('failures').notNull().default(0),
    outputTokens: integer('output_tokens'),
    isCancelRequested: boolean('is_cancel_requested').notNull().default(false),
    createdAt: moment('created_at').notNull(),
    startedAt: moment('started_at'),
    endedAt: moment('ended_at'),
    /** Before this it is not tried again. */
    notBefore: moment('not_before').notNull(),
    /** After this it expires. */
    deadlineAt: moment('deadline_at').notNull(),
    /** How long it is kept after its end. */
    retentionMs: bigint('retention_ms', { mode: 'number' }).notNull(),
    /** After this it is removed; null until it has ended. */
    removeAt: moment('remove_at'),
    /** The runner that works on it, and how long it may be silent. */
    runner: text('runner'),
    leaseUntil: moment('lease_until'),
  },
  (table) => [
    index('jobs_tenant').on(table.tenant, table.kind, table.id.desc()),
    index('jobs_unfinished')
      .on(table.notBefore)
      .where(sql`${table.status} in ('queued', 'running')`),
    index('jobs_remove').on(table.removeAt).where(isNotNull(table.removeAt)),
  ],
);
