import type { Codec, RequestReceived } from '@millrace/contracts';
import type { TransactionSql } from '@millrace/store';
import { windowStartOf, type RefusalCode, type TenantLimits, type Verdict } from './admission-rules.ts';
import type { Claim } from './admission.ts';

/*
 * The statements of a claim. Every request waits for them, so they are sent with the client itself, which prepares and pipelines
 * them, and take lists as one parameter: their text is the same for each size of a batch, and so is their plan.
 */

type Decided = Verdict & { readonly event: RequestReceived };

/**
 * Admissions of one tenant take turns from here to the commit. `for no key update` lets claims refer to the tenant meanwhile, and
 * the order keeps two batches from waiting for each other.
 */
export async function lockTenants(
  sql: TransactionSql,
  names: readonly string[],
): Promise<ReadonlyMap<string, TenantLimits>> {
  const rows = await sql<readonly (TenantLimits & { readonly id: string })[]>`
    select id, requests_per_minute as "requestsPerMinute", max_in_flight as "maxInFlight"
    from tenants where id = any(${[...names]}::text[]) order by id for no key update`;
  return new Map(rows.map(({ id, ...limits }) => [id, limits]));
}

interface ClaimRow {
  readonly id: string;
  readonly code: RefusalCode | null;
  readonly message: string | null;
  readonly retryAfterMs: number | null;
  readonly decidedAt: number;
  readonly isPublished: boolean;
  readonly isClosed: boolean;
}

/** The decisions that stand already. */
export async function presentClaims(
  sql: TransactionSql,
  requestIds: readonly string[],
): Promise<ReadonlyMap<string, Claim>> {
  const rows = await sql<readonly ClaimRow[]>`
    select request_id as id, code, message, retry_after_ms as "retryAfterMs",
      (extract(epoch from decided_at) * 1000)::float8 as "decidedAt",
      admitted_published_at is not null as "isPublished", closed_at is not null as "isClosed"
    from claims where request_id = any(${[...requestIds]}::uuid[])`;
  return new Map(rows.map((row) => [row.id, claimOf(row)]));
}

function claimOf({ code, message, retryAfterMs, decidedAt, isPublished, isClosed }: ClaimRow): Claim {
  const refusal =
    code === null ? undefined : { code, message: message ?? '', retryAfterMs: retryAfterMs ?? undefined };
  return { refusal, decidedAt, isNew: false, isPublished, isClosed };
}

interface CountRow {
  readonly tenant: string;
  readonly requests: number;
}

/** Requests of each tenant that were admitted in the window of `now`. */
export async function admittedInWindow(
  sql: TransactionSql,
  names: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<readonly CountRow[]>`
    select tenant, requests from rate_windows
    where tenant = any(${[...names]}::text[]) and window_start = ${iso(windowStartOf(now))}`;
  return new Map(rows.map(({ tenant, requests }) => [tenant, requests]));
}

/** Requests of each tenant that were admitted and have not ended. */
export async function openClaims(
  sql: TransactionSql,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<readonly CountRow[]>`
    select tenant, count(*)::int as requests from claims
    where tenant = any(${[...names]}::text[]) and closed_at is null and code is null
    group by tenant`;
  return new Map(rows.map(({ tenant, requests }) => [tenant, requests]));
}

/** Writes what was decided, each with its event without the content: enough to close the request. */
export async function writeClaims(
  sql: TransactionSql,
  codec: Codec,
  decided: readonly Decided[],
  now: number,
): Promise<void> {
  if (decided.length === 0) return;
  const rows = decided.map(({ requestId, refusal, event }) => ({
    request_id: requestId,
    tenant: event.tenant,
    code: refusal?.code ?? null,
    message: refusal?.message ?? null,
    retry_after_ms: refusal?.retryAfterMs ?? null,
    deadline_at: iso(event.deadline_at),
    event: Buffer.from(codec.encode('request.received', { ...event, content: Buffer.alloc(0) })).toString(
      'base64',
    ),
  }));
  await sql`
    insert into claims (request_id, tenant, code, message, retry_after_ms, decided_at, deadline_at, event)
    select request_id, tenant, code, message, retry_after_ms, ${iso(now)}, deadline_at, decode(event, 'base64')
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as decided(
      request_id uuid, tenant text, code text, message text, retry_after_ms int, deadline_at timestamptz, event text)`;
}

/** Adds what was admitted to the windows of its tenants. */
export async function countAdmitted(
  sql: TransactionSql,
  decided: readonly Decided[],
  now: number,
): Promise<void> {
  const admitted = decided.filter(({ refusal }) => refusal === undefined);
  if (admitted.length === 0) return;
  await sql`
    insert into rate_windows (tenant, window_start, requests)
    select tenant, ${iso(windowStartOf(now))}, count(*)
    from unnest(${admitted.map(({ event }) => event.tenant)}::text[]) as admitted(tenant) group by tenant
    on conflict (tenant, window_start) do update set requests = rate_windows.requests + excluded.requests`;
}

/** A moment as PostgreSQL takes it. @param at milliseconds since the epoch */
export function iso(at: number): string {
  return new Date(at).toISOString();
}
