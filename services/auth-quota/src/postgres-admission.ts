import { and, asc, count, eq, inArray, isNull, lt, sql } from 'drizzle-orm';
import type { Codec, RequestReceived } from '@millrace/contracts';
import type { Clock } from '@millrace/runtime';
import { claims, rateWindows, tenants, type Database, type Transaction } from '@millrace/store';
import {
  judge,
  windowStartOf,
  type Candidate,
  type RefusalCode,
  type TenantLimits,
  type Verdict,
} from './admission-rules.ts';
import type { Admission, AdmissionRequest, Claim, OpenClaim } from './admission.ts';

interface AdmissionDependencies {
  readonly database: Database;
  readonly codec: Codec;
  readonly clock: Clock;
}

/** Any number, the same in all replicas: who has this lock looks after overdue claims. */
const reaperLock = 7_246_001;

/** Claims and counters in PostgreSQL. */
export function createPostgresAdmission({ database, codec, clock }: AdmissionDependencies): Admission {
  return {
    claim: async (requests) =>
      requests.length === 0
        ? new Map()
        : database.transaction((transaction) => claimAll(transaction, codec, requests, clock.now())),

    async markPublished(requestIds) {
      if (requestIds.length === 0) return;
      await database.transaction(async (transaction) => {
        // Should this be lost, the same message is published again under the same id.
        await transaction.execute(sql`set local synchronous_commit = off`);
        await transaction
          .update(claims)
          .set({ admittedPublishedAt: new Date(clock.now()) })
          .where(inArray(claims.requestId, [...requestIds]));
      });
    },

    async settle(closings) {
      if (closings.length === 0) return;
      const rows = closings.map(({ request_id, outcome, closed_at }) => ({
        request_id,
        outcome: outcome.toLowerCase(),
        closed_at: new Date(closed_at).toISOString(),
      }));
      await database.execute(sql`
        update ${claims} as claim
        set closed_at = closing.closed_at, outcome = closing.outcome
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as closing(request_id uuid, outcome text, closed_at timestamptz)
        where claim.request_id = closing.request_id and claim.closed_at is null`);
    },

    withOverdue: (before, limit, handle) =>
      database.transaction(async (transaction) => {
        const [lock] = await transaction.execute<{ taken: boolean }>(
          sql`select pg_try_advisory_xact_lock(${reaperLock}) as taken`,
        );
        if (lock?.taken !== true) return 0;
        const overdue = await overdueClaims(transaction, before, limit);
        if (overdue.length > 0) await handle(overdue);
        return overdue.length;
      }),

    async forgetWindows(before) {
      await database.delete(rateWindows).where(lt(rateWindows.windowStart, new Date(before)));
    },
  };
}

/** One after the other: tenants locked, requests looked up and counted, decisions written. */
async function claimAll(
  transaction: Transaction,
  codec: Codec,
  requests: readonly AdmissionRequest[],
  now: number,
): Promise<ReadonlyMap<string, Claim>> {
  const tenantNames = [...new Set(requests.map(({ event }) => event.tenant))].toSorted();
  const limits = await lockTenants(transaction, tenantNames);
  const [present, inWindow, inFlight] = await Promise.all([
    presentClaims(transaction, requests),
    admittedInWindow(transaction, tenantNames, now),
    openClaims(transaction, tenantNames),
  ]);
  const undecided = new Map<string, AdmissionRequest>();
  for (const request of requests) {
    if (!present.has(request.event.request_id)) undecided.set(request.event.request_id, request);
  }
  const verdicts = [...Map.groupBy(undecided.values(), ({ event }) => event.tenant)].flatMap(
    ([tenant, group]) =>
      judge(
        group.map(candidateOf),
        limits.get(tenant),
        { admittedInWindow: inWindow.get(tenant) ?? 0, inFlight: inFlight.get(tenant) ?? 0 },
        now,
      ),
  );
  const decided = verdicts.flatMap((verdict) => {
    const request = undecided.get(verdict.requestId);
    const waits = verdict.refusal?.code === 'too_many_in_flight' && request?.mayWait === true;
    return request === undefined || waits ? [] : [{ ...verdict, event: request.event }];
  });
  // There is nothing that a claim of an unknown tenant could belong to; it is refused again should it come again.
  await writeDecisions(
    transaction,
    codec,
    decided.filter(({ event }) => limits.has(event.tenant)),
    now,
  );
  const fresh = decided.map(({ requestId, refusal }): [string, Claim] => [
    requestId,
    { refusal, decidedAt: now, isNew: true, isPublished: false, isClosed: false },
  ]);
  return new Map([...present, ...fresh]);
}

