import { and, eq } from '@millrace/store/sql';
import { ledger, type Database } from '@millrace/store';

/** What a ledger row says of a request's cost. */
export interface LedgerEntry {
  readonly entryId: string;
  readonly entryNumber: number;
  /** Decimal string with ten digits after the point. */
  readonly amount: string;
  readonly currency: string;
  /** `exact` or `semantic` where the answer came from the cache. */
  readonly cache: string | null;
}

/** The charge of a request, or undefined when it has none yet. */
export async function findLedgerEntry(
  database: Database,
  requestId: string,
): Promise<LedgerEntry | undefined> {
  const [row] = await database
    .select({
      entryId: ledger.entryId,
      entryNumber: ledger.entryNumber,
      amount: ledger.amount,
      currency: ledger.currency,
      cache: ledger.cache,
    })
    .from(ledger)
    .where(and(eq(ledger.kind, 'charge'), eq(ledger.requestId, requestId)));
  return row;
}
