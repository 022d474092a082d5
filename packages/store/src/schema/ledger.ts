import { isNotNull, sql } from '../drizzle/sql.ts';
import {
  bigint,
  doublePrecision,
  index,
  integer,
  pgTable,
  text,
  uniqueIndex,
  uuid,
} from '../drizzle/pg-core.ts';
import { moment } from './moment.ts';
import { money } from './money.ts';

/** One charge for each closed request, and the adjustments and credits that followed. Only ever appended to. */
export const ledger = pgTable(
  'ledger',
  {
    entryId: uuid('entry_id').primaryKey(),
    entryNumber: bigint('entry_number', { mode: 'number' }).notNull().unique(),
    /** `charge`, `adjustment` (of a charge) or `credit`. */
    kind: text('kind').notNull().default('charge'),
    /** The request that is charged, or whose charge is adjusted; null for a credit. */
    requestId: uuid('request_id'),
    organisation: text('organisation').notNull().default('default'),
    tenant: text('tenant').notNull(),
    keyId: text('key_id'),
    user: text('user_id'),
    operation: text('operation'),
    /** Empty for a credit. */
    model: text('model').notNull(),
    modelVersion: text('model_version'),
    /** How the request ended; `adjusted` or `credited` where nothing did. */
    outcome: text('outcome').notNull(),
    inputTokens: integer('input_tokens').notNull(),
    cachedInputTokens: integer('cached_input_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    charactersIn: integer('characters_in').notNull().default(0),
    charactersOut: integer('characters_out').notNull().default(0),
    /** From the first work on it to its end. */
    seconds: doublePrecision('seconds').notNull().default(0),
    /** Who counted: `none`, `engine`, `provider` or `estimate`. */
    usageSource: text('usage_source').notNull().default('engine'),
    /** `exact` or `semantic` where the answer came from the cache. */
    cache: text('cache'),
    priceBook: text('price_book').notNull().default('default'),
    /** Null where nothing was to be priced, and for what no price was the reason of. */
    priceVersion: integer('price_version'),
    /** Signed: a credit is negative. */
    amount: money('amount').notNull(),
    currency: text('currency').notNull(),
    /** Why it was adjusted or credited. */
    reason: text('reason'),
    /** Who adjusted or credited it: the id of a key or a user. */
    actor: text('actor'),
    /** What made the adjustment or credit, so that it is not made twice. */
    adjustmentId: uuid('adjustment_id'),
    /** When the request came in: the price of then is charged. Null in rows from before this column. */
    receivedAt: moment('received_at'),
    /** When the request ended, or the credit was given: the month that it counts in. */
    closedAt: moment('closed_at').notNull(),
    chargedAt: moment('charged_at').notNull(),
  },
  (table) => [
    index('ledger_tenant_closed').on(table.tenant, table.closedAt),
    index('ledger_closed').on(table.closedAt),
    uniqueIndex('ledger_charge')
      .on(table.requestId)
      .where(sql`${table.kind} = 'charge'`),
    uniqueIndex('ledger_adjustment')
      .on(table.adjustmentId, table.requestId)
      .where(isNotNull(table.adjustmentId)),
    uniqueIndex('ledger_credit')
      .on(table.adjustmentId)
      .where(sql`${table.kind} = 'credit'`),
    index('ledger_adjusted')
      .on(table.requestId)
      .where(sql`${table.kind} = 'adjustment'`),
  ],
);
