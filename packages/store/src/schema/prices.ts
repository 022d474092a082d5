import { integer, numeric, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { moment } from './moment.ts';

/** Digits of money: ten before the point and ten behind it. */
export const money = (name: string) => numeric(name, { precision: 20, scale: 10 });

/** What a model costs, from when on. */
export const prices = pgTable(
  'prices',
  {
    model: text('model').notNull(),
    version: integer('version').notNull(),
    currency: text('currency').notNull(),
    inputPerMillion: money('input_per_million').notNull(),
    outputPerMillion: money('output_per_million').notNull(),
    /** Share of the price that an answer from the cache costs. */
    cachedAnswer: money('cached_answer').notNull().default('0'),
    validFrom: moment('valid_from').notNull(),
  },
  (table) => [primaryKey({ columns: [table.model, table.version] })],
);
