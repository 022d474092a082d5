import { and, asc, sql, type Column, type SQL } from '@millrace/store/sql';
import { ledger, type Database } from '@millrace/store';
import type { Place } from './actor.ts';
import { showDecimal } from './decimals.ts';
import { ledgerWhere, type LedgerFilter } from './ledger-entries.ts';
import { pageOf, placeIn, type Page, type PageRequest } from './page.ts';
import { shownMoneySchema, shownSchema } from './schemas.ts';

/** What usage is added up by. */
export const usageGroups = ['day', 'organisation', 'tenant', 'user', 'key', 'model', 'operation'] as const;
export type UsageGroup = (typeof usageGroups)[number];

const counted = { type: 'integer' } as const;

export const usageSchema = shownSchema('Usage', {
  group: {
    type: 'string',
    description: 'The day, or the id or name of what it is the usage of; empty where there is none.',
  },
  currency: { type: 'string' },
  requests: counted,
  input_tokens: counted,
  cached_input_tokens: counted,
  output_tokens: counted,
  characters_in: counted,
  characters_out: counted,
  seconds: { type: 'number' },
  amount: shownMoneySchema,
});

/** What is added up of the ledger, of one group and currency. */
export interface ShownUsage {
  readonly group: string;
  readonly currency: string;
  readonly requests: number;
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly characters_in: number;
  readonly characters_out: number;
  readonly seconds: number;
  readonly amount: string;
}

const groupings: Readonly<Record<UsageGroup, SQL<string>>> = {
  day: sql<string>`to_char(${ledger.closedAt} at time zone 'UTC', 'YYYY-MM-DD')`,
  organisation: sql<string>`${ledger.organisation}`,
  tenant: sql<string>`${ledger.tenant}`,
  user: sql<string>`coalesce(${ledger.user}, '')`,
  key: sql<string>`coalesce(${ledger.keyId}, '')`,
  model: sql<string>`${ledger.model}`,
  operation: sql<string>`coalesce(${ledger.operation}, '')`,
};

const sumOf = (column: Column) => sql<number>`coalesce(sum(${column}), 0)::float8`.mapWith(Number);

/** What was used within a view, added up by group, in the order of the groups. Adjustments count with their amounts. */
export async function listUsage(
  { database }: { readonly database: Database },
  view: Place,
  page: PageRequest & LedgerFilter & { readonly groupBy: UsageGroup },
): Promise<Page<ShownUsage>> {
  const group = groupings[page.groupBy];
  const after = placeIn(page.cursor, 2);
  const grouped = database
    .select({
      group: group.as('group_name'),
      currency: ledger.currency,
      requests: sql<number>`count(*) filter (where ${ledger.kind} = 'charge')`.mapWith(Number).as('requests'),
      inputTokens: sumOf(ledger.inputTokens).as('input_tokens_sum'),
      cachedInputTokens: sumOf(ledger.cachedInputTokens).as('cached_input_tokens_sum'),
      outputTokens: sumOf(ledger.outputTokens).as('output_tokens_sum'),
      charactersIn: sumOf(ledger.charactersIn).as('characters_in_sum'),
      charactersOut: sumOf(ledger.charactersOut).as('characters_out_sum'),
      seconds: sumOf(ledger.seconds).as('seconds_sum'),
      amount: sql<string>`sum(${ledger.amount})::text`.as('amount_sum'),
    })
    .from(ledger)
    .where(ledgerWhere(view, page))
    .groupBy(sql`1`, ledger.currency)
    .as('grouped');
  const rows = await database
    .select()
    .from(grouped)
    .where(
      and(
        after === undefined
          ? undefined
          : sql`(${grouped.group}, ${grouped.currency}) > (${after[0]}, ${after[1]})`,
      ),
    )
    .orderBy(asc(grouped.group), asc(grouped.currency))
    .limit(page.limit + 1);
  return pageOf(rows, page, show, (row) => [row.group, row.currency]);

  function show(row: (typeof rows)[number]): ShownUsage {
    return {
      group: row.group,
      currency: row.currency,
      requests: row.requests,
      input_tokens: row.inputTokens,
      cached_input_tokens: row.cachedInputTokens,
      output_tokens: row.outputTokens,
      characters_in: row.charactersIn,
      characters_out: row.charactersOut,
      seconds: row.seconds,
      amount: showDecimal(row.amount),
    };
  }
}
