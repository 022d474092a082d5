import { and, asc, eq, inArray } from '@millrace/store/sql';
import { controlKeys } from '@millrace/contracts';
import { toPublished, type Price } from '@millrace/pricing';
import { prices, type Database, type Transaction } from '@millrace/store';
import type { ControlDependencies } from './control-dependencies.ts';

/** The price book that is charged. */
export const chargedBook = 'default';

/**
 * Publishes the prices of each model, for those who have to know what a request costs before it is charged. @returns of how many models
 *
 * @param models by default all
 * @throws `unavailable`, `database_unavailable`
 */
export async function publishPrices(
  { bus, codec, clock }: Pick<ControlDependencies, 'bus' | 'codec' | 'clock'>,
  database: Database | Transaction,
  models?: readonly string[],
): Promise<number> {
  const rows = await database
    .select()
    .from(prices)
    .where(
      and(
        eq(prices.book, chargedBook),
        models === undefined ? undefined : inArray(prices.model, [...models]),
      ),
    )
    .orderBy(asc(prices.model), asc(prices.version));
  const byModel = Map.groupBy(rows.map(priceOf), ({ model }) => model);
  await Promise.all(
    Array.from(byModel, ([model, all]) => {
      const published = { model, prices: all.map(toPublished), at: clock.now() };
      return bus.bucket('CONTROL').put(controlKeys.price(model), codec.encode('price.published', published));
    }),
  );
  return byModel.size;
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
