import { sql } from '../drizzle/sql.ts';
import { bigint, integer, pgTable, primaryKey, text } from '../drizzle/pg-core.ts';
import { money } from './money.ts';
import { moment } from './moment.ts';

const count = (name: string) =>
  bigint(name, { mode: 'number' })
    .notNull()
    .default(sql`0`);

/**
 * What an organisation, project, user or key may use, and what it has used: one row, so that admission has all of it behind one lock.
 * A window that is over counts as empty; the next decision begins a new one.
 */
export const quotas = pgTable(
  'quotas',
  {
    /** `organisation`, `project`, `user` or `key`; `model` for the requests of a model, whoever they are of. */
    scope: text('scope').notNull(),
    subject: text('subject').notNull(),

    /** Limits; null: none. */
    requestsPerMinute: integer('requests_per_minute'),
    tokensPerMinute: bigint('tokens_per_minute', { mode: 'number' }),
    maxInFlight: integer('max_in_flight'),
    tokensPerDay: bigint('tokens_per_day', { mode: 'number' }),
    tokensPerMonth: bigint('tokens_per_month', { mode: 'number' }),
    budgetPerMonth: money('budget_per_month'),
    /** Counts changes of the limits. */
    version: integer('version').notNull().default(1),

    /** Of requests that were admitted and have not ended: how many, and what they may use at worst. */
    inFlight: count('in_flight'),
    reservedTokens: count('reserved_tokens'),
    reservedAmount: money('reserved_amount').notNull().default('0'),

    /** Windows of UTC: when they began, what was admitted in them, and what was used by requests that ended in them. */
    minute: moment('minute')
      .notNull()
      .default(sql`'epoch'`),
    minuteRequests: count('minute_requests'),
    minuteTokens: count('minute_tokens'),
    day: moment('day')
      .notNull()
      .default(sql`'epoch'`),
    dayTokens: count('day_tokens'),
    month: moment('month')
      .notNull()
      .default(sql`'epoch'`),
    monthTokens: count('month_tokens'),
    monthAmount: money('month_amount').notNull().default('0'),
  },
  (table) => [primaryKey({ columns: [table.scope, table.subject] })],
);
