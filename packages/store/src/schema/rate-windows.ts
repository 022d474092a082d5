import { integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { moment } from './moment.ts';

/** Requests of a tenant that were admitted in a window. */
export const rateWindows = pgTable(
  'rate_windows',
  {
    tenant: text('tenant').notNull(),
    windowStart: moment('window_start').notNull(),
    requests: integer('requests').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenant, table.windowStart] })],
);
