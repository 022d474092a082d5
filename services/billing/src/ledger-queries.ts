import { subjects, type BillingCharged, type Codec } from '@millrace/contracts';
import { prepare, statement, type Statement } from '@millrace/store';

/** Which of these requests have a charge. */
export const findCharged = (requestIds: readonly string[]) => statement<{ readonly requestId: string }[]>`
  select request_id as "requestId" from ledger where kind = 'charge' and request_id = any(${[...requestIds]}::uuid[])`;

/** A row that is to be written. */
export interface NewCharge {
  readonly entry: BillingCharged;
  /** When the request came in: milliseconds since the epoch. */
  readonly receivedAt: number;
}

const insertCharges = prepare(`
  with entries as (
    insert into ledger (
      entry_id, entry_number, request_id, tenant, model, outcome, input_tokens, cached_input_tokens, output_tokens,
      price_version, amount, currency, closed_at, charged_at, cache, organisation, key_id, user_id, operation, model_version,
      price_book, characters_in, characters_out, usage_source, seconds, received_at)
    select * from jsonb_to_recordset($1::jsonb) as entry(
      entry_id uuid, entry_number bigint, request_id uuid, tenant text, model text, outcome text, input_tokens int,
      cached_input_tokens int, output_tokens int, price_version int, amount numeric, currency text, closed_at timestamptz,
      charged_at timestamptz, cache text, organisation text, key_id text, user_id text, operation text, model_version text,
      price_book text, characters_in int, characters_out int, usage_source text, seconds float8, received_at timestamptz))
  insert into outbox (id, subject, payload)
  select id, subject, decode(payload, 'base64')
  from rows from (jsonb_to_recordset($2::jsonb) as (id uuid, subject text, payload text)) with ordinality
    as message(id, subject, payload, place)
  order by place`);

/** Writes the rows, and their messages to be published in this order. */
export function writeCharges(codec: Codec, charges: readonly NewCharge[]): Statement {
  const messages = charges.map(({ entry }) => messageOf(codec, entry));
  return insertCharges(JSON.stringify(charges.map(rowOf)), JSON.stringify(messages));
}

/** Field by field, which costs a fraction of taking an event apart. */
function rowOf({ entry, receivedAt }: NewCharge): object {
  const { usage } = entry;
  return {
    entry_id: entry.entry_id,
    entry_number: entry.entry_number,
    request_id: entry.request_id,
    tenant: entry.tenant,
    model: entry.model,
    outcome: entry.outcome,
    input_tokens: usage.input_tokens,
    cached_input_tokens: usage.cached_input_tokens,
    output_tokens: usage.output_tokens,
    price_version: entry.price_version,
    amount: entry.amount,
    currency: entry.currency,
    closed_at: new Date(entry.closed_at),
    charged_at: new Date(entry.charged_at),
    cache: entry.cache?.kind.toLowerCase() ?? null,
    organisation: entry.organisation,
    key_id: entry.key_id,
    user_id: entry.user_id,
    operation: entry.operation,
    model_version: entry.model_version,
    price_book: entry.price_book,
    characters_in: usage.characters_in,
    characters_out: usage.characters_out,
    usage_source: usage.source.toLowerCase(),
    seconds: entry.worked_ms / 1_000,
    received_at: new Date(receivedAt),
  };
}

function messageOf(codec: Codec, entry: BillingCharged): object {
  const payload = Buffer.from(codec.encode('billing.charged', entry));
  return { id: entry.entry_id, subject: subjects.charged(entry.tenant), payload: payload.toString('base64') };
}
