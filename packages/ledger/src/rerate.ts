import { amountDigits, type Price } from '@millrace/pricing';
import { lockQuotas } from '@millrace/quota';
import { MillraceError } from '@millrace/runtime';
import { execute, inTransaction, statement, transactWithin, type Database } from '@millrace/store';
import { requireOccasion, uuid, type AdjustmentDependencies, type Occasion } from './adjustment.ts';
import { findCharges, type Charge } from './charges.ts';
import { findPrices, lastNumber, takeTurn } from './ledger-queries.ts';
import { beforeThis, isCorrection, judge, Tally, type Rerating } from './judge-charge.ts';
import { adjustedOf, writeCorrections } from './write-adjustments.ts';

/** Which charges: those of requests that came in from `from` on and before `to`, in milliseconds since the epoch. */
export interface ReratingRange {
  readonly from: number;
  readonly to: number;
  /** By default all. */
  readonly tenant?: string;
  /** The one that answered; by default all. */
  readonly model?: string;
  /** The prices that it is compared with: of this book; by default that which is charged. */
  readonly book?: string;
}

/** A re-rating that is to be exactly what a preview has shown. */
export interface PreviewedRerating extends ReratingRange, Occasion {
  /** A UUID that names it. */
  readonly run: string;
  /** The fingerprint of the preview; by default it is whatever it is by now. */
  readonly expected?: string;
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
  readonly onPage?: (written: number) => Promise<void> | void;
}

/**
 * Says what would change if the charges were priced by other prices: by those of the book that is charged as they stand now, by those of another
 * one, or by prices that are in no book. Adjustments by hand stay beside it; earlier re-ratings count as charged.
 *
 * @param whatIf prices in the place of those of the book
 * @throws `invalid_value` for a range that is none, `database_unavailable`
 */
export async function previewRerating(
  database: Database,
  range: ReratingRange,
  options: RerateOptions & { readonly whatIf?: readonly Price[] } = {},
): Promise<Rerating> {
  return (await planOf(database, range, noRun, options)).total;
}

/**
 * Applies it: an adjustment for each charge that costs another amount now, a page in a transaction. One that was broken off goes on
 * when it is called again with the same run, or with another: a charge whose sum is right already gets no row, and never two of a run.
 *
 * @throws as `previewRerating`, `missing_value`; `version_conflict` where it is not what is expected, or no longer: what was written until then
 *   was as expected, and stays
 */
export async function applyRerating(
  dependencies: AdjustmentDependencies,
  asked: PreviewedRerating,
  options: RerateOptions = {},
): Promise<AppliedRerating> {
  requireOccasion(asked);
  const { run, expected, book } = asked;
  if (!uuid.test(run))
    throw new MillraceError(
      'invalid_value',
      `run is ${JSON.stringify(run.slice(0, 40))}; allowed is a UUID.`,
      {
        param: 'run',
      },
    );
  const { database } = dependencies;
  const plan = expected === undefined ? undefined : await planOf(database, asked, run, options);
  if (plan !== undefined && plan.total.fingerprint !== expected) throw changedMeanwhile(0);
  const tally = new Tally();
  let written = 0;
  for await (const page of pagesOf(database, asked, options)) {
    const read = await readPage(database, page, run, book);
    const judged = read.charges.map((charge) => ({ charge, judgement: judge(charge, read.prices) }));
    for (const { charge, judgement } of judged) tally.add(charge, judgement);
    const changed = judged
      .filter(
        ({ charge, judgement }) => isCorrection(judgement) && plan?.amounts.has(charge.requestId) !== false,
      )
      .map(({ charge }) => charge);
    if (changed.length > 0) {
      const rows = await applyPage(dependencies, changed, asked, plan?.amounts);
      if (rows === 'changed') throw changedMeanwhile(written);
      written += rows;
    }
    await options.onPage?.(written);
  }
  return { ...tally.total, written };
}

function changedMeanwhile(written: number): MillraceError {
  const before = written === 0 ? '' : ` ${written} entries were written before that, as they were shown.`;
  return new MillraceError(
    'version_conflict',
    `Charges or prices were changed since the preview.${before} Preview it again.`,
    { param: 'expected' },
  );
}

/** What a re-rating is to write, by request: exact decimals. */
type Amounts = ReadonlyMap<string, string>;

/** What there is to correct now, as it was before whatever this run has written already. */
async function planOf(
  database: Database,
  range: ReratingRange,
  run: string,
  options: RerateOptions & { readonly whatIf?: readonly Price[] },
): Promise<{ readonly total: Rerating; readonly amounts: Amounts }> {
  const tally = new Tally();
  const amounts = new Map<string, string>();
  for await (const page of pagesOf(database, range, options)) {
    const { charges, prices } = await readPage(database, page, run, range.book);
    for (const found of charges) {
      const charge = beforeThis(found);
      const judgement = judge(charge, options.whatIf ?? prices);
      tally.add(charge, judgement);
      if (isCorrection(judgement) && run !== noRun)
        amounts.set(charge.requestId, judgement.amount.toFixed(amountDigits));
    }
  }
  return { total: tally.total, amounts };
}

/**
 * Reads the charges once more behind the turn, and writes what is to be corrected.
 *
 * @returns how many rows; `changed` where it would be another amount than planned: nothing is written then
 */
function applyPage(
  dependencies: AdjustmentDependencies,
  charges: readonly Charge[],
  asked: PreviewedRerating,
  planned: Amounts | undefined,
): Promise<number | 'changed'> {
  const { run, book } = asked;
  const requestIds = charges.map(({ requestId }) => requestId);
  const reading = [
    takeTurn(),
    lastNumber(),
    lockQuotas({ requestIds }),
    findCharges(requestIds, run),
    findPrices(modelsOf(charges), book),
  ] as const;
  return inTransaction(dependencies.database, (transaction) =>
    transactWithin<typeof reading, number | 'changed'>(
      transaction,
      reading,
      (_turn, [last], quotas, found, prices) => {
        const corrections = found
          .filter(({ isAdjusted }) => !isAdjusted)
          .map((charge) => judge(charge, prices))
          .filter(isCorrection)
          .map((correction) => (book === undefined ? correction : { ...correction, book }));
        const isPlanned = corrections.every(
          ({ charge, amount }) =>
            planned === undefined || planned.get(charge.requestId) === amount.toFixed(amountDigits),
        );
        if (!isPlanned) return { statements: [], result: 'changed' };
        const entries = corrections.map((correction, index) =>
          adjustedOf(dependencies, correction, run, last.lastNumber + index + 1, asked),
        );
        return writeCorrections<number | 'changed'>(
          dependencies,
          corrections,
          entries,
          quotas,
          entries.length,
        );
      },
    ),
  );
}

/** No re-rating has this id. */
const noRun = '00000000-0000-0000-0000-000000000000';

async function readPage(
  database: Database,
  requestIds: readonly string[],
  run: string,
  book: string | undefined,
): Promise<{ readonly charges: readonly Charge[]; readonly prices: readonly Price[] }> {
  const charges = await execute(database, findCharges(requestIds, run));
  return { charges, prices: await execute(database, findPrices(modelsOf(charges), book)) };
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
