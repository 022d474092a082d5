import { integer, pgTable, text } from 'drizzle-orm/pg-core';
import { moment } from './moment.ts';

/** Who shares limits and pays. */
export const tenants = pgTable('tenants', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  requestsPerMinute: integer('requests_per_minute').notNull().default(600),
  maxInFlight: integer('max_in_flight').notNull().default(64),
  createdAt: moment('created_at').notNull().defaultNow(),
});
