import { asc, eq } from 'drizzle-orm';
import { controlKeys } from '@millrace/contracts';
import { toPublished, type Price } from '@millrace/pricing';
import type { StageDependencies } from '@millrace/stage';
import { prices, type Database } from '@millrace/store';

/** The price book that is charged. */
export const chargedBook = 'default';

/**
 * Publishes the prices of each model, for those who have to know what a request costs before it is charged. @returns of how many models
 *
 * @throws `unavailable`, `database_unavailable`
 */
export async function publishPrices(
  { bus, codec, clock }: Pick<StageDependencies, 'bus' | 'codec' | 'clock'>,
  database: Database,
): Promise<number> {
  const rows = await database
    .select()
    .from(prices)
    .where(eq(prices.book, chargedBook))
    .orderBy(asc(prices.model), asc(prices.version));
  const models = Map.groupBy(rows.map(priceOf), ({ model }) => model);
  await Promise.all(
    Array.from(models, ([model, all]) => {
      const published = { model, prices: all.map(toPublished), at: clock.now() };
      return bus.bucket('CONTROL').put(controlKeys.price(model), codec.encode('price.published', published));
    }),
  );
  return models.size;
}

function priceOf({
  book: _book,
  createdAt: _createdAt,
  validFrom,
  validUntil,
  ...row
}: typeof prices.$inferSelect): Price {
  return { ...row, validFrom: validFrom.getTime(), validUntil: validUntil?.getTime() ?? null };
}
