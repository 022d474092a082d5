import { and, desc, eq, gte, lt } from '@millrace/store/sql';
import { ledger, type Database } from '@millrace/store';
import type { Place } from './actor.ts';
import { showDecimal } from './decimals.ts';
import { readMoment, showMoment } from './moments.ts';
import { pageOf, placeIn, wrongCursor, type Page, type PageRequest } from './page.ts';
import { nullable, shownMomentSchema, shownMoneySchema, shownSchema } from './schemas.ts';

const counted = { type: 'integer' } as const;
const text = { type: 'string' } as const;
const textOrNull = { type: ['string', 'null'] } as const;

export const ledgerEntrySchema = shownSchema('LedgerEntry', {
  entry_number: { ...counted, description: 'Without gaps, in the order of the charges.' },
  kind: { enum: ['charge', 'adjustment', 'credit'] },
  request_id: textOrNull,
  organisation: text,
  tenant: text,
  key: textOrNull,
  user: textOrNull,
  operation: textOrNull,
  model: text,
  model_version: textOrNull,
  outcome: text,
  input_tokens: counted,
  cached_input_tokens: counted,
  output_tokens: counted,
  characters_in: counted,
  characters_out: counted,
  seconds: { type: 'number' },
  usage_source: text,
  cache: textOrNull,
  price_book: text,
  price_version: { type: ['integer', 'null'] },
  amount: { ...shownMoneySchema, description: 'Signed: a credit is negative.' },
  currency: text,
  reason: textOrNull,
  closed_at: shownMomentSchema,
  charged_at: nullable(shownMomentSchema),
});

/** Which entries. Moments are ISO 8601; `from` is the first, `to` the first that is not. */
export interface LedgerFilter {
  readonly model?: string | undefined;
  readonly key?: string | undefined;
  readonly user?: string | undefined;
  readonly request?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The conditions of a view and a filter on the ledger. @throws `invalid_value` for moments that are none */
export function ledgerWhere({ organisation, tenant }: Place, filter: LedgerFilter) {
  return and(
    organisation === undefined ? undefined : eq(ledger.organisation, organisation),
    tenant === undefined ? undefined : eq(ledger.tenant, tenant),
    filter.model === undefined ? undefined : eq(ledger.model, filter.model),
    filter.key === undefined ? undefined : eq(ledger.keyId, filter.key),
    filter.user === undefined ? undefined : eq(ledger.user, filter.user),
    filter.request === undefined ? undefined : eq(ledger.requestId, filter.request),
    filter.from === undefined ? undefined : gte(ledger.closedAt, readMoment(filter.from, 'from')),
    filter.to === undefined ? undefined : lt(ledger.closedAt, readMoment(filter.to, 'to')),
  );
}

/** The entries of the ledger within a view, the newest first. */
export async function listLedger(
  { database }: { readonly database: Database },
  view: Place,
  page: PageRequest & LedgerFilter,
): Promise<Page<object>> {
  const [after] = placeIn(page.cursor, 1) ?? [];
  if (after !== undefined && !/^\d{1,15}$/.test(after)) throw wrongCursor();
  const rows = await database
    .select()
    .from(ledger)
    .where(
      and(ledgerWhere(view, page), after === undefined ? undefined : lt(ledger.entryNumber, Number(after))),
    )
    .orderBy(desc(ledger.entryNumber))
    .limit(page.limit + 1);
  return pageOf(rows, page, show, ({ entryNumber }) => [String(entryNumber)]);
}

function show(row: typeof ledger.$inferSelect): object {
  return {
    entry_number: row.entryNumber,
    kind: row.kind,
    request_id: row.requestId,
    organisation: row.organisation,
    tenant: row.tenant,
    key: row.keyId,
    user: row.user,
    operation: row.operation,
    model: row.model,
    model_version: row.modelVersion,
    outcome: row.outcome,
    input_tokens: row.inputTokens,
    cached_input_tokens: row.cachedInputTokens,
    output_tokens: row.outputTokens,
    characters_in: row.charactersIn,
    characters_out: row.charactersOut,
    seconds: row.seconds,
    usage_source: row.usageSource,
    cache: row.cache,
    price_book: row.priceBook,
    price_version: row.priceVersion,
    amount: showDecimal(row.amount),
    currency: row.currency,
    reason: row.reason,
    closed_at: showMoment(row.closedAt),
    charged_at: showMoment(row.chargedAt),
  };
}
