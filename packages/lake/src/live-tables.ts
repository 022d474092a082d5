import { withConnection, type Database } from '@millrace/store';
import { billingDataset } from './billing-dataset.ts';
import type { Column, ColumnType, Row } from './column.ts';

/** A table of the database as analysts see it: without what is secret or sealed. */
export interface LiveTable {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Gives the columns in their order; moments as milliseconds, money as text. */
  readonly sql: string;
}

/** Rows of PostgreSQL that are fetched at once. */
const batchRows = 5_000;

const moment = (name: string): string => `extract(epoch from ${name})::float8 * 1000`;

function tableOf(
  name: string,
  columns: readonly (readonly [name: string, type: ColumnType, meaning: string])[],
): LiveTable {
  const selected = columns.map(([column, type]) => {
    if (type === 'moment') return moment(column);
    if (type === 'money') return `${column}::text`;
    return type === 'long' ? `${column}::float8` : column;
  });
  return {
    name,
    columns: columns.map(([column, type, meaning]) => ({ name: column, type, meaning })),
    sql: `select ${selected.join(', ')} from ${name}`,
  };
}

/** The tables that are read as they are now. */
export const liveTables: readonly LiveTable[] = [
  tableOf('organisations', [
    ['id', 'text', 'The organisation.'],
    ['name', 'text', 'What it is called.'],
    ['created_at', 'moment', 'When it was made.'],
    ['suspended_at', 'moment', 'Since when none of its requests is admitted.'],
  ]),
  tableOf('tenants', [
    ['id', 'text', 'The tenant.'],
    ['organisation', 'text', 'Who pays for it.'],
    ['name', 'text', 'What it is called.'],
    ['created_at', 'moment', 'When it was made.'],
    ['suspended_at', 'moment', 'Since when none of its requests is admitted.'],
  ]),
  tableOf('prices', [
    ['book', 'text', 'The price book; default is charged.'],
    ['model', 'text', 'The model.'],
    ['version', 'integer', 'Which price of it.'],
    ['model_version', 'text', 'Of this version of the model alone.'],
    ['currency', 'text', 'ISO 4217.'],
    ['input_per_million', 'money', 'A million tokens of prompts.'],
    ['cached_input_per_million', 'money', 'Those from the prefix cache.'],
    ['output_per_million', 'money', 'A million tokens of answers.'],
    ['characters_in_per_million', 'money', 'A million characters of content.'],
    ['characters_out_per_million', 'money', 'A million characters of answers.'],
    ['per_request', 'money', 'The request itself.'],
    ['per_second', 'money', 'A second of work.'],
    ['cached_answer', 'money', 'Share of the price of an answer from the cache.'],
    ['valid_from', 'moment', 'From when on.'],
    ['valid_until', 'moment', 'Until when; null: until the next one.'],
  ]),
  tableOf('quotas', [
    ['scope', 'text', 'organisation, project, user, key or model.'],
    ['subject', 'text', 'Whose limits they are.'],
    ['requests_per_minute', 'integer', 'A limit; null: none. So with the next five.'],
    ['tokens_per_minute', 'long', 'A limit.'],
    ['max_in_flight', 'integer', 'A limit.'],
    ['tokens_per_day', 'long', 'A limit.'],
    ['tokens_per_month', 'long', 'A limit.'],
    ['budget_per_month', 'money', 'A limit.'],
    ['in_flight', 'long', 'Requests that were admitted and have not ended.'],
    ['reserved_tokens', 'long', 'What they may use at worst.'],
    ['reserved_amount', 'money', 'What they may cost at worst.'],
    ['month', 'moment', 'The month of the next two.'],
    ['month_tokens', 'long', 'Used in it.'],
    ['month_amount', 'money', 'Spent in it.'],
  ]),
];

/** The rows of the ledger that are not in these ranges of entry numbers ($1: firsts, $2: lasts), of a tenant ($3) or all. */
export const liveLedger: LiveTable = {
  name: 'billing',
  columns: billingDataset.columns,
  sql: `
    select entry_number::float8, entry_id, kind, request_id, organisation, tenant, key_id, user_id, operation, nullif(model, ''),
      model_version, outcome, input_tokens, cached_input_tokens, output_tokens, characters_in, characters_out,
      round(seconds * 1000)::float8, usage_source, cache, price_book, price_version, amount::text, currency, reason, actor,
      adjustment_id, ${moment('closed_at')}, ${moment('charged_at')}
    from ledger
    where not exists (
      select from unnest($1::bigint[], $2::bigint[]) as known(first, last) where entry_number between first and last)
      and entry_number > $4 and ($3::text is null or tenant = $3)
    order by entry_number`,
};

/** Reads tables in one transaction, which can only read: all of them are as at one moment. */
export async function readLive(
  database: Database,
  reads: readonly {
    readonly table: LiveTable;
    readonly values?: readonly unknown[];
    readonly onRow: (row: Row) => void;
  }[],
  signal: AbortSignal,
): Promise<void> {
  await withConnection(database, async (connection) => {
    await connection.query('begin transaction isolation level repeatable read read only');
    // Whole tables are what is wanted here.
    await connection.query('set local enable_seqscan = on');
    for (const { table, values = [], onRow } of reads) {
      await connection.query(`declare rows no scroll cursor for ${table.sql}`, [...values]);
      for (;;) {
        signal.throwIfAborted();
        const { rows } = await connection.query<Row[]>({
          text: `fetch ${batchRows} from rows`,
          rowMode: 'array',
        });
        for (const row of rows as unknown as readonly Row[]) onRow(row);
        if (rows.length < batchRows) break;
      }
      await connection.query('close rows');
    }
    await connection.query('commit');
  });
}
