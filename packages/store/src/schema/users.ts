import { isNotNull } from '../drizzle/sql.ts';
import { index, integer, pgTable, primaryKey, text, uniqueIndex } from '../drizzle/pg-core.ts';
import { bytea } from './bytea.ts';
import { moment } from './moment.ts';
import { organisations } from './organisations.ts';

/** People and programs who act in an organisation. */
export const users = pgTable(
  'users',
  {
    /** `usr_` and 32 hexadecimal digits, in the order of creation. */
    id: text('id').primaryKey(),
    organisation: text('organisation')
      .notNull()
      .references(() => organisations.id),
    /** `person` or `service`. */
    kind: text('kind').notNull(),
    /** Name and address, sealed; null once they were erased. */
    profile: bytea('profile'),
    /** Who vouches for this user, and as whom: `iss` and `sub` of its tokens; null: nobody, it has API keys alone. */
    issuer: text('issuer'),
    subject: text('subject'),
    createdAt: moment('created_at').notNull().defaultNow(),
    disabledAt: moment('disabled_at'),
    /** Counts changes. */
    version: integer('version').notNull().default(1),
  },
  (table) => [
    index('users_organisation').on(table.organisation, table.id),
    uniqueIndex('users_subject').on(table.issuer, table.subject),
    index('users_disabled').on(table.id).where(isNotNull(table.disabledAt)),
  ],
);

/** What a user may do where. */
export const memberships = pgTable(
  'memberships',
  {
    user: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** A project, or `*` for all of the organisation's. */
    tenant: text('tenant').notNull(),
    role: text('role').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.user, table.tenant, table.role] })],
);
