import type { Codec, RequestReceived } from '@millrace/contracts';
import { statement } from '@millrace/store';
import type { SettledRequest } from './admission.ts';
import { windowStartOf, type RefusalCode, type TenantLimits, type Verdict } from './admission-rules.ts';

/*
 * The statements of a claim. Every request waits for them, and PostgreSQL answers each statement on its own, so they are few.
 */

export interface TenantRow extends TenantLimits {
  readonly tenant: string;
}

/**
 * Admissions of one tenant take turns from here to the commit. `for no key update` lets claims refer to the tenant meanwhile, and
 * the order keeps two batches from waiting for each other.
 */
export const lockTenants = (names: readonly string[]) => statement<TenantRow[]>`
  select id as tenant, requests_per_minute as "requestsPerMinute", max_in_flight as "maxInFlight"
  from tenants where id = any(${[...names]}::text[]) order by id for no key update`;

export interface ClaimRow {
  readonly requestId: string;
  readonly code: RefusalCode | null;
  readonly message: string | null;
  readonly retryAfterMs: number | null;
  readonly decidedAt: number;
  readonly isPublished: boolean;
  readonly isClosed: boolean;
}

/** What a decision depends on, as it is behind the lock. */
export interface AdmissionFacts {
  /** The decisions that stand already. */
  readonly present: readonly ClaimRow[];
  /** Requests of each tenant that were admitted in the present window. */
  readonly admittedInWindow: Readonly<Record<string, number>>;
  /** Requests of each tenant that were admitted and have not ended. */
  readonly inFlight: Readonly<Record<string, number>>;
  /** Requests of each model, of all tenants, that were admitted and have not ended. */
  readonly openOfModel: Readonly<Record<string, number>>;
}

export const admissionFacts = (
  requestIds: readonly string[],
  names: readonly string[],
  models: readonly string[],
  now: number,
) => statement<[AdmissionFacts]>`
  select
    coalesce((
      select jsonb_agg(jsonb_build_object(
        'requestId', request_id, 'code', code, 'message', message, 'retryAfterMs', retry_after_ms,
        'decidedAt', extract(epoch from decided_at) * 1000,
        'isPublished', admitted_published_at is not null, 'isClosed', closed_at is not null))
      from claims where request_id = any(${[...requestIds]}::uuid[])), '[]') as present,
    coalesce((
      select jsonb_object_agg(tenant, requests) from rate_windows
      where tenant = any(${[...names]}::text[]) and window_start = ${iso(windowStartOf(now))}), '{}') as "admittedInWindow",
    coalesce((
      select jsonb_object_agg(tenant, requests) from (
        select tenant, count(*) as requests from claims
        where tenant = any(${[...names]}::text[]) and closed_at is null and code is null
        group by tenant) as open), '{}') as "inFlight",
    coalesce((
      select jsonb_object_agg(model, requests) from (
        select model, count(*) as requests from claims
        where model = any(${[...models]}::text[]) and closed_at is null and code is null
        group by model) as queued), '{}') as "openOfModel"`;

export type Decided = Verdict & { readonly event: RequestReceived };

/**
 * Writes what was decided, each with its event without the content, which is enough to close the request, and adds what was
 * admitted to the windows of its tenants.
 */
export const writeDecisions = (codec: Codec, decided: readonly Decided[], now: number) => statement`
  with decided as (
    insert into claims (request_id, tenant, model, code, message, retry_after_ms, decided_at, deadline_at, event)
    select request_id, tenant, model, code, message, retry_after_ms, ${iso(now)}, deadline_at, decode(event, 'base64')
    from jsonb_to_recordset(${JSON.stringify(decided.map((each) => rowOf(codec, each)))}::jsonb) as decided(
      request_id uuid, tenant text, model text, code text, message text, retry_after_ms int, deadline_at timestamptz, event text)
    returning tenant, code)
  insert into rate_windows (tenant, window_start, requests)
  select tenant, ${iso(windowStartOf(now))}, count(*) from decided where code is null group by tenant
  on conflict (tenant, window_start) do update set requests = rate_windows.requests + excluded.requests`;

function rowOf(codec: Codec, { requestId, refusal, event }: Decided): object {
  const withoutContent = codec.encode('request.received', { ...event, content: Buffer.alloc(0) });
  return {
    request_id: requestId,
    tenant: event.tenant,
    model: event.model,
    code: refusal?.code ?? null,
    message: refusal?.message ?? null,
    retry_after_ms: refusal?.retryAfterMs ?? null,
    deadline_at: iso(event.deadline_at),
    event: Buffer.from(withoutContent).toString('base64'),
  };
}

/** Should the note be lost in a crash of the database, the same message is published again under the same id: no need to wait for the disk. */
export const notePublished = (requestIds: readonly string[], now: number) => statement`
  with relaxed as (select set_config('synchronous_commit', 'off', true))
  update claims set admitted_published_at = ${iso(now)} from relaxed
  where request_id = any(${[...requestIds]}::uuid[])`;

/** Closes those that are open. */
export const settleClaims = (closings: readonly SettledRequest[]) => statement`
  update claims as claim set closed_at = closing.closed_at, outcome = closing.outcome
  from jsonb_to_recordset(${JSON.stringify(closings.map(settlementOf))}::jsonb)
    as closing(request_id uuid, outcome text, closed_at timestamptz)
  where claim.request_id = closing.request_id and claim.closed_at is null`;

function settlementOf({ request_id, outcome, closed_at }: SettledRequest): object {
  return { request_id, outcome: outcome.toLowerCase(), closed_at: iso(closed_at) };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
