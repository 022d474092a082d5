import { and, asc, desc, eq, gt, isNull, lte, or, sql } from '@millrace/store/sql';
import type { Price } from '@millrace/pricing';
import { MillraceError } from '@millrace/runtime';
import { prices, type Transaction } from '@millrace/store';
import { noteChanges } from './control-changes.ts';
import type { ControlDependencies } from './control-dependencies.ts';
import { showDecimal } from './decimals.ts';
import { readMoment, showMoment } from './moments.ts';
import { pageOf, placeIn, wrongCursor, type Page, type PageRequest } from './page.ts';
import { chargedBook } from './publish-prices.ts';
import {
  modelSchema,
  momentSchema,
  moneySchema,
  nullable,
  shownMomentSchema,
  shownMoneySchema,
  shownSchema,
} from './schemas.ts';

const bookSchema = { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]{0,62}$' } as const;
const shareSchema = {
  type: 'string',
  pattern: '^(?:0(?:\\.\\d{1,10})?|1(?:\\.0{1,10})?)$',
  description: 'A decimal from 0 to 1.',
} as const;
const modelVersionSchema = { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,127}$' } as const;

export const newPriceSchema = {
  title: 'NewPrice',
  type: 'object',
  required: ['model', 'currency', 'input_per_million', 'output_per_million'],
  additionalProperties: false,
  properties: {
    model: modelSchema,
    book: {
      ...bookSchema,
      default: chargedBook,
      description: 'The book default is charged; others are for comparisons.',
    },
    model_version: {
      ...nullable(modelVersionSchema),
      description: 'Null: all versions without a price of their own.',
    },
    currency: { type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217.' },
    input_per_million: { ...moneySchema, description: 'For a million tokens of the prompt.' },
    cached_input_per_million: {
      ...nullable(moneySchema),
      description: 'Of those from the prefix cache; null: as other input.',
    },
    output_per_million: { ...moneySchema, description: 'For a million tokens that were generated.' },
    characters_in_per_million: moneySchema,
    characters_out_per_million: moneySchema,
    per_request: moneySchema,
    per_second: { ...moneySchema, description: 'From the first work on a request to its end.' },
    cached_answer: { ...shareSchema, description: 'Share of the price that an answer from the cache costs.' },
    valid_from: {
      ...momentSchema,
      description: 'By default now. What the book default charges may not begin in the past.',
    },
    valid_until: { ...nullable(momentSchema), description: 'Null: until the next price.' },
  },
} as const;

export const priceSchema = shownSchema('Price', {
  model: { type: 'string' },
  book: { type: 'string' },
  version: { type: 'integer' },
  model_version: { type: ['string', 'null'] },
  currency: { type: 'string' },
  input_per_million: shownMoneySchema,
  cached_input_per_million: nullable(shownMoneySchema),
  output_per_million: shownMoneySchema,
  characters_in_per_million: shownMoneySchema,
  characters_out_per_million: shownMoneySchema,
  per_request: shownMoneySchema,
  per_second: shownMoneySchema,
  cached_answer: shownMoneySchema,
  valid_from: shownMomentSchema,
  valid_until: nullable(shownMomentSchema),
  created_at: shownMomentSchema,
});

/** Amounts are decimal strings, moments ISO 8601. */
export interface NewPrice {
  readonly model: string;
  readonly book?: string;
  readonly model_version?: string | null;
  readonly currency: string;
  readonly input_per_million: string;
  readonly cached_input_per_million?: string | null;
  readonly output_per_million: string;
  readonly characters_in_per_million?: string;
  readonly characters_out_per_million?: string;
  readonly per_request?: string;
  readonly per_second?: string;
  readonly cached_answer?: string;
  readonly valid_from?: string;
  readonly valid_until?: string | null;
}

export interface ShownPrice {
  readonly model: string;
  readonly book: string;
  readonly version: number;
  readonly model_version: string | null;
  readonly currency: string;
  readonly input_per_million: string;
  readonly cached_input_per_million: string | null;
  readonly output_per_million: string;
  readonly characters_in_per_million: string;
  readonly characters_out_per_million: string;
  readonly per_request: string;
  readonly per_second: string;
  readonly cached_answer: string;
  readonly valid_from: string;
  readonly valid_until: string | null;
  readonly created_at: string;
}

type Dependencies = Pick<ControlDependencies, 'database' | 'clock'>;

/** A person's clock may be a little behind. */
const allowedSkewMs = 60_000;

/**
 * Adds the next version of a price. No price is ever changed: what was charged by the one before stays so. It is told with the next
 * `publishControlChanges`.
 *
 * @throws `invalid_value` for moments that are none, that end before they begin, or that lie in the past, when the model had a price
 */
export async function addPrice(
  { clock }: Pick<Dependencies, 'clock'>,
  transaction: Transaction,
  price: NewPrice,
): Promise<ShownPrice> {
  const { model, book = chargedBook } = price;
  const now = clock.now();
  const validFrom =
    price.valid_from === undefined ? new Date(now) : readMoment(price.valid_from, 'valid_from');
  const until = price.valid_until ?? null;
  const validUntil = until === null ? null : readMoment(until, 'valid_until');
  if (validUntil !== null && validUntil <= validFrom)
    throw wrong('valid_until', 'must lie behind valid_from');
  await transaction.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`price ${book} ${model}`}, 0))`,
  );
  const isPast = book === chargedBook && validFrom.getTime() < now - allowedSkewMs;
  if (isPast && (await hadPrice(transaction, model, validFrom, new Date(now))))
    throw wrong(
      'valid_from',
      'lies in the past, when the model had a price: what was charged stays charged, unless it is re-rated by another book',
    );
  const [last] = await transaction
    .select({ version: prices.version })
    .from(prices)
    .where(and(eq(prices.book, book), eq(prices.model, model)))
    .orderBy(desc(prices.version))
    .limit(1);
  const [row] = await transaction
    .insert(prices)
    .values({
      book,
      model,
      version: (last?.version ?? 0) + 1,
      ...ratesOf(price),
      validFrom,
      validUntil,
      createdAt: new Date(now),
    })
    .returning();
  if (row === undefined) throw new Error('PostgreSQL did not return the price that it stored');
  if (book === chargedBook) await noteChanges(transaction, 'price', [model]);
  return show(row);
}

/** A price that nobody is charged by, as it would be in a book; by default of all time. @throws `invalid_value` for moments that are none */
export function priceInNoBook(price: Omit<NewPrice, 'book'>, index: number): Price {
  const { valid_from: from, valid_until: until = null } = price;
  return {
    model: price.model,
    // Of those that are valid since the same moment, the last one counts.
    version: index + 1,
    ...ratesOf(price),
    validFrom: from === undefined ? 0 : readMoment(from, 'prices').getTime(),
    validUntil: until === null ? null : readMoment(until, 'prices').getTime(),
  };
}

/** What a price says, with what it does not say as it counts then. */
function ratesOf(price: Omit<NewPrice, 'book'>) {
  return {
    modelVersion: price.model_version ?? null,
    currency: price.currency,
    inputPerMillion: price.input_per_million,
    cachedInputPerMillion: price.cached_input_per_million ?? null,
    outputPerMillion: price.output_per_million,
    charactersInPerMillion: price.characters_in_per_million ?? '0',
    charactersOutPerMillion: price.characters_out_per_million ?? '0',
    perRequest: price.per_request ?? '0',
    perSecond: price.per_second ?? '0',
    cachedAnswer: price.cached_answer ?? '0',
  };
}

/** Whether something may have been charged by a price of the model. */
async function hadPrice(transaction: Transaction, model: string, from: Date, to: Date): Promise<boolean> {
  const found = await transaction
    .select({ version: prices.version })
    .from(prices)
    .where(
      and(
        eq(prices.book, chargedBook),
        eq(prices.model, model),
        lte(prices.validFrom, to),
        or(isNull(prices.validUntil), gt(prices.validUntil, from)),
      ),
    )
    .limit(1);
  return found.length > 0;
}

/** All prices, also those that are over and those to come, by book, model and version. */
export async function listPrices(
  { database }: Pick<Dependencies, 'database'>,
  page: PageRequest & { readonly model?: string | undefined; readonly book?: string | undefined },
): Promise<Page<ShownPrice>> {
  const after = placeIn(page.cursor, 3);
  if (after !== undefined && !/^\d{1,9}$/.test(after[2] ?? '')) throw wrongCursor();
  const rows = await database
    .select()
    .from(prices)
    .where(
      and(
        page.model === undefined ? undefined : eq(prices.model, page.model),
        page.book === undefined ? undefined : eq(prices.book, page.book),
        after === undefined
          ? undefined
          : sql`(${prices.book}, ${prices.model}, ${prices.version}) > (${after[0]}, ${after[1]}, ${Number(after[2])}::int)`,
      ),
    )
    .orderBy(asc(prices.book), asc(prices.model), asc(prices.version))
    .limit(page.limit + 1);
  return pageOf(rows, page, show, ({ book, model, version }) => [book, model, String(version)]);
}

function wrong(param: string, why: string): MillraceError {
  return new MillraceError('invalid_value', `${param} ${why}`, { param });
}

function show(row: typeof prices.$inferSelect): ShownPrice {
  return {
    model: row.model,
    book: row.book,
    version: row.version,
    model_version: row.modelVersion,
    currency: row.currency,
    input_per_million: showDecimal(row.inputPerMillion),
    cached_input_per_million: showDecimal(row.cachedInputPerMillion),
    output_per_million: showDecimal(row.outputPerMillion),
    characters_in_per_million: showDecimal(row.charactersInPerMillion),
    characters_out_per_million: showDecimal(row.charactersOutPerMillion),
    per_request: showDecimal(row.perRequest),
    per_second: showDecimal(row.perSecond),
    cached_answer: showDecimal(row.cachedAnswer),
    valid_from: showMoment(row.validFrom),
    valid_until: showMoment(row.validUntil),
    created_at: showMoment(row.createdAt),
  };
}
