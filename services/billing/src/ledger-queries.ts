import { subjects, type BillingCharged, type Codec } from '@millrace/contracts';
import type { Price } from '@millrace/pricing';
import { statement } from '@millrace/store';

/** The statements of a charge. */

/** Any number, the same in all replicas: who has this lock writes to the ledger. */
const writerLock = 7_246_002;

/** Waits for its turn. */
export const takeTurn = () => statement`select pg_advisory_xact_lock(${writerLock}::bigint)`;

/** What a charge depends on. */
export interface LedgerFacts {
  /** Those of the requests that have a row. */
  readonly charged: readonly string[];
  /** The number of the last row; 0 when there is none. */
  readonly lastNumber: number;
  /** All prices of the models. */
  readonly prices: readonly Price[];
}

export const ledgerFacts = (requestIds: readonly string[], models: readonly string[]) => statement<
  [LedgerFacts]
>`
  select
    coalesce((
      select jsonb_agg(request_id) from ledger where request_id = any(${[...requestIds]}::uuid[])), '[]') as charged,
    coalesce((select max(entry_number) from ledger), 0)::float8 as "lastNumber",
    coalesce((
      select jsonb_agg(jsonb_build_object(
        'model', model, 'version', version, 'modelVersion', model_version, 'currency', currency,
        'inputPerMillion', input_per_million::text, 'cachedInputPerMillion', cached_input_per_million::text,
        'outputPerMillion', output_per_million::text, 'charactersInPerMillion', characters_in_per_million::text,
        'charactersOutPerMillion', characters_out_per_million::text, 'perRequest', per_request::text,
        'perSecond', per_second::text, 'cachedAnswer', cached_answer::text,
        'validFrom', extract(epoch from valid_from) * 1000, 'validUntil', extract(epoch from valid_until) * 1000))
      from prices where book = 'default' and model = any(${[...models]}::text[])), '[]') as prices`;

/** Writes the rows, and their messages to be published in this order. */
export const writeEntries = (codec: Codec, entries: readonly BillingCharged[]) => statement`
  with entries as (
    insert into ledger (
      entry_id, entry_number, request_id, tenant, model, outcome, input_tokens, cached_input_tokens, output_tokens,
      price_version, amount, currency, closed_at, charged_at, cache, organisation, key_id, user_id, operation, model_version,
      price_book, characters_in, characters_out, usage_source, seconds)
    select * from jsonb_to_recordset(${JSON.stringify(entries.map(rowOf))}::jsonb) as entry(
      entry_id uuid, entry_number bigint, request_id uuid, tenant text, model text, outcome text, input_tokens int,
      cached_input_tokens int, output_tokens int, price_version int, amount numeric, currency text, closed_at timestamptz,
      charged_at timestamptz, cache text, organisation text, key_id text, user_id text, operation text, model_version text,
      price_book text, characters_in int, characters_out int, usage_source text, seconds float8))
  insert into outbox (id, subject, payload)
  select id, subject, decode(payload, 'base64')
  from rows from (jsonb_to_recordset(${JSON.stringify(entries.map((entry) => messageOf(codec, entry)))}::jsonb)
    as (id uuid, subject text, payload text)) with ordinality as message(id, subject, payload, place)
  order by place`;

function rowOf({ usage, closed_at, charged_at, cache, worked_ms, ...entry }: BillingCharged): object {
  const { source, ...counted } = usage;
  return {
    ...entry,
    ...counted,
    usage_source: source.toLowerCase(),
    seconds: worked_ms / 1_000,
    closed_at: new Date(closed_at).toISOString(),
    charged_at: new Date(charged_at).toISOString(),
    cache: cache?.kind.toLowerCase() ?? null,
  };
}

function messageOf(codec: Codec, entry: BillingCharged): object {
  const payload = Buffer.from(codec.encode('billing.charged', entry));
  return { id: entry.entry_id, subject: subjects.charged(entry.tenant), payload: payload.toString('base64') };
}
