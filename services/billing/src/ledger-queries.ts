import { subjects, type BillingCharged, type Codec } from '@millrace/contracts';
import type { Sql } from '@millrace/store';

/** The statements of a charge. */

/** Any number, the same in all replicas: who has this lock writes to the ledger. */
const writerLock = 7_246_002;

/** A writer that hangs in its transaction loses its turn after the time limit. */
export const limitTurn = (sql: Sql) => sql`set local idle_in_transaction_session_timeout = '30s'`;

/** Waits for its turn. */
export const takeTurn = (sql: Sql) => sql`select pg_advisory_xact_lock(${writerLock}::bigint)`;

/** Those of these requests that have a row. */
export const chargedAlready = (sql: Sql, requestIds: readonly string[]) => sql<{ requestId: string }[]>`
  select request_id as "requestId" from ledger where request_id = any(${[...requestIds]}::uuid[])`;

/** The number of the last row. */
export const lastEntry = (sql: Sql) => sql<{ number: number }[]>`
  select entry_number::float8 as number from ledger order by entry_number desc limit 1`;

export const writeLedger = (sql: Sql, entries: readonly BillingCharged[]) => sql`
  insert into ledger (
    entry_id, entry_number, request_id, tenant, model, outcome, input_tokens, cached_input_tokens, output_tokens,
    price_version, amount, currency, closed_at, charged_at)
  select * from jsonb_to_recordset(${JSON.stringify(entries.map(rowOf))}::jsonb) as entry(
    entry_id uuid, entry_number bigint, request_id uuid, tenant text, model text, outcome text, input_tokens int,
    cached_input_tokens int, output_tokens int, price_version int, amount numeric, currency text, closed_at timestamptz,
    charged_at timestamptz)`;

function rowOf({ usage, closed_at, charged_at, ...entry }: BillingCharged): object {
  const { input_tokens, cached_input_tokens, output_tokens } = usage;
  return {
    ...entry,
    input_tokens,
    cached_input_tokens,
    output_tokens,
    closed_at: new Date(closed_at).toISOString(),
    charged_at: new Date(charged_at).toISOString(),
  };
}

/** The messages of the rows, to be published in this order. */
export const writeOutbox = (sql: Sql, codec: Codec, entries: readonly BillingCharged[]) => sql`
  insert into outbox (id, subject, payload)
  select id, subject, decode(payload, 'base64')
  from rows from (jsonb_to_recordset(${JSON.stringify(entries.map((entry) => messageOf(codec, entry)))}::jsonb)
    as (id uuid, subject text, payload text)) with ordinality as message(id, subject, payload, place)
  order by place`;

function messageOf(codec: Codec, entry: BillingCharged): object {
  const payload = Buffer.from(codec.encode('billing.charged', entry));
  return { id: entry.entry_id, subject: subjects.charged(entry.tenant), payload: payload.toString('base64') };
}
