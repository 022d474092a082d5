import { isNotNull } from '../drizzle/sql.ts';
import { index, integer, pgTable, text } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';
import { organisations } from './organisations.ts';

/** The projects of the organisations: what the subjects of the streams call a tenant. */
export const tenants = pgTable(
  'tenants',
  {
    id: text('id').primaryKey(),
    organisation: text('organisation')
      .notNull()
      .default('default')
      .references(() => organisations.id),
    name: text('name').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
    /** While it is suspended, none of its requests is admitted. */
    suspendedAt: moment('suspended_at'),
    /** Counts changes. */
    version: integer('version').notNull().default(1),
  },
  (table) => [
    index('tenants_organisation').on(table.organisation),
    index('tenants_suspended').on(table.id).where(isNotNull(table.suspendedAt)),
  ],
);
