import { statement } from '@millrace/store';
import type { Quota } from './quota.ts';
import type { QuotaRow, QuotaSubject } from './quota-row.ts';

/*
 * How a transaction comes by the rows of quotas, and writes them.
 */

/** Whose quotas are wanted. */
export interface QuotasWanted {
  readonly subjects?: readonly QuotaSubject[];
  /** Those of whom these requests belong to. */
  readonly requestIds?: readonly string[];
}

/** Decisions on one subject take turns from here to the commit. The order keeps two batches from waiting for each other. */
export const lockQuotas = ({ subjects = [], requestIds = [] }: QuotasWanted) => statement<QuotaRow[]>`
  select
    quota.scope, quota.subject, requests_per_minute as "requestsPerMinute", tokens_per_minute::float8 as "tokensPerMinute",
    max_in_flight as "maxInFlight", tokens_per_day::float8 as "tokensPerDay", tokens_per_month::float8 as "tokensPerMonth",
    budget_per_month as "budgetPerMonth", in_flight::float8 as "inFlight", reserved_tokens::float8 as "reservedTokens",
    reserved_amount as "reservedAmount", extract(epoch from minute)::float8 * 1000 as minute,
    minute_requests::float8 as "minuteRequests", minute_tokens::float8 as "minuteTokens",
    extract(epoch from day)::float8 * 1000 as day, day_tokens::float8 as "dayTokens",
    extract(epoch from month)::float8 * 1000 as month, month_tokens::float8 as "monthTokens", month_amount as "monthAmount"
  from quotas as quota
  join (
    select * from unnest(${subjects.map(({ scope }) => scope)}::text[], ${subjects.map(({ subject }) => subject)}::text[])
      as named(scope, subject)
    union
    select owner.scope, owner.subject from claims cross join lateral (values
      ('organisation', organisation), ('project', tenant), ('user', user_id), ('key', key_id), ('model', model)) as owner(scope, subject)
    where request_id = any(${[...requestIds]}::uuid[])) as wanted
  on quota.scope = wanted.scope and quota.subject = wanted.subject
  order by quota.scope, quota.subject for no key update of quota`;

/** Text of a statement that writes the counts of quotas that are locked: what `countsOf` says of each, in $1. */
export const updateQuotas = `
  update quotas as quota set
    in_flight = counted.in_flight, reserved_tokens = counted.reserved_tokens, reserved_amount = counted.reserved_amount,
    minute = to_timestamp(counted.minute / 1000), minute_requests = counted.minute_requests,
    minute_tokens = counted.minute_tokens, day = to_timestamp(counted.day / 1000), day_tokens = counted.day_tokens,
    month = to_timestamp(counted.month / 1000), month_tokens = counted.month_tokens, month_amount = counted.month_amount
  from jsonb_to_recordset($1::jsonb) as counted(
    scope text, subject text, in_flight bigint, reserved_tokens bigint, reserved_amount numeric, minute float8,
    minute_requests bigint, minute_tokens bigint, day float8, day_tokens bigint, month float8, month_tokens bigint,
    month_amount numeric)
  where quota.scope = counted.scope and quota.subject = counted.subject`;

/** The columns of a quota that change, as PostgreSQL reads them from JSON. */
export function countsOf({ subject, counts }: Quota): object {
  return {
    ...subject,
    in_flight: counts.inFlight,
    reserved_tokens: counts.reservedTokens,
    reserved_amount: counts.reservedAmount,
    minute: counts.minute,
    minute_requests: counts.minuteRequests,
    minute_tokens: counts.minuteTokens,
    day: counts.day,
    day_tokens: counts.dayTokens,
    month: counts.month,
    month_tokens: counts.monthTokens,
    month_amount: counts.monthAmount,
  };
}
