import { inArray, max, sql } from 'drizzle-orm';
import { subjects, type BillingCharged, type Codec, type RequestClosed } from '@millrace/contracts';
import type { Clock, IdGenerator } from '@millrace/runtime';
import { ledger, outbox, type Database, type Transaction } from '@millrace/store';
import { amountOf, zeroAmount } from './price.ts';
import { priceAt, pricesOf, type ValidPrice } from './prices.ts';

export interface LedgerDependencies {
  readonly database: Database;
  readonly codec: Codec;
  readonly clock: Clock;
  readonly nextId: IdGenerator;
  /** Of rows for models without a price. */
  readonly currency: string;
}

/** Any number, the same in all replicas: who has this lock writes to the ledger. */
const writerLock = 7_246_002;

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
  return dependencies.database.transaction(async (transaction) => {
    await takeTurn(transaction);
    const [charged, lastNumber, prices] = await Promise.all([
      chargedAlready(transaction, [...unique.keys()]),
      lastEntryNumber(transaction),
      pricesOf(transaction, new Set(closings.map(({ model }) => model))),
    ]);
    const entries: BillingCharged[] = [];
    for (const closing of unique.values()) {
      if (charged.has(closing.request_id)) continue;
      const price = priceAt(prices, closing.model, closing.closed_at);
      if (price === undefined && closing.usage.source !== 'NONE') continue;
      entries.push(entryOf(dependencies, closing, price, lastNumber + entries.length + 1));
    }
    await write(transaction, dependencies.codec, entries);
    return new Set([...charged, ...entries.map((entry) => entry.request_id)]);
  });
}

function entryOf(
  { clock, nextId, currency }: LedgerDependencies,
  closing: RequestClosed,
  price: ValidPrice | undefined,
  entryNumber: number,
): BillingCharged {
  const isPriced = price !== undefined && closing.usage.source !== 'NONE';
  return {
    entry_id: nextId(),
    entry_number: entryNumber,
    request_id: closing.request_id,
    tenant: closing.tenant,
    model: closing.model,
    outcome: closing.outcome.toLowerCase(),
    usage: closing.usage,
    price_version: isPriced ? price.version : null,
    amount: isPriced ? amountOf(closing.usage, price) : zeroAmount,
    currency: price?.currency ?? currency,
    closed_at: closing.closed_at,
    charged_at: clock.now(),
  };
}

/** Waits for its turn. A writer that hangs in its transaction loses it after the time limit. */
async function takeTurn(transaction: Transaction): Promise<void> {
  await transaction.execute(sql`set local idle_in_transaction_session_timeout = '30s'`);
  await transaction.execute(sql`select pg_advisory_xact_lock(${writerLock})`);
}

async function chargedAlready(
  transaction: Transaction,
  requestIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await transaction
    .select({ id: ledger.requestId })
    .from(ledger)
    .where(inArray(ledger.requestId, [...requestIds]));
  return new Set(rows.map(({ id }) => id));
}

async function lastEntryNumber(transaction: Transaction): Promise<number> {
  const [row] = await transaction.select({ last: max(ledger.entryNumber) }).from(ledger);
  return row?.last ?? 0;
}

async function write(
  transaction: Transaction,
  codec: Codec,
  entries: readonly BillingCharged[],
): Promise<void> {
  if (entries.length === 0) return;
  await transaction.insert(ledger).values(
    entries.map((entry) => ({
      entryId: entry.entry_id,
      entryNumber: entry.entry_number,
      requestId: entry.request_id,
      tenant: entry.tenant,
      model: entry.model,
      outcome: entry.outcome,
      inputTokens: entry.usage.input_tokens,
      cachedInputTokens: entry.usage.cached_input_tokens,
      outputTokens: entry.usage.output_tokens,
      priceVersion: entry.price_version,
      amount: entry.amount,
      currency: entry.currency,
      closedAt: new Date(entry.closed_at),
      chargedAt: new Date(entry.charged_at),
    })),
  );
  await transaction.insert(outbox).values(
    entries.map((entry) => ({
      id: entry.entry_id,
      subject: subjects.charged(entry.tenant),
      payload: Buffer.from(codec.encode('billing.charged', entry)),
    })),
  );
}
