import type { BillingCharged, Codec, RequestClosed } from '@millrace/contracts';
import { amountOf, chargedOf, priceAt, priceQuestionOf, zeroAmount, type Price } from '@millrace/pricing';
import { findPrices, lastNumber, takeTurn } from '@millrace/ledger';
import type { Clock, IdGenerator } from '@millrace/runtime';
import { transact, type Database } from '@millrace/store';
import { findCharged, writeCharges, type NewCharge } from './ledger-queries.ts';

export interface LedgerDependencies {
  readonly database: Database;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly nextId: IdGenerator;
  /** Of rows for models without a price. */
  readonly currency: string;
}

/**
 * Writes one ledger row for each closing that has none, with its message in the outbox, in one transaction. Writers take
 * turns, so the numbers of the rows have no gaps and are the order of the commits.
 *
 * @returns the ids of the requests that have a row now. One that is missing used tokens of a model without a price
 */
export async function charge(
  dependencies: LedgerDependencies,
  closings: readonly RequestClosed[],
): Promise<ReadonlySet<string>> {
  const unique = new Map(closings.map((closing) => [closing.request_id, closing]));
  const models = [...new Set(closings.map((closing) => priceQuestionOf(closing).model))];
  return transact(
    dependencies.database,
    [takeTurn(), lastNumber(), findCharged([...unique.keys()]), findPrices(models)],
    (_turn, [last], present, prices) => {
      const charged = new Set(present.map(({ requestId }) => requestId));
      const charges: NewCharge[] = [];
      for (const closing of unique.values()) {
        if (charged.has(closing.request_id)) continue;
        const price = priceAt(prices, priceQuestionOf(closing));
        if (price === undefined && closing.usage.source !== 'NONE') continue;
        const number = last.lastNumber + charges.length + 1;
        const entry = entryOf(dependencies, closing, price, number);
        charges.push({ entry, receivedAt: closing.received_at });
      }
      for (const { entry } of charges) charged.add(entry.request_id);
      const statements = charges.length === 0 ? [] : [writeCharges(dependencies.codec, charges)];
      return { statements, result: charged };
    },
  );
}

function entryOf(
  { clock, nextId, currency }: LedgerDependencies,
  closing: RequestClosed,
  price: Price | undefined,
  entryNumber: number,
): BillingCharged {
  const charged = chargedOf(closing);
  const isPriced = price !== undefined && closing.usage.source !== 'NONE';
  return {
    entry_id: nextId(),
    entry_number: entryNumber,
    request_id: closing.request_id,
    tenant: closing.tenant,
    model: priceQuestionOf(closing).model,
    outcome: closing.outcome.toLowerCase(),
    usage: closing.usage,
    price_version: isPriced ? price.version : null,
    amount: isPriced ? amountOf(charged, price) : zeroAmount,
    currency: price?.currency ?? currency,
    closed_at: closing.closed_at,
    charged_at: clock.now(),
    cache: closing.cache,
    organisation: closing.principal.organisation,
    key_id: closing.principal.key_id,
    user_id: closing.principal.user_id,
    operation: closing.operation,
    model_version: closing.model_version,
    price_book: 'default',
    worked_ms: Math.round(charged.workedMs),
  };
}
