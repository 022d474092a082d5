import { integer, pgTable, primaryKey, text } from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';

/** Which shares of which budgets were reported as reached: each once. */
export const budgetAlerts = pgTable(
  'budget_alerts',
  {
    scope: text('scope').notNull(),
    subject: text('subject').notNull(),
    /** When the month began, in UTC. */
    month: moment('month').notNull(),
    /** In per cent. */
    share: integer('share').notNull(),
    reachedAt: moment('reached_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.subject, table.month, table.share] })],
);
