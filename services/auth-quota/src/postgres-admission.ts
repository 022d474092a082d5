import { and, asc, isNull, lt, sql } from 'drizzle-orm';
import type { Codec } from '@millrace/contracts';
import type { Clock } from '@millrace/runtime';
import { claims, rateWindows, type Database, type Transaction, type TransactionSql } from '@millrace/store';
import {
  admittedInWindow,
  countAdmitted,
  iso,
  lockTenants,
  openClaims,
  presentClaims,
  writeClaims,
} from './admission-queries.ts';
import { judge, type Candidate } from './admission-rules.ts';
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
        : database.$client.begin((sql) => claimAll(sql, codec, requests, clock.now())),

    async markPublished(requestIds) {
      if (requestIds.length === 0) return;
      // Should this be lost, the same message is published again under the same id.
      await database.$client.begin((client) => [
        client`set local synchronous_commit = off`,
        client`update claims set admitted_published_at = ${iso(clock.now())} where request_id = any(${[...requestIds]}::uuid[])`,
      ]);
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
  sql: TransactionSql,
  codec: Codec,
  requests: readonly AdmissionRequest[],
  now: number,
): Promise<ReadonlyMap<string, Claim>> {
  const ids = requests.map(({ event }) => event.request_id);
  const names = [...new Set(requests.map(({ event }) => event.tenant))].toSorted();
  // Sent in one go, and run in this order: what is counted is counted behind the lock.
  const [limits, present, inWindow, inFlight] = await Promise.all([
    lockTenants(sql, names),
    presentClaims(sql, ids),
    admittedInWindow(sql, names, now),
    openClaims(sql, names),
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
  const known = decided.filter(({ event }) => limits.has(event.tenant));
  await Promise.all([writeClaims(sql, codec, known, now), countAdmitted(sql, known, now)]);
  const fresh = decided.map(({ requestId, refusal }): [string, Claim] => [
    requestId,
    { refusal, decidedAt: now, isNew: true, isPublished: false, isClosed: false },
  ]);
  return new Map([...present, ...fresh]);
}

function candidateOf({ event, cancelled }: AdmissionRequest): Candidate {
  return { requestId: event.request_id, deadlineAt: event.deadline_at, cancelled };
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
