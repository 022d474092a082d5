import { bigint, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from './moment.ts';
import { money } from './prices.ts';

/** One row for each closed request. Only ever appended to. */
export const ledger = pgTable(
  'ledger',
  {
    entryId: uuid('entry_id').primaryKey(),
    entryNumber: bigint('entry_number', { mode: 'number' }).notNull().unique(),
    requestId: uuid('request_id').notNull().unique(),
    tenant: text('tenant').notNull(),
    model: text('model').notNull(),
    outcome: text('outcome').notNull(),
    inputTokens: integer('input_tokens').notNull(),
    cachedInputTokens: integer('cached_input_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    /** `exact` or `semantic` where the answer came from the cache. */
    cache: text('cache'),
    priceVersion: integer('price_version'),
    amount: money('amount').notNull(),
    currency: text('currency').notNull(),
    closedAt: moment('closed_at').notNull(),
    chargedAt: moment('charged_at').notNull(),
  },
  (table) => [index('ledger_tenant_closed').on(table.tenant, table.closedAt)],
);
