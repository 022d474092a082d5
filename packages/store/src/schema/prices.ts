import { integer, pgTable, primaryKey, text } from '../drizzle/pg-core.ts';
import { money } from './money.ts';
import { moment } from './moment.ts';

/** What a model costs, from when on. A price is never changed: another version takes its place. */
export const prices = pgTable(
  'prices',
  {
    /** Which price book: `default` is charged, others are for comparisons. */
    book: text('book').notNull().default('default'),
    model: text('model').notNull(),
    version: integer('version').notNull(),
    /** Which version of the model; null: all that have no price of their own. */
    modelVersion: text('model_version'),
    currency: text('currency').notNull(),
    inputPerMillion: money('input_per_million').notNull(),
    /** Tokens of the prompt that came from the prefix cache; null: as other input. */
    cachedInputPerMillion: money('cached_input_per_million'),
    outputPerMillion: money('output_per_million').notNull(),
    charactersInPerMillion: money('characters_in_per_million').notNull().default('0'),
    charactersOutPerMillion: money('characters_out_per_million').notNull().default('0'),
    perRequest: money('per_request').notNull().default('0'),
    /** Of the time from the first work on it to its end. */
    perSecond: money('per_second').notNull().default('0'),
    /** Share of the price that an answer from the cache costs. */
    cachedAnswer: money('cached_answer').notNull().default('0'),
    validFrom: moment('valid_from').notNull(),
    /** Null: until the next one. */
    validUntil: moment('valid_until'),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.book, table.model, table.version] })],
);
