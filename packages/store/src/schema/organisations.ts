import { isNotNull } from '../drizzle/sql.ts';
import { index, integer, pgTable, text } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';

/** Who has projects and pays for them. */
export const organisations = pgTable(
  'organisations',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    /** While it is suspended, none of its requests is admitted. */
    suspendedAt: moment('suspended_at'),
    /** Counts changes. */
    version: integer('version').notNull().default(1),
  },
  (table) => [index('organisations_suspended').on(table.id).where(isNotNull(table.suspendedAt))],
);