function candidateOf({ event, cancelled }: AdmissionRequest): Candidate {
  return { requestId: event.request_id, deadlineAt: event.deadline_at, cancelled };
}

/**
 * Admissions of one tenant take turns from here to the commit. `for no key update` lets claims refer to the tenant meanwhile, and
 * the order keeps two batches from waiting for each other.
 */
async function lockTenants(
  transaction: Transaction,
  names: readonly string[],
): Promise<ReadonlyMap<string, TenantLimits>> {
  const rows = await transaction
    .select({
      id: tenants.id,
      requestsPerMinute: tenants.requestsPerMinute,
      maxInFlight: tenants.maxInFlight,
    })
    .from(tenants)
    .where(inArray(tenants.id, [...names]))
    .orderBy(asc(tenants.id))
    .for('no key update');
  return new Map(rows.map(({ id, ...limits }) => [id, limits]));
}

async function presentClaims(
  transaction: Transaction,
  requests: readonly AdmissionRequest[],
): Promise<Map<string, Claim>> {
  const ids = requests.map(({ event }) => event.request_id);
  const rows = await transaction.select().from(claims).where(inArray(claims.requestId, ids));
  return new Map(rows.map((row) => [row.requestId, claimOf(row)]));
}

function claimOf(row: typeof claims.$inferSelect): Claim {
  const { code, message, retryAfterMs } = row;
  return {
    refusal:
      code === null
        ? undefined
        : { code: code as RefusalCode, message: message ?? '', retryAfterMs: retryAfterMs ?? undefined },
    decidedAt: row.decidedAt.getTime(),
    isNew: false,
    isPublished: row.admittedPublishedAt !== null,
    isClosed: row.closedAt !== null,
  };
}

async function admittedInWindow(
  transaction: Transaction,
  names: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await transaction
    .select({ tenant: rateWindows.tenant, requests: rateWindows.requests })
    .from(rateWindows)
    .where(
      and(inArray(rateWindows.tenant, [...names]), eq(rateWindows.windowStart, new Date(windowStartOf(now)))),
    );
  return new Map(rows.map(({ tenant, requests }) => [tenant, requests]));
}

async function openClaims(
  transaction: Transaction,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await transaction
    .select({ tenant: claims.tenant, open: count() })
    .from(claims)
    .where(and(inArray(claims.tenant, [...names]), isNull(claims.closedAt), isNull(claims.code)))
    .groupBy(claims.tenant);
  return new Map(rows.map(({ tenant, open }) => [tenant, open]));
}

type Decided = Verdict & { readonly event: RequestReceived };

async function writeDecisions(
  transaction: Transaction,
  codec: Codec,
  decided: readonly Decided[],
  now: number,
): Promise<void> {
  if (decided.length === 0) return;
  await transaction.insert(claims).values(
    decided.map(({ requestId, refusal, event }) => ({
      requestId,
      tenant: event.tenant,
      code: refusal?.code ?? null,
      message: refusal?.message ?? null,
      retryAfterMs: refusal?.retryAfterMs ?? null,
      decidedAt: new Date(now),
      deadlineAt: new Date(event.deadline_at),
      event: Buffer.from(codec.encode('request.received', { ...event, content: Buffer.alloc(0) })),
    })),
  );
  const admitted = Map.groupBy(
    decided.filter(({ refusal }) => refusal === undefined),
    ({ event }) => event.tenant,
  );
  if (admitted.size === 0) return;
  await transaction
    .insert(rateWindows)
    .values(
      Array.from(admitted, ([tenant, { length }]) => ({
        tenant,
        windowStart: new Date(windowStartOf(now)),
        requests: length,
      })),
    )
    .onConflictDoUpdate({
      target: [rateWindows.tenant, rateWindows.windowStart],
      set: { requests: sql`${rateWindows.requests} + excluded.requests` },
    });
}

async function overdueClaims(
  transaction: Transaction,
  before: number,
  limit: number,
): Promise<readonly OpenClaim[]> {
  const rows = await transaction
    .select()
    .from(claims)
    .where(and(isNull(claims.closedAt), lt(claims.deadlineAt, new Date(before))))
    .orderBy(asc(claims.deadlineAt))
    .limit(limit);
  return rows.map(({ requestId, code, decidedAt, event }) => ({
    requestId,
    decision: code === null ? 'admitted' : 'rejected',
    decidedAt: decidedAt.getTime(),
    event,
  }));
}
