import type { Charge, RequestClosed } from '@millrace/contracts';
import type { PriceBook } from '@millrace/pricing';
import type { ClosingWork } from '@millrace/stage';
import type { RecordEntries } from './chains.ts';

/** Has each closing recorded, trail included, with what it costs. */
export function onRequestClosed(
  record: RecordEntries,
  prices: Pick<PriceBook, 'priceOf' | 'amountOf'>,
): (work: readonly ClosingWork[]) => Promise<readonly boolean[]> {
  return (work) =>
    record(
      work.map(({ closing, delivery }) => ({
        tenant: closing.tenant,
        kind: 'request.closed',
        subject_id: closing.request_id,
        occurred_at: closing.closed_at,
        charge: chargeOf(closing, prices),
        delivery,
        // There is one closing for each request, so only the same message can come again.
        since: delivery.storedAt,
        signal: delivery.signal,
      })),
    );
}

/** The same as stands in the ledger: both follow from the closing and the price. */
function chargeOf(closing: RequestClosed, prices: Pick<PriceBook, 'priceOf' | 'amountOf'>): Charge | null {
  if (closing.usage.source === 'NONE') return null;
  const price = prices.priceOf(closing);
  const amount = prices.amountOf(closing);
  if (price === undefined || amount === undefined) return null;
  return { price_version: price.version, amount, currency: price.currency };
}
