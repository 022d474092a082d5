import { Big } from 'big.js';
import { amountDigits, amountOf, priceAt, type Price } from '@millrace/pricing';
import { lockQuotas } from '@millrace/quota';
import { MillraceError } from '@millrace/runtime';
import { execute, inTransaction, statement, transactWithin, type Database } from '@millrace/store';
import { requireOccasion, uuid, type AdjustmentDependencies, type Occasion } from './adjustment.ts';
import { findCharges, type Charge } from './charges.ts';
import { findPrices, lastNumber, takeTurn } from './ledger-queries.ts';
import { adjustedOf, writeCorrections, type Correction } from './write-adjustments.ts';

/** Which charges: those of requests that came in from `from` on and before `to`, in milliseconds since the epoch. */
export interface ReratingRange {
  readonly from: number;
  readonly to: number;
  /** By default all. */
  readonly tenant?: string;
  /** The one that answered; by default all. */
  readonly model?: string;
}

/** What charges cost in a currency, by the prices of then and by those of now. Decimal strings. */
export interface ReratingSum {
  readonly currency: string;
  readonly charges: number;
  /** Those that cost another amount now. */
  readonly changed: number;
  readonly before: string;
  readonly after: string;
}

export interface Rerating {
  readonly sums: readonly ReratingSum[];
  /** Charges of models that have no price for their moment now: they stay. */
  readonly unpriced: number;
  /** Charges whose price is in another currency now: they stay. */
  readonly otherCurrency: number;
}

export interface AppliedRerating extends Rerating {
  /** Rows that this call wrote; fewer than there are changes when it goes on where another stopped. */
  readonly written: number;
}

export interface RerateOptions {
  readonly signal?: AbortSignal;
  /** Charges in one transaction; by default 500. */
  readonly pageSize?: number;
  /** Is told after each page how many rows were written so far. */
  readonly onPage?: (written: number) => void;
}

/**
 * Says what would change if the charges were priced by the prices as they stand now. Adjustments by hand stay beside it; earlier
 * re-ratings count as charged.
 *
 * @throws `invalid_value` for a range that is none, `database_unavailable`
 */
export async function previewRerating(
  database: Database,
  range: ReratingRange,
  options: RerateOptions = {},
): Promise<Rerating> {
  const tally = new Tally();
  for await (const page of pagesOf(database, range, options)) {
    const { charges, prices } = await readPage(database, page, noRun);
    for (const charge of charges) tally.add(charge, correctionOf(charge, prices));
  }
  return tally.total;
}

/**
 * Applies it: an adjustment for each charge that costs another amount now, a page in a transaction. One that was broken off goes on
 * when it is called again with the same run, or with another: a charge whose sum is right already gets no row, and never two of a run.
 *
 * @param run a UUID that names this re-rating
 * @throws as `previewRerating`, `missing_value`
 */
export async function applyRerating(
  dependencies: AdjustmentDependencies,
  { run, ...asked }: ReratingRange & Occasion & { readonly run: string },
  options: RerateOptions = {},
): Promise<AppliedRerating> {
  requireOccasion(asked);
  if (!uuid.test(run))
    throw new MillraceError(
      'invalid_value',
      `run is ${JSON.stringify(run.slice(0, 40))}; allowed is a UUID.`,
      {
        param: 'run',
      },
    );
  const { database } = dependencies;
  const tally = new Tally();
  let written = 0;
  for await (const page of pagesOf(database, asked, options)) {
    const read = await readPage(database, page, run);
    const changed = read.charges.filter((charge) => isCorrection(correctionOf(charge, read.prices)));
    for (const charge of read.charges) tally.add(charge, correctionOf(charge, read.prices));
    if (changed.length > 0) written += await applyPage(dependencies, changed, run, asked);
    options.onPage?.(written);
  }
  return { ...tally.total, written };
}

/** Reads the charges once more behind the turn, and writes what is to be corrected. @returns how many rows */
function applyPage(
  dependencies: AdjustmentDependencies,
  charges: readonly Charge[],
  run: string,
  occasion: Occasion,
): Promise<number> {
  const requestIds = charges.map(({ requestId }) => requestId);
  const reading = [
    takeTurn(),
    lastNumber(),
    lockQuotas({ requestIds }),
    findCharges(requestIds, run),
    findPrices(modelsOf(charges)),
  ] as const;
  return inTransaction(dependencies.database, (transaction) =>
    transactWithin(transaction, reading, (_turn, [last], quotas, found, prices) => {
      const corrections = found
        .filter(({ isAdjusted }) => !isAdjusted)
        .map((charge) => correctionOf(charge, prices))
        .filter(isCorrection);
      const entries = corrections.map((correction, index) =>
        adjustedOf(dependencies, correction, run, last.lastNumber + index + 1, occasion),
      );
      return writeCorrections(dependencies, corrections, entries, quotas, entries.length);
    }),
  );
}

type Judgement = Correction | 'right' | 'unpriced' | 'otherCurrency';

