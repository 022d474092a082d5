import { isNull } from '../drizzle/sql.ts';
import { bigint, index, pgTable, text, uuid } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';

/** Messages that belong to a transaction, to be published once it is committed. */
export const outbox = pgTable(
  'outbox',
  {
    /** For the broker's deduplication. */
    id: uuid('id').primaryKey(),
    /** The order of publishing. */
    number: bigint('number', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
    subject: text('subject').notNull(),
    payload: bytea('payload').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    publishedAt: moment('published_at'),
  },
  (table) => [index('outbox_unpublished').on(table.number).where(isNull(table.publishedAt))],
);
