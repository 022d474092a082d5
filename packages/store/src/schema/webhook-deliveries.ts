import { isNotNull, isNull } from '../drizzle/sql.ts';
import { index, integer, pgTable, text } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';
import { tenants } from './tenants.ts';

/** What is to be told to receivers of webhooks, until they have said that they have it. */
export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    /** `msg_` and 32 hexadecimal digits: the id that the receiver sees, the same with each try. */
    id: text('id').primaryKey(),
    tenant: text('tenant')
      .notNull()
      .references(() => tenants.id),
    /** The job or batch that it is about. */
    subjectId: text('subject_id').notNull(),
    /** Where it goes and the secret that signs it; sealed. */
    target: bytea('target').notNull(),
    /** The body; sealed. */
    payload: bytea('payload').notNull(),
    attempts: integer('attempts').notNull().default(0),
    createdAt: moment('created_at').notNull(),
    nextAt: moment('next_at').notNull(),
    /** Whether it arrived or was given up. */
    endedAt: moment('ended_at'),
    outcome: text('outcome'),
    /** HTTP status of the last try, or what went wrong, in a word. */
    lastResult: text('last_result'),
    runner: text('runner'),
    leaseUntil: moment('lease_until'),
  },
  (table) => [
    index('webhook_deliveries_open').on(table.nextAt).where(isNull(table.endedAt)),
    index('webhook_deliveries_ended').on(table.endedAt).where(isNotNull(table.endedAt)),
    index('webhook_deliveries_subject').on(table.subjectId),
  ],
);
