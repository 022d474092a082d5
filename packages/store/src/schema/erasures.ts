import { isNull, sql } from '../drizzle/sql.ts';
import { index, jsonb, pgTable, text, uniqueIndex } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';

/** Erasures of tenants and of users, each with what was done: numbers, no content. */
export const erasures = pgTable(
  'erasures',
  {
    /** `erasure_` and 32 hexadecimal digits, in the order of creation. */
    id: text('id').primaryKey(),
    tenant: text('tenant').notNull(),
    /** Null: the whole tenant. */
    user: text('user_id'),
    requestedAt: moment('requested_at').notNull(),
    /** Which steps are done. */
    steps: text('steps').array().notNull().default([]),
    /** What was removed so far, by store. */
    removed: jsonb('removed').$type<Readonly<Record<string, number>>>().notNull().default({}),
    completedAt: moment('completed_at'),
  },
  (table) => [
    index('erasures_tenant').on(table.tenant, table.id),
    uniqueIndex('erasures_unfinished')
      .on(table.tenant, sql`coalesce(${table.user}, '')`)
      .where(isNull(table.completedAt)),
  ],
);
