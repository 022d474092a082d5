import {
  countsOf,
  nameOf,
  settledRow,
  subjectsOf,
  updateQuotas,
  type Consumption,
  type Quota,
  type QuotaSubject,
  type RequestOwner,
  type SettledRequest,
} from '@millrace/quota';
import { prepare, statement, type Statement } from '@millrace/store';
import type { RefusalCode } from './admission-rules.ts';
import type { DecidedRequest } from './admission.ts';

/*
 * The statements of a claim. Every request waits for them, and PostgreSQL answers each statement on its own, so they are few.
 */

export interface ClaimRow {
  readonly requestId: string;
  readonly code: RefusalCode | null;
  readonly message: string | null;
  readonly param: string | null;
  readonly retryAfterMs: number | null;
  readonly decidedAt: number;
  readonly reservedTokens: number;
  readonly reservedAmount: string;
  readonly isClosed: boolean;
}

/** What a decision depends on beside the quotas, as it is behind the lock. */
export interface AdmissionFacts {
  /** The decisions that stand already. */
  readonly present: readonly ClaimRow[];
  /** Tenants that are there, and whether they may do anything. */
  readonly active: Readonly<Record<string, boolean>>;
  /** Keys and users among those asked for that were revoked or disabled. */
  readonly revoked: readonly string[];
  /** The models of those keys that may not ask for all. */
  readonly allowedModels: Readonly<Record<string, readonly string[]>>;
}

export interface FactsWanted {
  readonly requestIds: readonly string[];
  readonly tenants: readonly string[];
  /** Ids of keys and users. */
  readonly principals: readonly string[];
}

export const admissionFacts = ({ requestIds, tenants, principals }: FactsWanted) => statement<
  [AdmissionFacts]
>`
  select
    coalesce((
      select jsonb_agg(jsonb_build_object(
        'requestId', request_id, 'code', code, 'message', message, 'param', param, 'retryAfterMs', retry_after_ms,
        'decidedAt', extract(epoch from decided_at) * 1000, 'reservedTokens', reserved_tokens,
        'reservedAmount', reserved_amount::text,
        'isClosed', closed_at is not null))
      from claims where request_id = any(${[...requestIds]}::uuid[])), '[]') as present,
    coalesce((
      select jsonb_object_agg(tenant.id, tenant.suspended_at is null and organisation.suspended_at is null)
      from tenants as tenant join organisations as organisation on organisation.id = tenant.organisation
      where tenant.id = any(${[...tenants]}::text[])), '{}') as active,
    coalesce((
      select jsonb_agg(id) from (
        select id from api_keys where id = any(${[...principals]}::text[]) and revoked_at is not null
        union all
        select id from users where id = any(${[...principals]}::text[]) and disabled_at is not null) as revoked), '[]')
      as revoked,
    coalesce((
      select jsonb_object_agg(id, allowed_models) from api_keys
      where id = any(${[...principals]}::text[]) and allowed_models is not null), '{}') as "allowedModels"`;

const insertClaims = prepare(`
  with counted as (${updateQuotas})
  insert into claims (
    request_id, tenant, organisation, key_id, user_id, model, code, message, param, retry_after_ms, reserved_tokens,
    reserved_amount, decided_at, deadline_at, event)
  select
    request_id, tenant, organisation, key_id, user_id, model, code, message, param, retry_after_ms, reserved_tokens,
    reserved_amount, $3, deadline_at, decode(event, 'base64')
  from jsonb_to_recordset($2::jsonb) as decided(
    request_id uuid, tenant text, organisation text, key_id text, user_id text, model text, code text, message text,
    param text, retry_after_ms int, reserved_tokens bigint, reserved_amount numeric, deadline_at timestamptz, event text)`);

/** Writes what was decided, each with its event without the content, which is enough to close the request, and the quotas. */
export function writeDecisions(
  decided: readonly DecidedRequest[],
  quotas: readonly Quota[],
  now: number,
): Statement {
  return insertClaims(JSON.stringify(quotas.map(countsOf)), JSON.stringify(decided.map(rowOf)), iso(now));
}

function rowOf({ event, encoded, refusal, reserved }: DecidedRequest): object {
  return {
    request_id: event.request_id,
    tenant: event.tenant,
    organisation: event.principal.organisation,
    key_id: event.principal.key_id,
    user_id: event.principal.user_id,
    model: event.model,
    code: refusal?.code ?? null,
    message: refusal?.message ?? null,
    param: refusal?.param ?? null,
    retry_after_ms: refusal?.retryAfterMs ?? null,
    reserved_tokens: reserved.tokens,
    reserved_amount: reserved.amount,
    deadline_at: iso(event.deadline_at),
    event: Buffer.from(encoded).toString('base64'),
  };
}

const closeClaims = prepare(`
  with counted as (${updateQuotas})
  update claims as claim set
    closed_at = settled.closed_at, outcome = settled.outcome, used_tokens = settled.used_tokens,
    used_amount = settled.used_amount
  from jsonb_to_recordset($2::jsonb)
    as settled(request_id uuid, outcome text, closed_at timestamptz, used_tokens bigint, used_amount numeric)
  where claim.request_id = settled.request_id`);

/** Writes what requests have used, and the quotas. */
export function writeSettlements(settlements: readonly SettledClaim[], quotas: readonly Quota[]): Statement {
  const rows = settlements.map(({ closing, used }) => settledRow(closing, used));
  return closeClaims(JSON.stringify(quotas.map(countsOf)), JSON.stringify(rows));
}

/** How a request ended, and what it has used. */
export interface SettledClaim {
  readonly closing: SettledRequest;
  readonly used: Consumption;
}

/** Sees to it that the requests of these models are counted. */
export const addModels = (models: readonly string[]) => statement`
  insert into quotas (scope, subject) select 'model', model from unnest(${[...models]}::text[]) as added(model)
  on conflict do nothing`;

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** The subjects of all of these, each once. */
export function allSubjectsOf(owners: readonly RequestOwner[]): readonly QuotaSubject[] {
  return [...new Map(owners.flatMap(subjectsOf).map((subject) => [nameOf(subject), subject])).values()];
}