function isCorrection(judgement: Judgement): judgement is Correction {
  return typeof judgement === 'object';
}

/** What a charge lacks to be what its request costs now. */
function correctionOf(charge: Charge, prices: readonly Price[]): Judgement {
  const { model, modelVersion, receivedAt, usageSource, workedMs, isFromCache } = charge;
  const price = priceAt(prices, { model, modelVersion, at: receivedAt });
  if (price === undefined) return 'unpriced';
  if (price.currency !== charge.currency) return 'otherCurrency';
  const usage = {
    input_tokens: charge.inputTokens,
    cached_input_tokens: charge.cachedInputTokens,
    output_tokens: charge.outputTokens,
    characters_in: charge.charactersIn,
    characters_out: charge.charactersOut,
    source: usageSource,
  };
  const amount = new Big(amountOf({ usage, workedMs, isFromCache }, price)).minus(chargedFor(charge));
  return amount.eq(0) ? 'right' : { charge, amount, priceVersion: price.version };
}

/** What prices have made of a charge so far, without what was adjusted by hand. */
function chargedFor({ amount, rerated }: Charge): Big {
  return new Big(amount).plus(rerated);
}

/** Adds up by currency. */
class Tally {
  readonly #sums = new Map<string, { charges: number; changed: number; before: Big; after: Big }>();
  #unpriced = 0;
  #otherCurrency = 0;

  add(charge: Charge, judgement: Judgement): void {
    if (judgement === 'unpriced') this.#unpriced += 1;
    if (judgement === 'otherCurrency') this.#otherCurrency += 1;
    const { currency } = charge;
    const sum = this.#sums.get(currency) ?? { charges: 0, changed: 0, before: new Big(0), after: new Big(0) };
    const before = chargedFor(charge);
    this.#sums.set(currency, {
      charges: sum.charges + 1,
      changed: sum.changed + (isCorrection(judgement) ? 1 : 0),
      before: sum.before.plus(before),
      after: sum.after.plus(before).plus(isCorrection(judgement) ? judgement.amount : 0),
    });
  }

  get total(): Rerating {
    const sums = Array.from(this.#sums, ([currency, { before, after, ...counts }]) => ({
      currency,
      ...counts,
      before: before.toFixed(amountDigits),
      after: after.toFixed(amountDigits),
    }));
    return { sums, unpriced: this.#unpriced, otherCurrency: this.#otherCurrency };
  }
}

/** No re-rating has this id. */
const noRun = '00000000-0000-0000-0000-000000000000';

async function readPage(
  database: Database,
  requestIds: readonly string[],
  run: string,
): Promise<{ readonly charges: readonly Charge[]; readonly prices: readonly Price[] }> {
  const charges = await execute(database, findCharges(requestIds, run));
  return { charges, prices: await execute(database, findPrices(modelsOf(charges))) };
}

function modelsOf(charges: readonly Charge[]): readonly string[] {
  return [...new Set(charges.map(({ model }) => model))];
}

/** The requests that were charged in a range, in the order in which they ended. */
async function* pagesOf(
  database: Database,
  { from, to, tenant, model }: ReratingRange,
  { signal, pageSize = 500 }: RerateOptions,
): AsyncGenerator<readonly string[]> {
  if (!(from < to && from >= 0 && to <= latest))
    throw new MillraceError(
      'invalid_value',
      `from is ${from} and to is ${to}; from has to be before to, both in milliseconds since the epoch.`,
      { param: 'from' },
    );
  let after: Place = { closedAt: new Date(from), number: 0 };
  for (;;) {
    signal?.throwIfAborted();
    const rows = await execute(
      database,
      findPage(
        { from: iso(from), to: iso(to), tenant: tenant ?? null, model: model ?? null },
        after,
        pageSize,
      ),
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ requestId }) => requestId);
    after = last;
  }
}

/** What PostgreSQL and `Date` both can hold. */
const latest = Date.UTC(9999, 0);

interface Place {
  readonly closedAt: Date;
  readonly number: number;
}

interface Wanted {
  readonly from: string;
  readonly to: string;
  readonly tenant: string | null;
  readonly model: string | null;
}

/** Nothing ends before it came in, so the index on the end of requests leads to them. */
const findPage = ({ from, to, tenant, model }: Wanted, after: Place, limit: number) => statement<
  (Place & { readonly requestId: string })[]
>`
  select request_id as "requestId", closed_at as "closedAt", entry_number::float8 as number
  from ledger
  where closed_at >= ${after.closedAt}::timestamptz and (closed_at, entry_number) > (${after.closedAt}::timestamptz, ${after.number}::bigint)
    and coalesce(received_at, closed_at) >= ${from}::timestamptz and coalesce(received_at, closed_at) < ${to}::timestamptz
    and kind = 'charge' and usage_source <> 'none'
    and tenant = coalesce(${tenant}::text, tenant) and model = coalesce(${model}::text, model)
  order by closed_at, entry_number limit ${limit}::int`;

function iso(at: number): string {
  return new Date(at).toISOString();
}
